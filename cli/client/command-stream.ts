import { once } from 'node:events';
import type { Readable, Writable } from 'node:stream';
import type WebSocket from 'ws';
import { systemClock } from '../../shared/clock';
import type { Status } from '../../shared/status-error';
import { StatusError } from '../../shared/status-error';
import type { ApiClient } from './api-client';
import { ConnectionError } from './api-client';

const STDIN = 0;
const STDOUT = 1;
const STDERR = 2;
const STATUS = 3;
const RESIZE = 4;
const CLOSE = 255;
/** Output of the network that may wait before the source is paused. */
const HIGH_WATER_BYTES = 256 * 1024;
/** ws has no drain event: its buffer is looked at again after this. */
const LOOK_MS = 5;

export interface CommandRequest {
  readonly namespace: string;
  readonly pod: string;
  readonly type: 'exec' | 'attach';
  readonly container?: string | undefined;
  readonly command?: readonly string[];
  readonly tty: boolean;
  readonly stdin?: Readable | undefined;
  readonly stdout: Writable;
  readonly stderr: Writable;
  readonly signal?: AbortSignal;
  /** Called once with what changes the terminal's size at the other end. */
  readonly onOpen?: (resize: (size: { readonly width: number; readonly height: number }) => void) => void;
}

/** Runs or attaches to a process in a container over `v5.channel.k8s.io`. Resolves with its exit code. Throws StatusError. */
export async function runCommand(client: ApiClient, request: CommandRequest): Promise<number> {
  const { namespace, pod, type, container, command = [], tty, stdin, stdout, stderr } = request;
  const query = new URLSearchParams({
    stdout: 'true',
    stderr: String(!tty),
    stdin: String(stdin !== undefined),
    tty: String(tty),
  });
  if (container !== undefined) query.set('container', container);
  for (const word of command) query.append('command', word);
  const path = `/api/v1/namespaces/${encodeURIComponent(namespace)}/pods/${encodeURIComponent(pod)}/${type}`;
  const socket = await client.socket(path, query, ['v5.channel.k8s.io', 'v4.channel.k8s.io']);
  const send = (channel: number, data: Uint8Array): void => socket.send(Buffer.concat([Buffer.from([channel]), data]));
  request.onOpen?.(({ width, height }) => send(RESIZE, Buffer.from(JSON.stringify({ Width: width, Height: height }))));
  request.signal?.addEventListener('abort', () => socket.close(), { once: true });
  if (stdin !== undefined) pump(stdin, socket, send);

  let status: Status | undefined;
  socket.on('message', (data: Buffer) => {
    const body = data.subarray(1);
    if (data[0] === STATUS) status = JSON.parse(body.toString('utf8')) as Status;
    else if (data[0] === STDOUT || data[0] === STDERR) {
      if ((data[0] === STDOUT ? stdout : stderr).write(body)) return;
      socket.pause();
      (data[0] === STDOUT ? stdout : stderr).once('drain', () => socket.resume());
    }
  });
  await once(socket, 'close');
  stdin?.pause();
  if (status === undefined) {
    if (request.signal?.aborted === true) return 130;
    throw new ConnectionError('the connection broke before the command ended');
  }
  return exitCodeOf(status);
}

function pump(stdin: Readable, socket: WebSocket, send: (channel: number, data: Uint8Array) => void): void {
  stdin.on('data', (chunk: Buffer | string) => {
    if (socket.readyState !== socket.OPEN) return;
    send(STDIN, Buffer.from(chunk));
    if (socket.bufferedAmount < HIGH_WATER_BYTES) return;
    stdin.pause();
    const stop = systemClock.setInterval(() => {
      if (socket.readyState === socket.OPEN && socket.bufferedAmount >= HIGH_WATER_BYTES) return;
      stop();
      stdin.resume();
    }, LOOK_MS);
  });
  stdin.on('end', () => {
    // Older protocols cannot say that the input has ended.
    if (socket.protocol === 'v5.channel.k8s.io' && socket.readyState === socket.OPEN)
      socket.send(Buffer.from([CLOSE, STDIN]));
  });
}

function exitCodeOf(status: Status): number {
  if (status.status === 'Success') return 0;
  const code = status.details?.causes?.find(({ reason }) => reason === 'ExitCode')?.message;
  if (code !== undefined) return Number(code);
  throw StatusError.fromStatus(status);
}
