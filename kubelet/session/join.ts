import type { IncomingMessage } from 'node:http';
import { request as httpsRequest } from 'node:https';
import type { Clock } from '../../shared/clock';
import type { Logger } from '../../shared/logger';
import { StatusError, toStatusError } from '../../shared/status-error';
import { bootstrapTokenOf, parseJoinToken } from '../../shared/wire/join-token';
import type { JoinRequest, JoinResponse } from '../../shared/wire/node-channel';
import { NODE_JOIN_PATH } from '../../shared/wire/node-channel';
import { parseJoinResponse } from '../../shared/wire/parse-server';
import { parseStatus } from '../../shared/wire/parse-status';
import { certificateRequestFor, newKey } from './certificate-request';
import { asDialError } from './dial-error';
import type { NodeCredential } from './node-credential';
import { loadCredential, loadKey, storeCertificates, storeKey } from './node-credential';
import { fetchPinnedCa } from './pinned-ca';

/** Of each of the two requests that joining takes: a failure is told within ten seconds. */
const REQUEST_TIMEOUT_MS = 5_000;
const MAX_RESPONSE_BYTES = 256 * 1024;

/**
 * The node's credential: the one kept in `folder`, or else one got for the join token and then kept there. Throws a
 * StatusError that says why and what to do: a broken token (BadRequest), no server or a wrong clock (ServiceUnavailable),
 * another server than the token's (Forbidden), a token unknown or expired (Unauthorized), a name taken (Conflict).
 */
export async function ensureJoined(options: {
  readonly serverUrls: readonly string[];
  readonly nodeName: string;
  readonly folder: string;
  /** Needed the first time only. */
  readonly joinToken?: string;
  readonly clock: Clock;
  readonly logger: Logger;
}): Promise<NodeCredential> {
  const { folder, nodeName, joinToken, logger } = options;
  const kept = await loadCredential(folder);
  if (kept !== undefined) return kept;
  if (joinToken === undefined || joinToken.trim() === '') {
    throw new StatusError('Unauthorized', `node "${nodeName}" has not joined yet and needs a join token`);
  }
  const token = parseJoinToken(joinToken);
  const key = (await loadKey(folder)) ?? newKey();
  await storeKey(folder, key);
  const certificateRequest = await certificateRequestFor(nodeName, key);

  let failure: StatusError | undefined;
  for (const server of options.serverUrls) {
    const url = new URL(server);
    try {
      const timing = { clock: options.clock, timeoutMs: REQUEST_TIMEOUT_MS };
      const caCertificate = await fetchPinnedCa({ url, pin: token.caHash, ...timing });
      const body: JoinRequest = { nodeName, certificateRequest };
      const { certificate } = await post({ url, caCertificate, bearer: bootstrapTokenOf(token), body, ...timing });
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
}): Promise<JoinResponse> {
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

async function readAnswer(response: IncomingMessage): Promise<JoinResponse> {
  const chunks: Buffer[] = [];
  let length = 0;
  for await (const chunk of response as AsyncIterable<Buffer>) {
    length += chunk.length;
    if (length > MAX_RESPONSE_BYTES) throw new StatusError('BadRequest', 'the answer to the join request is too long');
    chunks.push(chunk);
  }
  const answer: unknown = jsonOf(Buffer.concat(chunks).toString('utf8'));
  if (response.statusCode === 200) return parseJoinResponse(answer);
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
