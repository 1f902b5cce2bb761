import 'reflect-metadata';
import { Pkcs10CertificateRequest } from '@peculiar/x509';
import type { Clock } from '../../shared/clock';
import type { Logger } from '../../shared/logger';
import { StatusError, badRequest } from '../../shared/status-error';
import type { JoinResponse } from '../../shared/wire/node-channel';
import { parseJoinRequest } from '../../shared/wire/parse-agent';
import type { Client } from '../registry/client';
import { verifyJoinToken } from './join-tokens';
import { fingerprintOf } from './node-identity';
import { refuseForeignKey } from './node-registrar';
import { logChannel } from './ws-log';

/** Who signs the certificates of nodes. */
export interface NodeCertificateSigner {
  readonly caCertificatePem: string;
  /** Sets the subject itself: CN system:node:NAME, O system:nodes. */
  signNodeCertificate(certificateRequestPem: string, nodeName: string): Promise<string>;
}

/** Trades a join token (absent: no bearer token came) and a request for a certificate for the node's own credential. */
export type Join = (token: string | undefined, body: unknown) => Promise<JoinResponse>;

/** Throws Unauthorized for the token, BadRequest for the body, Conflict where the name belongs to another key. */
export function createJoin(options: {
  readonly client: Client;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly authority: NodeCertificateSigner;
}): Join {
  const { client, authority, logger } = options;
  return async (token, body) => {
    if (token === undefined) throw new StatusError('Unauthorized', 'a join token is needed');
    verifyJoinToken(options, token);
    const { nodeName, certificateRequest } = parseJoinRequest(body);
    const keyFingerprint = await keyOf(certificateRequest);
    const existing = client.view('Node').get({ name: nodeName });
    if (existing !== undefined) refuseForeignKey(existing, keyFingerprint);
    const certificate = await authority.signNodeCertificate(certificateRequest, nodeName);
    logChannel(logger, nodeName, 'joined', { keyFingerprint });
    return { certificate, caCertificate: authority.caCertificatePem };
  };
}

/** The fingerprint of the key that made the request, which proves with its signature that it has the private half. */
async function keyOf(certificateRequest: string): Promise<string> {
  let request: Pkcs10CertificateRequest;
  try {
    request = new Pkcs10CertificateRequest(certificateRequest);
  } catch (cause) {
    throw badRequestBecause('certificateRequest: expected a PKCS#10 request in PEM', cause);
  }
  if (!(await request.verify())) throw badRequest('certificateRequest: its signature is not by its own key');
  return fingerprintOf(new Uint8Array(request.publicKey.rawData));
}

const badRequestBecause = (message: string, cause: unknown): StatusError =>
  new StatusError('BadRequest', message, undefined, { cause });
