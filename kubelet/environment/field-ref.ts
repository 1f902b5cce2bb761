import type { Container, Pod } from '../../shared/api/objects';
import type { ServiceLink } from '../../shared/wire/node-channel';
import { ConfigError } from './config-source';
import { milliOf } from './quantity';

/** What a pod's own fields are read from: the pod, and what only its node knows. */
export interface PodContext {
  readonly pod: Pod;
  readonly podIps: readonly string[];
  readonly hostIps: readonly string[];
  /** Those its containers may be told of. */
  readonly services: readonly ServiceLink[];
  /** Where a container sets no limit, the machine's capacity counts. */
  readonly nodeCapacity: { readonly cpuMilli: number; readonly memoryBytes: number; readonly diskBytes: number };
}

const SUBSCRIPT = /^metadata\.(labels|annotations)\['(.*)'\]$/;

const formatMap = (map: Readonly<Record<string, string>> | undefined): string =>
  Object.entries(map ?? {})
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([key, value]) => `${key}=${JSON.stringify(value)}`)
    .join('\n');

/** The value of a downward API `fieldPath`. Throws ConfigError for a path Kubernetes does not know either. */
export function fieldValue(context: PodContext, path: string): string {
  const { metadata, spec } = context.pod;
  const subscript = SUBSCRIPT.exec(path);
  if (subscript !== null) {
    const [, map, key = ''] = subscript;
    return (map === 'labels' ? metadata.labels : metadata.annotations)?.[key] ?? '';
  }
  switch (path) {
    case 'metadata.name':
      return metadata.name;
    case 'metadata.namespace':
      return metadata.namespace;
    case 'metadata.uid':
      return metadata.uid;
    case 'metadata.labels':
      return formatMap(metadata.labels);
    case 'metadata.annotations':
      return formatMap(metadata.annotations);
    case 'spec.nodeName':
      return spec.nodeName ?? '';
    case 'spec.serviceAccountName':
      return spec.serviceAccountName ?? '';
    case 'spec.schedulerName':
      return spec.schedulerName ?? '';
    case 'spec.restartPolicy':
      return spec.restartPolicy ?? '';
    case 'status.podIP':
      return context.podIps[0] ?? '';
    case 'status.podIPs':
      return context.podIps.join(',');
    case 'status.hostIP':
      return context.hostIps[0] ?? '';
    case 'status.hostIPs':
      return context.hostIps.join(',');
    default:
      throw new ConfigError(`unsupported fieldPath: ${path}`);
  }
}

/** True where the value is known only once the pod has its address. */
export const needsPodAddress = (path: string | undefined): boolean =>
  path === 'status.podIP' || path === 'status.podIPs';

/** The value of a downward API `resource`, in units of the divisor, rounded up. */
export function resourceValue(
  context: PodContext,
  container: Container,
  { resource, divisor }: { readonly resource: string; readonly divisor?: string | undefined },
): string {
  const [list, ...rest] = resource.split('.');
  const name = rest.join('.');
  const { limits, requests } = container.resources ?? {};
  const declared = list === 'limits' ? limits?.[name] : requests?.[name];
  const capacity: Readonly<Record<string, number>> = {
    cpu: context.nodeCapacity.cpuMilli,
    memory: context.nodeCapacity.memoryBytes * 1000,
    'ephemeral-storage': context.nodeCapacity.diskBytes * 1000,
  };
  if ((list !== 'limits' && list !== 'requests') || (capacity[name] === undefined && !name.startsWith('hugepages-')))
    throw new ConfigError(`unsupported container resource: ${resource}`);
  const valueMilli = declared === undefined ? (list === 'limits' ? (capacity[name] ?? 0) : 0) : milliOf(declared);
  const divisorMilli = milliOf(divisor) || 1000;
  return String(Math.ceil(valueMilli / divisorMilli));
}
