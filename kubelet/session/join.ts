import type { IncomingMessage } from 'node:http';
import { request as httpsRequest } from 'node:https';
import type { Clock } from '../../shared/clock';
import { toTimestamp } from '../../shared/clock';
import type { Logger } from '../../shared/logger';
import { StatusError, toStatusError } from '../../shared/status-error';
import { bootstrapTokenOf, parseJoinToken } from '../../shared/wire/join-token';
import type { JoinAnswer, JoinPending, JoinRequest } from '../../shared/wire/node-channel';
import { NODE_JOIN_PATH } from '../../shared/wire/node-channel';
import { parseJoinAnswer } from '../../shared/wire/parse-server';
import { parseStatus } from '../../shared/wire/parse-status';
import { certificateRequestFor, newKey } from './certificate-request';
import { asDialError } from './dial-error';
import type { NodeCredential } from './node-credential';
import { certificateEndMs, loadCredential, loadKey, storeCertificates, storeKey } from './node-credential';
import { fetchPinnedCa } from './pinned-ca';

/** Of each of the two requests that joining takes: a failure is told within ten seconds. */
const REQUEST_TIMEOUT_MS = 5_000;
const MAX_RESPONSE_BYTES = 256 * 1024;

/** Between two questions whether the node was let in. */
const APPROVAL_PERIOD_MS = 2_000;

export interface JoinOptions {
  readonly serverUrls: readonly string[];
  readonly nodeName: string;
  readonly folder: string;
  /** Needed the first time only, and where the certificate ended while the node was away. */
  readonly joinToken?: string;
  readonly clock: Clock;
  readonly logger: Logger;
  /** Ends the wait for approval. */
  readonly signal?: AbortSignal;
}

/**
 * The node's credential: the one kept in `folder`, or else one got for the join token and then kept there; where nodes
 * are approved, once that has happened. Throws a StatusError that says why and what to do: a broken token (BadRequest),
 * no server or a wrong clock (ServiceUnavailable), another server than the token's or a node not let in (Forbidden), a
 * token unknown or expired (Unauthorized), a name taken (Conflict).
 */
export async function ensureJoined(options: JoinOptions): Promise<NodeCredential> {
  for (;;) {
    const answer = await tryToJoin(options);
    if (!('pending' in answer)) return answer;
    options.logger.info(answer.pending, approvalText(answer));
    await options.clock.sleep(APPROVAL_PERIOD_MS, options.signal);
  }
}

/** What the administrator is to type. */
export const approvalText = ({ pending: { nodeName, keyFingerprint } }: JoinPending): string =>
  `waits to be let in, with the key ${keyFingerprint}. On the server: kubectl-lite node approve ${nodeName}`;

/** One attempt: as `ensureJoined`, but it does not wait for approval. */
export async function tryToJoin(options: JoinOptions): Promise<NodeCredential | JoinPending> {
  const { folder, nodeName, joinToken, logger, clock } = options;
  const kept = await loadCredential(folder);
  const endsMs = kept === undefined ? 0 : certificateEndMs(kept);
  if (kept !== undefined && endsMs > clock.now()) return kept;
  if (joinToken === undefined || joinToken.trim() === '') {
    const why =
      kept === undefined ? 'has not joined yet' : `was away when its certificate ended (${toTimestamp(endsMs)})`;
    throw new StatusError(
      'Unauthorized',
      `node "${nodeName}" ${why} and needs a join token. On the server: kubectl-lite token create --print-join-command`,
    );
  }
  const token = parseJoinToken(joinToken);
  const key = (await loadKey(folder)) ?? newKey();
  await storeKey(folder, key);
  const certificateRequest = await certificateRequestFor(nodeName, key);

  let failure: StatusError | undefined;
  for (const server of options.serverUrls) {
    const url = new URL(server);
    try {
      const timing = { clock, timeoutMs: REQUEST_TIMEOUT_MS };
      const caCertificate = await fetchPinnedCa({ url, pin: token.caHash, ...timing });
      const body: JoinRequest = { nodeName, certificateRequest };
      const answer = await post({ url, caCertificate, bearer: bootstrapTokenOf(token), body, ...timing });
      if ('pending' in answer) return answer;
      const { certificate } = answer;
      await storeCertificates(folder, { certificate, caCertificate });
      logger.info({ node: nodeName, server: url.host }, 'joined the cluster');
      return { key, certificate, caCertificate };
    } catch (error) {
      failure = toStatusError(error);
      // Only an absent server is worth asking the next one: a refusal is the cluster's answer.
      if (failure.reason !== 'ServiceUnavailable') throw failure;
    }
  }
  throw failure ?? new StatusError('BadRequest', 'no address of a server was given');
}

function post(options: {
  readonly url: URL;
  readonly caCertificate: string;
  readonly bearer: string;
  readonly body: JoinRequest;
  readonly clock: Clock;
  readonly timeoutMs: number;
}): Promise<JoinAnswer> {
  const { url, caCertificate, bearer, body, clock, timeoutMs } = options;
  return new Promise((resolve, reject) => {
    const request = httpsRequest(new URL(NODE_JOIN_PATH, url), {
      method: 'POST',
      ca: caCertificate,
      agent: false,
      headers: { authorization: `Bearer ${bearer}`, 'content-type': 'application/json' },
    });
    const cancel = clock.setTimeout(() => request.destroy(new Error(`no answer in ${timeoutMs / 1_000} s`)), timeoutMs);
    request.on('error', (error) => {
      cancel();
      reject(asDialError(url, error));
    });
    request.on('response', (response) => {
      readAnswer(response).then(resolve, reject).finally(cancel);
    });
    request.end(JSON.stringify(body));
  });
}

async function readAnswer(response: IncomingMessage): Promise<JoinAnswer> {
  const chunks: Buffer[] = [];
  let length = 0;
  for await (const chunk of response as AsyncIterable<Buffer>) {
    length += chunk.length;
    if (length > MAX_RESPONSE_BYTES) throw new StatusError('BadRequest', 'the answer to the join request is too long');
    chunks.push(chunk);
  }
  const answer: unknown = jsonOf(Buffer.concat(chunks).toString('utf8'));
  if (response.statusCode === 200 || response.statusCode === 202) return parseJoinAnswer(answer);
  throw StatusError.fromStatus(parseStatus(answer, 'answer'));
}

function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw new StatusError('BadRequest', 'the answer to the join request is not from a Pinsetter server', undefined, {
      cause,
    });
  }
}
