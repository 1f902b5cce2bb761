import type { Duplex, Readable, Writable } from 'node:stream';
import type { Status } from '../status-error';

/**
 * One stream of the node channel as either end sees it, with backpressure on every channel: what the server's end
 * writes to `stdin` the agent's end reads from `stdin`, and the other way round for stdout and stderr.
 */
export interface ServerStream {
  readonly stdin: Writable;
  readonly stdout: Readable;
  readonly stderr: Readable;
  /** How the stream ended: the agent's final Status, or a Failure (ServiceUnavailable) when the connection broke. Never rejects. */
  readonly result: Promise<Status>;
  resize(size: { readonly width: number; readonly height: number }): void;
  /** Gives up: the agent's end is told and cleans up. Idempotent. */
  close(): void;
}

export interface AgentStream {
  readonly stdin: Readable;
  readonly stdout: Writable;
  readonly stderr: Writable;
  onResize(handler: (size: { readonly width: number; readonly height: number }) => void): void;
  /** Aborts when the server gave the stream up or the connection broke. */
  readonly signal: AbortSignal;
  /** Ends the stream after everything written has been sent. */
  finish(status: Status): void;
}

/** A portForward stream seen as one connection. */
export type ForwardedConnection = Duplex;
