import type { WebSocket } from 'ws';
import type { Clock } from '../../../shared/clock';
import type { Status } from '../../../shared/status-error';
import {
  STREAM_ERROR,
  STREAM_RESIZE,
  STREAM_STDERR,
  STREAM_STDIN,
  STREAM_STDOUT,
} from '../../../shared/wire/node-channel';
import type { ChannelProtocol } from './channel-protocol';
import { outcomeOf } from './channel-protocol';
import { ChannelSocket } from './channel-socket';
import type { CommandClient, StandardStreams, TerminalSize } from './command-client';
import { parseTerminalSize } from './terminal-size';

/** An exec or attach over WebSocket channels. */
export function createWebSocketCommand(
  socket: WebSocket,
  protocol: ChannelProtocol,
  wants: StandardStreams,
  clock: Clock,
): CommandClient {
  let resize: (size: TerminalSize) => void = () => undefined;
  const channels = new ChannelSocket(
    socket,
    protocol,
    ({ channel, data }) => {
      const size = channel === STREAM_RESIZE ? parseTerminalSize(data) : undefined;
      if (size !== undefined) resize(size);
    },
    clock,
  );
  // As Kubernetes does: a first, empty message tells a client that everything is connected.
  channels.send(wants.stdout ? STREAM_STDOUT : wants.stderr ? STREAM_STDERR : STREAM_ERROR, Buffer.alloc(0));
  return {
    ...(wants.stdin ? { stdin: channels.reader(STREAM_STDIN) } : {}),
    ...(wants.stdout ? { stdout: channels.writer(STREAM_STDOUT) } : {}),
    ...(wants.stderr && !wants.tty ? { stderr: channels.writer(STREAM_STDERR) } : {}),
    onResize: (handler) => (resize = handler),
    onGone: (handler) => channels.onGone(handler),
    finish: (status: Status) => {
      const outcome = outcomeOf(status, protocol);
      if (outcome !== undefined) channels.send(STREAM_ERROR, outcome);
      channels.close();
    },
  };
}
