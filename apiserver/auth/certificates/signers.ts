import 'reflect-metadata';
import * as x509 from '@peculiar/x509';
import { NODE_USER_PREFIX } from '../node/node-user';
import { NODES } from '../user';

/** Certificates by which clients of this API show who they are. */
export const CLIENT_SIGNER = 'kubernetes.io/kube-apiserver-client';
/** The same for nodes. */
export const NODE_CLIENT_SIGNER = 'kubernetes.io/kube-apiserver-client-kubelet';

const CLIENT_USAGES = ['client auth', 'digital signature', 'key encipherment'];

export interface Subject {
  readonly commonName: string;
  readonly organizations: readonly string[];
}

/** The subject of a request in PEM, base64 as CertificateSigningRequests have it; undefined where it cannot be read. */
export function subjectOf(request: string): Subject | undefined {
  try {
    const { subjectName } = new x509.Pkcs10CertificateRequest(pemOf(request));
    return { commonName: subjectName.getField('CN')[0] ?? '', organizations: subjectName.getField('O') };
  } catch {
    return undefined;
  }
}

export const pemOf = (request: string): string => Buffer.from(request, 'base64').toString('latin1');

/**
 * Why a built-in signer signs no such request (k8s.io/kubernetes/pkg/apis/certificates: helpers); undefined: it does.
 */
export function whyNotSigned(of: {
  readonly signerName: string;
  readonly request: string;
  readonly usages?: readonly string[];
}): string | undefined {
  const { usages = [] } = of;
  const subject = subjectOf(of.request);
  if (subject === undefined) return 'the certificate request cannot be read';
  if (!usages.includes('client auth')) return 'usages must include client auth';
  const other = usages.find((usage) => !CLIENT_USAGES.includes(usage));
  if (other !== undefined) return `usage ${JSON.stringify(other)} is not one of a client: ${CLIENT_USAGES.join(', ')}`;
  if (subject.commonName === '') return 'the subject must have a common name, which is the user';
  if (of.signerName !== NODE_CLIENT_SIGNER) return undefined;
  const isNode = subject.commonName.startsWith(NODE_USER_PREFIX) && subject.commonName.length > NODE_USER_PREFIX.length;
  if (!isNode) return `the common name must begin with ${NODE_USER_PREFIX}`;
  return subject.organizations.length === 1 && subject.organizations[0] === NODES
    ? undefined
    : `the organization must be ${NODES}`;
}
