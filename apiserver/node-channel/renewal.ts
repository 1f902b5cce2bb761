import { X509Certificate } from 'node:crypto';
import type { Logger } from '../../shared/logger';
import { StatusError } from '../../shared/status-error';
import type { CertificateRenewal, JoinResponse } from '../../shared/wire/node-channel';
import type { Client } from '../registry/client';
import type { NodeCertificateSigner } from './node-certificates';
import { keyOfRequest } from './node-certificates';
import type { NodeIdentity } from './node-identity';
import { noteCertificateEnd } from './node-registrar';
import { logChannel } from './ws-log';

/** Signs a node's next certificate. Nothing of the node changes with it: its key is what it is. */
export const createRenewal =
  ({
    client,
    authority,
    logger,
  }: {
    readonly client: Client;
    readonly authority: NodeCertificateSigner;
    readonly logger: Logger;
  }) =>
  async (
    { nodeName, keyFingerprint }: NodeIdentity,
    { certificateRequest }: CertificateRenewal,
  ): Promise<JoinResponse> => {
    if ((await keyOfRequest(certificateRequest)) !== keyFingerprint) {
      throw new StatusError(
        'Forbidden',
        `a certificate for node "${nodeName}" goes to the key that it joined with only`,
      );
    }
    const certificate = await authority.signNodeCertificate(certificateRequest, nodeName);
    logChannel(logger, nodeName, 'certificate renewed', { keyFingerprint });
    await noteCertificateEnd(client, nodeName, Date.parse(new X509Certificate(certificate).validTo));
    return { certificate, caCertificate: authority.caCertificatePem };
  };
