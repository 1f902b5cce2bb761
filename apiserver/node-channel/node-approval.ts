import { createHash } from 'node:crypto';
import type { CertificateSigningRequest } from '../../shared/api/objects';
import { StatusError, ignoreAlreadyExists } from '../../shared/status-error';
import { NODE_CLIENT_SIGNER } from '../auth/certificates/signers';
import type { Client } from '../registry/client';

export const KEY_OF_REQUEST_ANNOTATION = 'pinsetter.io/key-fingerprint';
export const NODE_OF_REQUEST_ANNOTATION = 'pinsetter.io/node-name';
const TOKEN_ANNOTATION = 'pinsetter.io/join-token-id';

export interface AskedToJoin {
  readonly nodeName: string;
  readonly keyFingerprint: string;
  readonly certificateRequest: string;
  /** The public part of the token that the node came with. */
  readonly tokenId: string;
}

/**
 * The certificate of a node that an administrator let in, or undefined while nobody has decided. The question stands as
 * a CertificateSigningRequest, one for each node and key. Throws Forbidden where the answer was no.
 */
export async function approvedCertificate(client: Client, asked: AskedToJoin): Promise<string | undefined> {
  const name = requestName(asked);
  const request = client.view('CertificateSigningRequest').get({ name });
  if (request === undefined) {
    await client.create('CertificateSigningRequest', requestOf(name, asked)).catch(ignoreAlreadyExists);
    return undefined;
  }
  const refusal = (request.status?.conditions ?? []).find(({ type }) => type === 'Denied' || type === 'Failed');
  if (refusal !== undefined) throw refused(asked.nodeName, request, refusal.message ?? refusal.type);
  const certificate = request.status?.certificate ?? '';
  return certificate === '' ? undefined : Buffer.from(certificate, 'base64').toString('utf8');
}

/** The same node with the same key asks the same question again, however often it comes. */
const requestName = ({ nodeName, keyFingerprint }: AskedToJoin): string =>
  `node-join-${createHash('sha256').update(`${nodeName} ${keyFingerprint}`).digest('hex').slice(0, 20)}`;

const requestOf = (name: string, { nodeName, keyFingerprint, certificateRequest, tokenId }: AskedToJoin) => ({
  apiVersion: 'certificates.k8s.io/v1',
  kind: 'CertificateSigningRequest',
  metadata: {
    name,
    annotations: {
      [NODE_OF_REQUEST_ANNOTATION]: nodeName,
      [KEY_OF_REQUEST_ANNOTATION]: keyFingerprint,
      [TOKEN_ANNOTATION]: tokenId,
    },
  },
  spec: {
    request: Buffer.from(certificateRequest).toString('base64'),
    signerName: NODE_CLIENT_SIGNER,
    usages: ['client auth', 'digital signature'],
  },
});

const refused = (nodeName: string, { metadata }: CertificateSigningRequest, why: string): StatusError =>
  new StatusError(
    'Forbidden',
    `node "${nodeName}" was not let in: ${why}. To be asked again, on the server: kubectl-lite delete csr ${metadata.name}`,
  );
