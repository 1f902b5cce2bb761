import type { Status } from '../status-error';
import type { StreamCredit, StreamData, StreamEnd } from './node-channel';

/** How a multiplexer sends: an ordered, message-keeping connection. What comes in is handed to `on…` of the multiplexer. */
export interface StreamPort {
  data(message: StreamData): void;
  end(message: StreamEnd): void;
  credit(message: StreamCredit): void;
}

/** Streams of one node open at a time. */
export const MAX_STREAMS = 1_024;

export const SUCCESS: Status = { kind: 'Status', apiVersion: 'v1', metadata: {}, status: 'Success', code: 200 };

/** What the stream's parts do when messages for one of its channels arrive. */
export interface StreamEndpoint {
  /** False when the sender broke the protocol. */
  onData(message: StreamData): boolean;
  onEnd(message: StreamEnd): void;
  onCredit(message: StreamCredit): void;
}
