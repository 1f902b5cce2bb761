import type { CertificateSigningRequest } from '../../../shared/api/objects';
import type { Context } from '../command';

export const CSR_PATH = '/apis/certificates.k8s.io/v1/certificatesigningrequests';
const KEY_ANNOTATION = 'pinsetter.io/key-fingerprint';
const JOIN_PREFIX = 'node-join-';
const NODE_ANNOTATION = 'pinsetter.io/node-name';
/** As whom the server writes down who wants to join. It sets that name itself, so nobody else can have it. */
const SERVER = 'system:apiserver';

/** A machine that asked to be let in and was not answered yet. */
export interface JoinRequest {
  readonly nodeName: string;
  readonly keyFingerprint: string;
  readonly request: CertificateSigningRequest;
}

export async function openJoinRequests(context: Context): Promise<readonly JoinRequest[]> {
  const { value } = await context
    .client()
    .json<{ readonly items: readonly CertificateSigningRequest[] }>({ path: CSR_PATH });
  return value.items
    .filter(({ metadata, spec }) => metadata.name.startsWith(JOIN_PREFIX) && spec.username === SERVER)
    .filter(({ status }) => (status?.conditions ?? []).length === 0)
    .map((request) => ({
      nodeName: request.metadata.annotations?.[NODE_ANNOTATION] ?? '',
      keyFingerprint: request.metadata.annotations?.[KEY_ANNOTATION] ?? '',
      request,
    }));
}
