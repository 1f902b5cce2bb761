import type { Duplex } from 'node:stream';
import type { Clock } from '../../../shared/clock';
import { SpdyConnection } from '../spdy/spdy-connection';
import type { SpdyStream } from '../spdy/spdy-stream';
import type { ForwardTarget } from './forward-connection';
import { forwardConnection, parsePort } from './forward-connection';

export const SPDY_PORT_FORWARD_PROTOCOL = 'portforward.k8s.io';

/** As long as Kubernetes waits for the second stream of a pair. */
const PAIR_TIMEOUT_MS = 30_000;

interface HalfPair {
  readonly stream: SpdyStream;
  readonly isError: boolean;
  readonly cancelTimeout: () => void;
}

/**
 * Port-forwarding over SPDY: for each connection the client opens two streams with one request id, `data` for the bytes
 * and `error` for what goes wrong, whose end tells the client that the connection is over.
 */
export function serveSpdyPortForward(transport: Duplex, target: ForwardTarget, clock: Clock): void {
  const halves = new Map<string, HalfPair>();
  const onStream = (stream: SpdyStream): boolean => {
    const type = stream.headers['streamtype'];
    const port = parsePort(stream.headers['port']);
    if (port === undefined || (type !== 'error' && type !== 'data')) return false;
    const requestId = stream.headers['requestid'] ?? '';
    const isError = type === 'error';
    const other = halves.get(requestId);
    if (other === undefined) {
      const cancelTimeout = clock.setTimeout(() => stream.destroy(), PAIR_TIMEOUT_MS);
      halves.set(requestId, { stream, isError, cancelTimeout });
      stream.once('close', () => {
        cancelTimeout();
        if (halves.get(requestId)?.stream === stream) halves.delete(requestId);
      });
      return true;
    }
    if (other.isError === isError) return false;
    halves.delete(requestId);
    other.cancelTimeout();
    void forwardPair(target, port, isError ? other.stream : stream, isError ? stream : other.stream);
    return true;
  };
  new SpdyConnection(transport, { clock, onStream, onClose: () => undefined });
}

async function forwardPair(target: ForwardTarget, port: number, data: SpdyStream, error: SpdyStream): Promise<void> {
  error.resume();
  const problem = await forwardConnection(target, port, data);
  if (problem === undefined) error.end();
  else error.end(problem);
}
