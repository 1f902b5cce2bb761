import 'reflect-metadata';
import { Pkcs10CertificateRequest } from '@peculiar/x509';
import { StatusError, badRequest } from '../../shared/status-error';
import { fingerprintOf } from './node-identity';

/** Who signs the certificates of nodes. */
export interface NodeCertificateSigner {
  readonly caCertificatePem: string;
  /** Sets the subject itself: CN system:node:NAME, O system:nodes. */
  signNodeCertificate(certificateRequestPem: string, nodeName: string): Promise<string>;
}

/**
 * The fingerprint of the key that made the request, which proves with its signature that it has the private half. Throws
 * BadRequest.
 */
export async function keyOfRequest(certificateRequest: string): Promise<string> {
  let request: Pkcs10CertificateRequest;
  try {
    request = new Pkcs10CertificateRequest(certificateRequest);
  } catch (cause) {
    throw new StatusError('BadRequest', 'certificateRequest: expected a PKCS#10 request in PEM', undefined, { cause });
  }
  if (!(await request.verify())) throw badRequest('certificateRequest: its signature is not by its own key');
  return fingerprintOf(new Uint8Array(request.publicKey.rawData));
}
