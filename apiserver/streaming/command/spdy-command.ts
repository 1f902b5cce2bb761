import type { Duplex } from 'node:stream';
import type { Clock } from '../../../shared/clock';
import type { Status } from '../../../shared/status-error';
import { SpdyConnection } from '../spdy/spdy-connection';
import type { SpdyStream } from '../spdy/spdy-stream';
import type { CommandClient, StandardStreams, TerminalSize } from './command-client';
import { parseTerminalSize } from './terminal-size';

/** As long as Kubernetes waits for the streams that an upgraded client must open. */
const STREAMS_TIMEOUT_MS = 30_000;
const MAX_SIZE_BYTES = 1_024;

export const SPDY_COMMAND_PROTOCOL = 'v4.channel.k8s.io';

/**
 * An exec or attach over SPDY: the client opens one stream for each of its standard streams, one for the outcome and, with
 * a terminal, one for its sizes. Undefined where it does not open them all in time, or goes before.
 */
export function acceptSpdyCommand(
  socket: Duplex,
  wants: StandardStreams,
  clock: Clock,
): Promise<CommandClient | undefined> {
  const awaited = new Set(namesOf(wants));
  const streams = new Map<string, SpdyStream>();
  return new Promise((resolve) => {
    const onGone: (() => void)[] = [];
    let isGone = false;
    const connection: SpdyConnection = new SpdyConnection(socket, {
      clock,
      onStream: (stream) => {
        const name = stream.headers['streamtype'] ?? '';
        if (!awaited.delete(name)) return false;
        streams.set(name, stream);
        if (awaited.size === 0) {
          cancelTimeout();
          resolve(clientOf(connection, streams, (handler) => (isGone ? handler() : void onGone.push(handler))));
        }
        return true;
      },
      onClose: () => {
        isGone = true;
        cancelTimeout();
        resolve(undefined);
        for (const handler of onGone.splice(0)) handler();
      },
    });
    const cancelTimeout = clock.setTimeout(() => connection.destroy(), STREAMS_TIMEOUT_MS);
  });
}

const namesOf = ({ stdin, stdout, stderr, tty }: StandardStreams): readonly string[] => [
  'error',
  ...(stdin ? ['stdin'] : []),
  ...(stdout ? ['stdout'] : []),
  ...(stderr && !tty ? ['stderr'] : []),
  ...(tty ? ['resize'] : []),
];

function clientOf(
  connection: SpdyConnection,
  streams: ReadonlyMap<string, SpdyStream>,
  onGone: (handler: () => void) => void,
): CommandClient {
  const stdin = streams.get('stdin');
  const stdout = streams.get('stdout');
  const stderr = streams.get('stderr');
  const outcome = streams.get('error');
  // Nothing is expected from the client here, not even its end must wait for a reader.
  for (const stream of [stdout, stderr, outcome]) stream?.resume();
  return {
    ...(stdin === undefined ? {} : { stdin }),
    ...(stdout === undefined ? {} : { stdout }),
    ...(stderr === undefined ? {} : { stderr }),
    onResize: (handler) => onSizes(streams.get('resize'), handler),
    onGone,
    finish: (status: Status) => {
      outcome?.end(JSON.stringify(status), () => connection.close());
      outcome?.once('close', () => connection.close());
    },
  };
}

/** The resize stream is JSON objects, one behind the other with or without a line's end between them. */
function onSizes(stream: SpdyStream | undefined, handler: (size: TerminalSize) => void): void {
  let text = '';
  stream?.on('data', (chunk: Buffer) => {
    text += chunk.toString('latin1');
    for (let end = text.indexOf('}'); end !== -1; end = text.indexOf('}')) {
      const size = parseTerminalSize(Buffer.from(text.slice(0, end + 1)));
      text = text.slice(end + 1);
      if (size !== undefined) handler(size);
    }
    if (text.length > MAX_SIZE_BYTES) text = '';
  });
}
