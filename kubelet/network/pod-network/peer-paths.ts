import type { Clock } from '../../../shared/clock';
import type { Logger } from '../../../shared/logger';
import type { Backend, PeerPath } from '../../../shared/wire/pod-network';
import type { WayHealth } from './path-choice';
import { UNKNOWN_WAY, afterAnswer, afterMiss, choosePath, waysToAsk } from './path-choice';
import type { PathProber } from './path-prober';

const ROUND_MS = 2_000;
const ANSWER_MS = 1_000;
/** As often, ways are asked that are worse than the one taken. */
const FULL_ROUND_EVERY = 15;

/** A peer as far as choosing a way to it goes. */
export interface Reachable {
  readonly nodeName: string;
  readonly isLocal: boolean;
  readonly candidates: readonly Backend[];
  readonly ends: Readonly<Record<Backend, string>>;
}

export interface PeerPathsOptions {
  readonly prober: Pick<PathProber, 'ask'>;
  readonly clock: Clock;
  readonly logger: Logger;
  /** A peer is to be reached in another way than before. */
  readonly onChange: () => void;
}

/** Which way is taken to each peer: asks them round after round, and changes to what works. */
export class PeerPaths {
  private peers = new Map<string, Reachable>();
  private readonly paths = new Map<string, PeerPath>();
  private readonly health = new Map<string, WayHealth>();
  private readonly silent = new Set<string>();
  private rounds = 0;
  private isAsking = false;
  private stopAsking: () => void = () => undefined;

  constructor(private readonly options: PeerPathsOptions) {}

  start(): void {
    this.stopAsking = this.options.clock.setInterval(() => void this.round(), ROUND_MS);
  }

  stop(): void {
    this.stopAsking();
  }

  setPeers(peers: readonly Reachable[]): void {
    this.peers = new Map(peers.map((peer) => [peer.nodeName, peer]));
    for (const name of [...this.paths.keys()]) if (!this.peers.has(name)) this.forget(name);
    for (const peer of peers) this.choose(peer);
  }

  pathTo(nodeName: string): PeerPath {
    return this.paths.get(nodeName) ?? 'none';
  }

  /** How many peers are reached in which way. */
  counts(): Readonly<Partial<Record<PeerPath, number>>> {
    const counts: Partial<Record<PeerPath, number>> = {};
    for (const path of this.paths.values()) counts[path] = (counts[path] ?? 0) + 1;
    return counts;
  }

  /** Asks each peer on each way that may work. Public, so that whoever changed the kernel need not wait for the next round. */
  async round(): Promise<void> {
    if (this.isAsking) return;
    this.isAsking = true;
    const isFullRound = this.rounds++ % FULL_ROUND_EVERY === 0;
    try {
      const { prober } = this.options;
      const asked = [...this.peers.values()].flatMap((peer) =>
        waysToAsk(peer.candidates, this.healthOf(peer), this.paths.get(peer.nodeName), isFullRound).map(
          async (backend) => {
            const tookMs = await prober.ask(backend, peer.ends[backend], ANSWER_MS);
            const key = `${peer.nodeName} ${backend}`;
            const before = this.health.get(key) ?? UNKNOWN_WAY;
            this.health.set(key, tookMs === undefined ? afterMiss(before) : afterAnswer(before));
          },
        ),
      );
      await Promise.all(asked);
    } finally {
      this.isAsking = false;
    }
    let isChanged = false;
    for (const peer of this.peers.values()) isChanged = this.choose(peer) || isChanged;
    if (isChanged) this.options.onChange();
  }

  private readonly healthOf =
    (peer: Reachable) =>
    (backend: Backend): WayHealth =>
      this.health.get(`${peer.nodeName} ${backend}`) ?? UNKNOWN_WAY;

  /** Whether the way is another than before. */
  private choose(peer: Reachable): boolean {
    const { nodeName, isLocal, candidates } = peer;
    const before = this.paths.get(nodeName);
    const path = isLocal ? 'local' : choosePath(candidates, this.healthOf(peer), before);
    this.tellSilence(peer, path);
    if (path === before) return false;
    this.paths.set(nodeName, path);
    this.options.logger.info({ peer: nodeName, path, before }, 'pods of that node are reached in another way');
    return true;
  }

  /** Once, when it begins, and once when it ends. */
  private tellSilence(peer: Reachable, path: PeerPath): void {
    const { nodeName } = peer;
    const isSilent = path !== 'local' && path !== 'none' && this.healthOf(peer)(path).misses > 2;
    if (isSilent === this.silent.has(nodeName)) return;
    const { logger } = this.options;
    if (isSilent) {
      this.silent.add(nodeName);
      logger.warn({ peer: nodeName, path, tried: peer.candidates }, 'no way to that node answers');
    } else {
      this.silent.delete(nodeName);
      logger.info({ peer: nodeName, path }, 'that node answers again');
    }
  }

  private forget(nodeName: string): void {
    this.paths.delete(nodeName);
    this.silent.delete(nodeName);
    for (const key of [...this.health.keys()]) if (key.startsWith(`${nodeName} `)) this.health.delete(key);
  }
}
