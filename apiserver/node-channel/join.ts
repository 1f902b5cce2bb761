import { subjectOf } from '../auth/certificates/signers';
import { NODE_USER_PREFIX } from '../auth/node/node-user';
import type { Clock } from '../../shared/clock';
import type { Logger } from '../../shared/logger';
import { StatusError, badRequest } from '../../shared/status-error';
import type { JoinAnswer } from '../../shared/wire/node-channel';
import { parseJoinRequest } from '../../shared/wire/parse-agent';
import type { Client } from '../registry/client';
import { verifyJoinToken } from './join-tokens';
import { approvedCertificate } from './node-approval';
import type { NodeCertificateSigner } from './node-certificates';
import { keyOfRequest } from './node-certificates';
import { refuseForeignKey } from './node-registrar';
import { logChannel } from './ws-log';

/** Whether a token is enough for a new node, or an administrator has to let it in as well. */
export const NODE_APPROVALS = ['automatic', 'manual'] as const;
export type NodeApproval = (typeof NODE_APPROVALS)[number];

/** Trades a join token (absent: no bearer token came) and a request for a certificate for the node's own credential. */
export type Join = (token: string | undefined, body: unknown) => Promise<JoinAnswer>;

/**
 * Throws Unauthorized for the token, BadRequest for the body, Conflict where the name belongs to another key, Forbidden
 * where the node was not let in.
 */
export function createJoin(options: {
  readonly client: Client;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly authority: NodeCertificateSigner;
  readonly approval: NodeApproval;
}): Join {
  const { client, authority, logger, approval } = options;
  return async (token, body) => {
    if (token === undefined) throw new StatusError('Unauthorized', 'a join token is needed');
    const { id: tokenId } = verifyJoinToken(options, token);
    const { nodeName, certificateRequest } = parseJoinRequest(body);
    const keyFingerprint = await keyOfRequest(certificateRequest);
    const existing = client.view('Node').get({ name: nodeName });
    if (existing !== undefined) refuseForeignKey(existing, keyFingerprint);
    // A node that is there already was let in before, with this very key.
    const mustAsk = approval === 'manual' && existing === undefined;
    if (mustAsk) requireOwnName(certificateRequest, nodeName);
    const certificate = mustAsk
      ? await approvedCertificate(client, { nodeName, keyFingerprint, certificateRequest, tokenId })
      : await authority.signNodeCertificate(certificateRequest, nodeName);
    if (certificate === undefined) {
      logChannel(logger, nodeName, 'waits for approval', { keyFingerprint });
      return { pending: { nodeName, keyFingerprint } };
    }
    logChannel(logger, nodeName, 'joined', { keyFingerprint });
    return { certificate, caCertificate: authority.caCertificatePem };
  };
}

/** Who approves a request approves the name in it. */
function requireOwnName(certificateRequest: string, nodeName: string): void {
  const subject = subjectOf(Buffer.from(certificateRequest).toString('base64'));
  if (subject?.commonName === `${NODE_USER_PREFIX}${nodeName}`) return;
  throw badRequest(`certificateRequest: its common name must be ${NODE_USER_PREFIX}${nodeName}`);
}
