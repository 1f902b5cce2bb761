import type { IncomingMessage } from 'node:http';
import https from 'node:https';
import type { Duplex } from 'node:stream';
import tls from 'node:tls';
import type { Clock } from '../../../shared/clock';
import type { Dialer } from '../../proxy/dialer';
import type { Hook } from './hooks';

const MAX_ANSWER_BYTES = 4 * 1024 * 1024;
const IDLE_MS = 60_000;
const MAX_IDLE = 8;

export interface WebhookClientDeps {
  readonly dialer: Pick<Dialer, 'service'>;
  readonly clock: Clock;
}

/** Asks webhooks over HTTPS, by URL or, through the channel of a node, by Service. Keeps connections. */
export class WebhookClient {
  /** By the configuration as it stands: one that changed gets connections of its own. */
  private readonly agents = new WeakMap<Hook['clientConfig'], https.Agent>();

  constructor(private readonly deps: WebhookClientDeps) {}

  /** The JSON that the webhook answers. Rejects with an Error that says why there is none. */
  async ask(
    { clientConfig, timeoutSeconds }: Pick<Hook, 'clientConfig' | 'timeoutSeconds'>,
    body: object,
  ): Promise<unknown> {
    const url = urlOf(clientConfig, timeoutSeconds);
    const timeout = new AbortController();
    const cancel = this.deps.clock.setTimeout(
      () => timeout.abort(new Error('context deadline exceeded')),
      timeoutSeconds * 1_000,
    );
    try {
      return await post(url, body, this.agentFor(clientConfig), timeout.signal);
    } catch (error) {
      const why = timeout.signal.aborted ? 'context deadline exceeded' : textOf(error);
      throw new Error(`failed to call webhook: Post ${JSON.stringify(url.href)}: ${why}`, { cause: error });
    } finally {
      cancel();
    }
  }

  private agentFor(config: Hook['clientConfig']): https.Agent {
    const known = this.agents.get(config);
    if (known !== undefined) return known;
    const made = this.makeAgent(config);
    this.agents.set(config, made);
    return made;
  }

  private makeAgent({ caBundle, service }: Hook['clientConfig']): https.Agent {
    const ca = caBundle === undefined ? {} : { ca: Buffer.from(caBundle, 'base64') };
    const agent = new https.Agent({ keepAlive: true, maxFreeSockets: MAX_IDLE, timeout: IDLE_MS, ...ca });
    if (service === undefined) return agent;
    const { namespace, name, port = 443 } = service;
    const connect = async (): Promise<Duplex> => {
      const connection = await this.deps.dialer.service({ namespace, name }, String(port));
      return tls.connect({ socket: connection as tls.TLSSocket, servername: serviceHost(service), ...ca });
    };
    // The documented way for a connection that takes a while to make: the callback instead of a return value.
    agent.createConnection = (_options, done) => {
      connect().then(
        (socket) => done?.(null, socket),
        (error: unknown) => done?.(error instanceof Error ? error : new Error(String(error)), undefined as never),
      );
      return undefined;
    };
    return agent;
  }
}

/** Of a name with several addresses each has failed for a reason of its own, and the whole says nothing. */
function textOf(error: unknown): string {
  const { message, errors } = error as { readonly message?: unknown; readonly errors?: unknown };
  if (Array.isArray(errors)) return errors.map(textOf).join('; ');
  return typeof message === 'string' ? message : String(error);
}

const serviceHost = ({ name, namespace }: { readonly name: string; readonly namespace: string }): string =>
  `${name}.${namespace}.svc`;

function urlOf({ url, service }: Hook['clientConfig'], timeoutSeconds: number): URL {
  const target =
    service === undefined
      ? new URL(url ?? '')
      : new URL(service.path ?? '/', `https://${serviceHost(service)}:${service.port ?? 443}`);
  target.searchParams.set('timeout', `${timeoutSeconds}s`);
  return target;
}

function post(url: URL, body: object, agent: https.Agent, signal: AbortSignal): Promise<unknown> {
  const bytes = Buffer.from(JSON.stringify(body));
  return new Promise((resolve, reject) => {
    const request = https.request(url, {
      method: 'POST',
      agent,
      signal,
      headers: { 'content-type': 'application/json', accept: 'application/json', 'content-length': bytes.length },
    });
    request.once('error', reject);
    request.once('response', (response) => {
      readJson(response).then(resolve, reject);
    });
    request.end(bytes);
  });
}

async function readJson(response: IncomingMessage): Promise<unknown> {
  const parts: Buffer[] = [];
  let size = 0;
  for await (const part of response as AsyncIterable<Buffer>) {
    size += part.length;
    if (size > MAX_ANSWER_BYTES) throw new Error(`the answer is longer than ${MAX_ANSWER_BYTES} bytes`);
    parts.push(part);
  }
  const text = Buffer.concat(parts).toString('utf8');
  if (response.statusCode !== 200)
    throw new Error(`unexpected status ${String(response.statusCode)}: ${text.slice(0, 200)}`);
  return JSON.parse(text);
}
