import type { Socket } from 'node:dgram';
import { createSocket } from 'node:dgram';
import type { RelayFrames } from '../../../shared/wire/pod-network';
import type { Cidr } from '../../../shared/cidr';
import { completeChecksum } from './relay-checksum';
import { packFrames, sourceOf, unpackFrames, vniOf } from './relay-frames';
import { RELAY_SOURCE_PORTS } from './relay-source-ports';
import { VXLAN_PORT } from './vxlan-device';

/** Frames that wait for the turn's end, for one peer; more are dropped, as any network does. */
const MAX_BATCH_BYTES = 192 * 1024;
const LOOPBACK = '127.0.0.1';
/**
 * Where the relay device sends, which is nowhere (the dummy address of RFC 7600): what goes to an address of the machine
 * itself the kernel hands from device to device, and no program sees it. A rule of the node's table brings it to the loopback.
 */
export const RELAY_ADDRESS = '192.0.0.8';

/** A node that is reached through the server. */
export interface RelayPeer {
  readonly nodeName: string;
  /** Of its relay device. */
  readonly vni: number;
  /** It speaks for these addresses alone. */
  readonly block: Cidr;
}

export interface RelaySocketOptions {
  /** Of this node's relay device: frames for others are none of ours. */
  readonly vni: number;
  /** Hands frames to the server. */
  readonly send: (frames: RelayFrames) => void;
}

/** The agent's end of the relay device: what the kernel sends to it goes to the server, and what comes from there to the kernel. */
export class RelaySocket {
  private nodes: ReadonlyMap<number, string> = new Map();
  private blocks: ReadonlyMap<string, Cidr> = new Map();
  private readonly batches = new Map<string, { readonly frames: Uint8Array[]; bytes: number }>();
  private socket: Socket | undefined;

  constructor(private readonly options: RelaySocketOptions) {}

  /** Where the kernel is to send frames; undefined while it is closed. */
  get port(): number | undefined {
    return this.socket?.address().port;
  }

  /** Idempotent. */
  open(): Promise<void> {
    if (this.socket !== undefined) return Promise.resolve();
    const socket = createSocket({ type: 'udp4', recvBufferSize: 1024 * 1024 });
    socket.on('message', (frame, sender) => {
      if (sender.address === LOOPBACK && sender.port <= RELAY_SOURCE_PORTS.last) this.take(frame);
    });
    return new Promise((resolve, reject) => {
      socket.once('error', reject);
      socket.bind(0, LOOPBACK, () => {
        socket.off('error', reject);
        socket.on('error', () => undefined);
        this.socket = socket;
        resolve();
      });
    });
  }

  close(): void {
    this.socket?.close();
    this.socket = undefined;
  }

  setPeers(peers: readonly RelayPeer[]): void {
    this.nodes = new Map(peers.map(({ vni, nodeName }) => [vni, nodeName]));
    this.blocks = new Map(peers.map(({ nodeName, block }) => [nodeName, block]));
  }

  /** From the peer named, by way of the server. */
  deliver({ nodeName, frames }: RelayFrames): void {
    const block = this.blocks.get(nodeName);
    if (block === undefined) return;
    for (const frame of unpackFrames(frames)) {
      const source = sourceOf(frame);
      const isTheirs = source !== undefined && source >= block.first && source < block.first + block.size;
      if (isTheirs && vniOf(frame) === this.options.vni)
        this.socket?.send(frame, VXLAN_PORT, LOOPBACK, () => undefined);
    }
  }

  private take(frame: Buffer): void {
    const nodeName = this.nodes.get(vniOf(frame) ?? 0);
    if (nodeName === undefined) return;
    const batch = this.batches.get(nodeName) ?? { frames: [], bytes: 0 };
    if (batch.bytes + frame.length > MAX_BATCH_BYTES) return;
    completeChecksum(frame);
    batch.frames.push(frame);
    batch.bytes += frame.length;
    this.batches.set(nodeName, batch);
    if (this.batches.size === 1 && batch.frames.length === 1) setImmediate(() => this.flush());
  }

  private flush(): void {
    for (const [nodeName, { frames }] of this.batches) this.options.send({ nodeName, frames: packFrames(frames) });
    this.batches.clear();
  }
}
