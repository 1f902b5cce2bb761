import type { Readable, Writable } from 'node:stream';
import { finished } from 'node:stream/promises';
import type { Status } from '../../../shared/status-error';
import type { ServerStream } from '../../../shared/wire/byte-stream';

export interface TerminalSize {
  readonly width: number;
  readonly height: number;
}

/** Which of its standard streams the client asked for. */
export interface StandardStreams {
  readonly stdin: boolean;
  readonly stdout: boolean;
  readonly stderr: boolean;
  readonly tty: boolean;
}

/** The client's end of an exec or attach, whichever protocol it speaks. Streams it did not ask for are absent. */
export interface CommandClient {
  readonly stdin?: Readable;
  readonly stdout?: Writable;
  readonly stderr?: Writable;
  onResize(handler: (size: TerminalSize) => void): void;
  /** Called once the client is gone, also where it was gone already. */
  onGone(handler: () => void): void;
  /** Tells the outcome behind all output, then closes. */
  finish(status: Status): void;
}

/** Connects a client with the node's end of its command until either goes. Never rejects. */
export async function relayCommand(client: CommandClient, stream: ServerStream): Promise<void> {
  client.onGone(() => stream.close());
  client.onResize((size) => stream.resize(size));
  relayInput(client.stdin, stream.stdin);
  await Promise.all([relayOutput(stream.stdout, client.stdout), relayOutput(stream.stderr, client.stderr)]);
  client.finish(await stream.result);
}

function relayInput(from: Readable | undefined, to: Writable): void {
  if (from === undefined) {
    to.end();
    return;
  }
  from.pipe(to);
  // A command that reads no more must not hold up what else the client says on the same connection.
  to.once('close', () => {
    from.unpipe(to);
    from.resume();
  });
}

/** Resolves once all of `from` has left for the client, or one of both is gone. */
async function relayOutput(from: Readable, to: Writable | undefined): Promise<void> {
  if (to === undefined) {
    from.resume();
    return;
  }
  from.pipe(to);
  to.once('close', () => from.destroy());
  await Promise.all([finished(from), finished(to, { readable: false })]).catch(() => to.end());
}
