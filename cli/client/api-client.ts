import type { ClientRequest, IncomingMessage } from 'node:http';
import https from 'node:https';
import type { RequestOptions } from 'node:https';
import WebSocket from 'ws';
import { errorCodeOf } from '../../shared/error-code';
import type { Status } from '../../shared/status-error';
import { StatusError } from '../../shared/status-error';
import type { Connection } from './connection';

/** No server at the other end, or one that we may not trust. */
export class ConnectionError extends Error {
  override readonly name = 'ConnectionError';
}

export interface Call {
  readonly method?: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';
  readonly path: string;
  readonly query?: Readonly<Record<string, string | number | boolean | undefined>>;
  /** Sent as JSON; a Buffer is sent as it is. */
  readonly body?: unknown;
  readonly contentType?: string;
  readonly accept?: string;
  readonly signal?: AbortSignal;
  /** Of what nobody asked for by name: warnings about it would be noise. */
  readonly isUnasked?: boolean;
}

export interface Answer<T> {
  readonly value: T;
  readonly code: number;
}

/** One request as it went, for who wants to see them all. */
export interface Exchange {
  readonly method: string;
  readonly url: string;
  readonly code: number;
}

/** Told of what comes with the answers. */
export interface Listener {
  /** The text of a Warning header. */
  onWarning?(text: string): void;
  onExchange?(exchange: Exchange): void;
}

/** The Kubernetes REST API. Throws StatusError for refusals and ConnectionError where nobody answers. */
export class ApiClient {
  private readonly agent: https.Agent;

  constructor(
    readonly connection: Connection,
    private readonly listener: Listener = {},
  ) {
    this.agent = new https.Agent({ ...this.tls(), keepAlive: true });
  }

  async json<T>(call: Call): Promise<Answer<T>> {
    const { text, code } = await this.text({ accept: 'application/json', ...call });
    try {
      return { value: JSON.parse(text) as T, code };
    } catch (cause) {
      throw new ConnectionError(`${this.connection.server} did not answer with JSON: is it a Kubernetes API?`, {
        cause,
      });
    }
  }

  async text(call: Call): Promise<{ readonly text: string; readonly code: number }> {
    const response = await this.open(call);
    const chunks: Buffer[] = [];
    for await (const chunk of this.read(response, call)) chunks.push(chunk);
    return { text: Buffer.concat(chunks).toString('utf8'), code: response.statusCode ?? 0 };
  }

  /** The response once it is known to be good, its body still to come. */
  async open(call: Call): Promise<IncomingMessage> {
    const response = await this.send(call);
    if (call.isUnasked !== true) for (const text of warningsOf(response)) this.listener.onWarning?.(text);
    if ((response.statusCode ?? 500) < 400) return response;
    const chunks: Buffer[] = [];
    for await (const chunk of response as AsyncIterable<Buffer>) chunks.push(chunk);
    throw refusalOf(response.statusCode ?? 500, Buffer.concat(chunks).toString('utf8'));
  }

  /** Each event of a watch, until it ends or the signal aborts. */
  async *watch<T>(call: Call): AsyncGenerator<{ readonly type: string; readonly object: T }> {
    const response = await this.open({ ...call, query: { ...call.query, watch: true } });
    for await (const line of this.linesOf(response, call)) {
      const event = JSON.parse(line) as { readonly type: string; readonly object: T };
      if (event.type === 'ERROR') throw StatusError.fromStatus(event.object as unknown as Status);
      yield event;
    }
  }

  /** Whole lines. A watch that ends because a request may take no longer has not failed. */
  private async *linesOf(response: IncomingMessage, call: Call): AsyncGenerator<string> {
    let rest = '';
    try {
      for await (const chunk of this.read(response, call)) {
        const lines = (rest + chunk.toString('utf8')).split('\n');
        rest = lines.pop() ?? '';
        yield* lines;
      }
    } catch (error) {
      if (!(error instanceof ConnectionError) || (this.connection.requestTimeoutMs ?? 0) === 0) throw error;
    }
  }

  /** What an answer holds, as it comes. Throws ConnectionError where it breaks off, and what `signal` says. */
  async *read(response: IncomingMessage, { signal }: Pick<Call, 'signal'>): AsyncGenerator<Buffer> {
    try {
      for await (const chunk of response as AsyncIterable<Buffer>) yield chunk;
    } catch (error) {
      if (signal?.aborted === true || !(error instanceof Error)) throw error;
      throw this.problem(error);
    }
  }

  /** An upgraded connection by one of the subprotocols. Resolves once it is open. */
  socket(path: string, query: URLSearchParams, protocols: readonly string[]): Promise<WebSocket> {
    const url = new URL(path, this.connection.server);
    url.protocol = 'wss:';
    url.search = query.toString();
    const socket = new WebSocket(url, [...protocols], {
      ...this.tls(),
      headers: this.headers(),
      perMessageDeflate: false,
    });
    return new Promise((resolve, reject) => {
      socket.once('open', () => resolve(socket));
      socket.once('error', (error) => reject(this.problem(error)));
      socket.once('unexpected-response', (_request, response) => {
        const chunks: Buffer[] = [];
        response.on('data', (chunk: Buffer) => chunks.push(chunk));
        response.on('end', () => reject(refusalOf(response.statusCode ?? 500, Buffer.concat(chunks).toString('utf8'))));
      });
    });
  }

