import type { Clock } from '../clock';
import type { RelayFrames } from './pod-network';
import { MAX_RELAY_BYTES } from './pod-network';

/** Frames that wait for room, of all nodes together; more are dropped, as any network does. */
export const MAX_HELD_BYTES = 512 * 1024;
/** While something waits, as often it is looked whether there is room. */
const LOOK_MS = 2;

export interface RelayQueueOptions {
  readonly clock: Clock;
  /** Whether the connection may take a message now. */
  readonly hasRoom: () => boolean;
  readonly send: (frames: RelayFrames) => void;
}

/**
 * Frames on their way to one connection. Where it has no room they wait, and what waits for one node goes as one message: a moment
 * without room is an everyday thing, and TCP in the pods would take each loss for a network that cannot do more. Nodes take turns.
 */
export class RelayQueue {
  private readonly held = new Map<string, Uint8Array[]>();
  private heldBytes = 0;
  private cancelLook: (() => void) | undefined;

  constructor(private readonly options: RelayQueueOptions) {}

  offer({ nodeName, frames }: RelayFrames): void {
    if (frames.length > MAX_RELAY_BYTES || this.heldBytes + frames.length > MAX_HELD_BYTES) return;
    const waiting = this.held.get(nodeName);
    if (waiting === undefined) this.held.set(nodeName, [frames]);
    else waiting.push(frames);
    this.heldBytes += frames.length;
    if (this.cancelLook === undefined) this.drain();
  }

  /** The connection has ended: what waits is lost. */
  clear(): void {
    this.cancelLook?.();
    this.cancelLook = undefined;
    this.held.clear();
    this.heldBytes = 0;
  }

  private drain(): void {
    this.cancelLook = undefined;
    while (this.held.size > 0 && this.options.hasRoom()) this.sendNext();
    if (this.held.size > 0) this.cancelLook = this.options.clock.setTimeout(() => this.drain(), LOOK_MS);
  }

  /** As much as one message carries, to the node that waits longest. */
  private sendNext(): void {
    const [next] = this.held;
    if (next === undefined) return;
    const [nodeName, waiting] = next;
    let [count, bytes] = [0, 0];
    for (const piece of waiting) {
      if (bytes + piece.length > MAX_RELAY_BYTES) break;
      count += 1;
      bytes += piece.length;
    }
    const taken = waiting.splice(0, count);
    this.held.delete(nodeName);
    // Behind the others.
    if (waiting.length > 0) this.held.set(nodeName, waiting);
    this.heldBytes -= bytes;
    this.options.send({ nodeName, frames: Buffer.concat(taken) });
  }
}
