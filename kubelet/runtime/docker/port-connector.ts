import type { Socket } from 'node:net';
import { connect } from 'node:net';
import type { Readable } from 'node:stream';
import { Duplex } from 'node:stream';
import type { Clock } from '../../../shared/clock';
import { RuntimeError } from '../runtime';
import type { EngineCalls } from './engine-calls';
import { toSandbox } from './observe';
import { SANDBOX_PROGRAM } from './sandbox-image';
import { demux } from './stdio-demux';

/** On one machine an answer is a matter of microseconds; a network that drops packets must not cost much more. */
const DIAL_TIMEOUT_MS = 1_000;

/**
 * A connection to a port of a sandbox. Its address is dialled first, which costs nothing; a program that listens on
 * 127.0.0.1 alone is reached by running the sandbox's own program once more inside the sandbox (see sandbox-program).
 */
export async function connectToPort(
  { calls, clock }: { readonly calls: EngineCalls; readonly clock: Clock },
  sandboxId: string,
  port: number,
): Promise<Duplex> {
  const inspected = await calls.inspect(sandboxId);
  if (inspected === undefined) throw new RuntimeError('NotFound', `No such sandbox: ${sandboxId}`);
  if (!inspected.State.Running) throw new RuntimeError('PortUnreachable', `port ${port}: the sandbox does not run`);
  const host = inspected.HostConfig.NetworkMode === 'host' ? '127.0.0.1' : toSandbox(inspected).ips[0];
  const direct = host === undefined ? undefined : await dial(clock, host, port);
  return direct ?? (await connectInside(calls, sandboxId, port));
}

/** Undefined where nothing answers. */
function dial(clock: Clock, host: string, port: number): Promise<Socket | undefined> {
  return new Promise((resolve) => {
    const socket = connect({ host, port, allowHalfOpen: true });
    const giveUp = (): void => {
      cancel();
      socket.destroy();
      resolve(undefined);
    };
    const cancel = clock.setTimeout(giveUp, DIAL_TIMEOUT_MS);
    socket.once('error', giveUp);
    socket.once('connect', () => {
      cancel();
      socket.off('error', giveUp);
      resolve(socket);
    });
  });
}

async function connectInside(calls: EngineCalls, sandboxId: string, port: number): Promise<Duplex> {
  const command = [SANDBOX_PROGRAM, 'connect', String(port)];
  const execId = await calls.createExec(sandboxId, { command, stdin: true, tty: false });
  const socket = await calls.startExec(execId, false);
  const { stdout } = demux(socket);
  if (!(await takeGreeting(stdout))) {
    socket.destroy();
    throw new RuntimeError('PortUnreachable', `port ${port}: connection refused`);
  }
  return joined(stdout, socket);
}

/** One connection of what is read from `source` and written to `sink`. Ending either half leaves the other. */
function joined(source: Readable, sink: Duplex): Duplex {
  const connection = new Duplex({
    read: () => void source.resume(),
    write: (chunk, encoding, done) => void sink.write(chunk, encoding as BufferEncoding, done),
    final: (done) => void sink.end(done),
    destroy: (error, done) => {
      sink.destroy();
      done(error);
    },
  });
  source.on('data', (chunk) => {
    if (!connection.push(chunk)) source.pause();
  });
  source.on('end', () => connection.push(null));
  return connection;
}

/** The program's one byte that says "connected"; false where it ended without. */
function takeGreeting(stdout: Readable): Promise<boolean> {
  return new Promise((resolve) => {
    const settle = (isConnected: boolean): void => {
      stdout.off('readable', onReadable);
      stdout.off('end', onEnd);
      resolve(isConnected);
    };
    const onReadable = (): void => {
      if (stdout.read(1) !== null) settle(true);
    };
    const onEnd = (): void => settle(false);
    stdout.on('readable', onReadable);
    stdout.on('end', onEnd);
  });
}
