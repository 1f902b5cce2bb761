import { createHash } from 'node:crypto';
import type { X509Certificate } from 'node:crypto';
import { TLSSocket } from 'node:tls';
import type { Duplex } from 'node:stream';
import { NODE_USER_PREFIX } from '../auth/node/node-user';
import { NODES } from '../auth/user';
import { StatusError } from '../../shared/status-error';

/** Who is at the other end of a connection. A node is its key, not its address. */
export interface NodeIdentity {
  readonly nodeName: string;
  readonly keyFingerprint: string;
  /** When the certificate ends that it showed. */
  readonly certificateEndsMs: number;
}

/** `SHA256:<hex>` of a public key in DER (SubjectPublicKeyInfo). */
export const fingerprintOf = (publicKeyDer: Uint8Array): string =>
  `SHA256:${createHash('sha256').update(publicKeyDer).digest('hex')}`;

/** Throws Unauthorized unless the peer showed a node's certificate that the TLS server verified against the cluster's CA. */
export function nodeIdentityOf(socket: Duplex): NodeIdentity {
  if (!(socket instanceof TLSSocket)) throw unauthorized('the connection is not encrypted');
  const certificate = socket.getPeerX509Certificate();
  if (certificate === undefined) throw unauthorized('no client certificate was presented');
  if (!socket.authorized) {
    throw unauthorized(`the node's certificate was not accepted: ${String(socket.authorizationError)}`);
  }
  const commonName = subjectField(certificate, 'CN')[0] ?? '';
  if (!commonName.startsWith(NODE_USER_PREFIX) || !subjectField(certificate, 'O').includes(NODES)) {
    throw unauthorized('the certificate is not a node’s');
  }
  return {
    nodeName: commonName.slice(NODE_USER_PREFIX.length),
    keyFingerprint: fingerprintOf(certificate.publicKey.export({ type: 'spki', format: 'der' })),
    certificateEndsMs: Date.parse(certificate.validTo),
  };
}

const unauthorized = (why: string): StatusError => new StatusError('Unauthorized', why);

/** Values of one attribute of the subject, which Node prints as one `KEY=value` a line. */
const subjectField = (certificate: X509Certificate, key: string): string[] =>
  certificate.subject
    .split('\n')
    .filter((line) => line.startsWith(`${key}=`))
    .map((line) => line.slice(key.length + 1));
