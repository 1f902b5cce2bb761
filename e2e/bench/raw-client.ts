import type { TLSSocket } from 'node:tls';
import { connect } from 'node:tls';
import type { Credentials } from '../harness/api';

const LAST_CHUNK = Buffer.from('0\r\n\r\n');

/**
 * An HTTP/1.1 client that does next to nothing, so that what is measured is the server: one request after the other on
 * each connection, the answer's length read from its head and its bytes only counted.
 */
export class RawConnection {
  private head = '';
  private left = -1;
  private isChunked = false;
  private tail: Buffer = Buffer.alloc(0);
  private failed: Error | undefined;
  private settle: { readonly resolve: (status: number) => void; readonly reject: (error: Error) => void } | undefined;
  private status = 0;

  private constructor(private readonly socket: TLSSocket) {
    socket.on('data', (chunk: Buffer) => this.onData(chunk));
    socket.on('error', (error) => this.fail(error));
    socket.on('close', () => this.fail(new Error('the server closed the connection')));
  }

  static async open(port: number, credentials: Partial<Credentials>): Promise<RawConnection> {
    return new RawConnection(await dial(port, credentials));
  }

  /** The status of the answer, when all its bytes have arrived. `headers`: in place of those that every request has. */
  request(
    method: string,
    path: string,
    body?: Buffer,
    headers: Readonly<Record<string, string>> = {},
  ): Promise<number> {
    if (this.failed !== undefined) return Promise.reject(this.failed);
    return new Promise((resolve, reject) => {
      this.settle = { resolve, reject };
      const given = {
        Host: 'bench',
        Accept: 'application/json',
        ...(body === undefined ? {} : { 'Content-Type': 'application/json', 'Content-Length': String(body.length) }),
        ...headers,
      };
      const lines = Object.entries(given).map(([name, value]) => `${name}: ${value}\r\n`);
      const head = `${method} ${path} HTTP/1.1\r\n${lines.join('')}\r\n`;
      this.socket.write(body === undefined ? head : Buffer.concat([Buffer.from(head), body]));
    });
  }

  close(): void {
    this.socket.destroy();
  }

  private onData(chunk: Buffer): void {
    if (this.left >= 0) return this.onBody(chunk);
    this.head += chunk.toString('latin1');
    const end = this.head.indexOf('\r\n\r\n');
    if (end < 0) return;
    const head = this.head.slice(0, end);
    const rest = this.head.length - end - 4;
    this.head = '';
    this.status = Number(head.slice(9, 12));
    const length = /content-length: (\d+)/i.exec(head)?.[1];
    this.isChunked = length === undefined;
    this.left = Number(length ?? Infinity);
    this.onBody(chunk.subarray(chunk.length - rest));
  }

  private onBody(chunk: Buffer): void {
    if (!this.isChunked) return this.count(chunk.length);
    this.tail = Buffer.concat([this.tail, chunk.subarray(-LAST_CHUNK.length)]).subarray(-LAST_CHUNK.length);
    if (this.tail.equals(LAST_CHUNK)) this.count(Infinity);
  }

  private count(bytes: number): void {
    this.left = bytes === Infinity ? 0 : this.left - bytes;
    if (this.left > 0) return;
    this.left = -1;
    this.tail = Buffer.alloc(0);
    const { settle } = this;
    this.settle = undefined;
    settle?.resolve(this.status);
  }

  private fail(error: Error): void {
    this.failed ??= error;
    this.settle?.reject(this.failed);
    this.settle = undefined;
  }
}

const LINE_FEED = 0x0a;
const BRACE = 0x7d;

/** A watch whose events are only counted, by their line ends. */
export class RawWatch {
  events = 0;

  private constructor(private readonly socket: TLSSocket) {
    let endsInBrace = false;
    socket.on('data', (chunk: Buffer) => {
      if (endsInBrace && chunk[0] === LINE_FEED) this.events += 1;
      for (let at = chunk.indexOf('}\n'); at >= 0; at = chunk.indexOf('}\n', at + 2)) this.events += 1;
      endsInBrace = chunk.at(-1) === BRACE;
    });
    socket.on('error', () => undefined);
  }

  static async open(port: number, credentials: Credentials, path: string): Promise<RawWatch> {
    const socket = await dial(port, credentials);
    const watch = new RawWatch(socket);
    const answered = new Promise<void>((resolve) => socket.once('data', () => resolve()));
    socket.write(`GET ${path} HTTP/1.1\r\nHost: bench\r\nAccept: application/json\r\n\r\n`);
    await answered;
    return watch;
  }

  close(): void {
    this.socket.destroy();
  }
}

const dial = (port: number, credentials: Partial<Credentials>): Promise<TLSSocket> =>
  new Promise((resolve, reject) => {
    const socket = connect({ host: '127.0.0.1', port, ...credentials, servername: 'localhost' });
    socket.setNoDelay(true);
    socket.once('secureConnect', () => resolve(socket));
    socket.once('error', reject);
  });