  /** A request whose body, answer and upgrade are the caller's to deal with, on a connection of its own. */
  forward(call: {
    readonly method: string;
    readonly path: string;
    readonly headers: Readonly<Record<string, string | string[]>>;
  }): ClientRequest {
    return https.request(new URL(call.path, this.connection.server), {
      ...this.tls(),
      method: call.method,
      headers: { ...this.headers(), ...call.headers },
      agent: this.agent,
    });
  }

  close(): void {
    this.agent.destroy();
  }

  private send({ method = 'GET', path, query, body, contentType, accept, signal }: Call): Promise<IncomingMessage> {
    const url = new URL(path, this.connection.server);
    for (const [name, value] of Object.entries(query ?? {}))
      if (value !== undefined) url.searchParams.set(name, String(value));
    const payload = body === undefined ? undefined : Buffer.isBuffer(body) ? body : Buffer.from(JSON.stringify(body));
    const options: RequestOptions = {
      method,
      agent: this.agent,
      headers: {
        ...this.headers(),
        Accept: accept ?? '*/*',
        ...(payload === undefined
          ? {}
          : { 'Content-Type': contentType ?? 'application/json', 'Content-Length': payload.length }),
      },
      ...(signal === undefined ? {} : { signal }),
    };
    const { requestTimeoutMs, server } = this.connection;
    return new Promise((resolve, reject) => {
      const request = https.request(url, options, (response) => {
        this.listener.onExchange?.({ method, url: url.href, code: response.statusCode ?? 0 });
        resolve(response);
      });
      if (requestTimeoutMs !== undefined && requestTimeoutMs > 0)
        request.setTimeout(requestTimeoutMs, () =>
          request.destroy(new Error(`${server} did not answer within ${requestTimeoutMs / 1_000} s`)),
        );
      request.once('error', (error) => reject(signal?.aborted === true ? error : this.problem(error)));
      request.end(payload);
    });
  }

  private headers(): Record<string, string | string[]> {
    const { token, basic, impersonate } = this.connection;
    return {
      'User-Agent': 'kubectl-lite',
      ...(token === undefined ? {} : { Authorization: `Bearer ${token}` }),
      ...(basic === undefined ? {} : { Authorization: `Basic ${Buffer.from(basic).toString('base64')}` }),
      ...(impersonate === undefined ? {} : { 'Impersonate-User': impersonate.user }),
      ...(impersonate === undefined || impersonate.groups.length === 0
        ? {}
        : { 'Impersonate-Group': [...impersonate.groups] }),
      ...(impersonate?.uid === undefined ? {} : { 'Impersonate-Uid': impersonate.uid }),
      ...Object.fromEntries(
        Object.entries(impersonate?.extra ?? {}).map(([key, values]) => [
          `Impersonate-Extra-${encodeURIComponent(key)}`,
          [...values],
        ]),
      ),
    };
  }

  private tls(): https.AgentOptions {
    const { ca, certificate, key, insecure, serverName } = this.connection;
    return {
      rejectUnauthorized: !insecure,
      ...(ca === undefined ? {} : { ca }),
      ...(certificate === undefined ? {} : { cert: certificate }),
      ...(key === undefined ? {} : { key }),
      ...(serverName === undefined ? {} : { servername: serverName }),
    };
  }

  private problem(error: Error): Error {
    const code = errorCodeOf(error);
    const { server } = this.connection;
    if (['ECONNREFUSED', 'ENOTFOUND', 'EHOSTUNREACH', 'ETIMEDOUT', 'ENETUNREACH', 'EAI_AGAIN'].includes(code)) {
      return new ConnectionError(
        `no server answers at ${server}: start one with "make up", or choose another with --kubeconfig or --server`,
        { cause: error },
      );
    }
    if (/CERT|SELF_SIGNED|UNABLE_TO_VERIFY|ALTNAME/.test(code)) {
      return new ConnectionError(
        `the certificate of ${server} is not the one that the kubeconfig trusts (${error.message}): is it another cluster?`,
        { cause: error },
      );
    }
    return new ConnectionError(`the connection to ${server} broke: ${error.message}`, { cause: error });
  }
}

/** Several headers of the name come joined by commas. */
const warningsOf = ({ headers }: IncomingMessage): readonly string[] =>
  [...(headers.warning ?? '').matchAll(/299 \S+ "((?:[^"\\]|\\.)*)"/g)].map(([, text = '']) =>
    text.replace(/\\(.)/g, '$1'),
  );

function refusalOf(code: number, text: string): Error {
  try {
    const status = JSON.parse(text) as Status;
    if (status.kind === 'Status') return StatusError.fromStatus(status);
  } catch {
    // Not a Status: say what came.
  }
  return new StatusError('InternalError', `the server answered ${code}: ${text.slice(0, 200)}`);
}
