import type { Pod } from '../../shared/api/objects';

const MAX_HOSTNAME_LENGTH = 63;
/** What the kernel takes. */
const MAX_KERNEL_HOSTNAME_LENGTH = 64;
const DEFAULT_DOMAIN = 'cluster.local';

/** The short name a pod has for itself. */
export const hostnameOf = ({ metadata, spec }: Pod): string =>
  (spec.hostname ?? metadata.name).slice(0, MAX_HOSTNAME_LENGTH).replace(/[-.]+$/, '');

/** The whole name of a pod with a subdomain, under the cluster's domain. */
export function fullNameOf(pod: Pod, domain: string = DEFAULT_DOMAIN): string | undefined {
  const { subdomain = '' } = pod.spec;
  return subdomain === '' ? undefined : `${hostnameOf(pod)}.${subdomain}.${pod.metadata.namespace}.svc.${domain}`;
}

/** What the kernel is to call the pod's machine: the whole name where the pod asks for it. Throws where that is too long. */
export function kernelHostnameOf(pod: Pod, domain?: string): string {
  const fullName = pod.spec.setHostnameAsFQDN === true ? fullNameOf(pod, domain) : undefined;
  if (fullName === undefined) return hostnameOf(pod);
  if (fullName.length <= MAX_KERNEL_HOSTNAME_LENGTH) return fullName;
  throw new Error(
    `failed to construct FQDN from pod hostname and cluster domain, FQDN ${fullName} is too long ` +
      `(${MAX_KERNEL_HOSTNAME_LENGTH} characters is the max, ${fullName.length} characters requested)`,
  );
}
