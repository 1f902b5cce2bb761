import { readFileSync } from 'node:fs';
import https from 'node:https';
import { parse } from 'yaml';

export interface Credentials {
  readonly cert: Buffer;
  readonly key: Buffer;
  readonly ca: Buffer;
}

/** The client certificate, key and CA of a kubeconfig with one user and one cluster. */
export function credentialsOf(kubeconfig: string): Credentials {
  const config = parse(readFileSync(kubeconfig, 'utf8')) as {
    users: { user: Record<string, string> }[];
    clusters: { cluster: Record<string, string> }[];
  };
  const decode = (from: Record<string, string> | undefined, field: string): Buffer =>
    Buffer.from(from?.[field] ?? '', 'base64');
  const user = config.users[0]?.user;
  return {
    cert: decode(user, 'client-certificate-data'),
    key: decode(user, 'client-key-data'),
    ca: decode(config.clusters[0]?.cluster, 'certificate-authority-data'),
  };
}

export interface WatchedObject {
  readonly metadata: { readonly name: string };
  readonly status?: { readonly phase?: string };
}

/** The API over plain HTTPS with kept-alive connections, for measuring without a client's own cost. */
export class Api {
  private readonly agent: https.Agent;

  constructor(
    private readonly port: number,
    credentials: Credentials,
  ) {
    this.agent = new https.Agent({ ...credentials, keepAlive: true, maxSockets: 64 });
  }

  /** Resolves with the status code and body. */
  request(method: string, path: string, body?: unknown): Promise<{ readonly code: number; readonly body: string }> {
    return new Promise((resolve, reject) => {
      const sent = https.request(
        {
          host: '127.0.0.1',
          port: this.port,
          method,
          path,
          agent: this.agent,
          headers: { 'content-type': 'application/json' },
        },
        (response) => {
          let text = '';
          response.on('data', (chunk: Buffer) => (text += chunk.toString()));
          response.on('end', () => resolve({ code: response.statusCode ?? 0, body: text }));
        },
      );
      sent.on('error', reject);
      sent.end(body === undefined ? undefined : JSON.stringify(body));
    });
  }

  /** Streams watch events to `onEvent` until closed; resolves once the server has accepted the watch. */
  watch(path: string, onEvent: (type: string, object: WatchedObject) => void): Promise<() => void> {
    return new Promise((resolve, reject) => {
      const sent = https.get(
        { host: '127.0.0.1', port: this.port, path: `${path}?watch=true`, agent: this.agent },
        (response) => {
          let rest = '';
          response.on('data', (chunk: Buffer) => {
            const lines = (rest + chunk.toString()).split('\n');
            rest = lines.pop() ?? '';
            for (const line of lines) {
              const { type, object } = JSON.parse(line) as { type: string; object: WatchedObject };
              onEvent(type, object);
            }
          });
          response.on('error', () => undefined);
          resolve(() => sent.destroy());
        },
      );
      sent.on('error', reject);
    });
  }

  close(): void {
    this.agent.destroy();
  }
}
