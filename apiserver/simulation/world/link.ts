import type { Clock } from '../../../shared/clock';
import type { Random } from '../../../shared/random';

export type Direction = 'toServer' | 'toAgent';

const LATENCY_MS = { least: 1, most: 8 };

/**
 * The network between one machine and the server. Each direction keeps the order of what is sent; while it is cut, what
 * was sent waits, as TCP has it, and arrives when the cut is mended.
 */
export class Link {
  private readonly cut = new Set<Direction>();
  private readonly held: Record<Direction, (() => void)[]> = { toServer: [], toAgent: [] };
  private readonly arrivesMs: Record<Direction, number> = { toServer: 0, toAgent: 0 };

  constructor(
    private readonly clock: Clock,
    private readonly random: Random,
  ) {}

  isCut(direction: Direction): boolean {
    return this.cut.has(direction);
  }

  sever(direction: Direction): void {
    this.cut.add(direction);
  }

  mend(): void {
    this.cut.clear();
    for (const direction of ['toServer', 'toAgent'] as const) {
      for (const arrive of this.held[direction].splice(0)) this.send(direction, arrive);
    }
  }

  send(direction: Direction, arrive: () => void): void {
    const latencyMs = LATENCY_MS.least + this.random.next() * (LATENCY_MS.most - LATENCY_MS.least);
    const nowMs = this.clock.monotonic();
    const arrivesMs = Math.max(this.arrivesMs[direction], nowMs + latencyMs);
    this.arrivesMs[direction] = arrivesMs;
    this.clock.setTimeout(() => {
      if (this.cut.has(direction)) this.held[direction].push(arrive);
      else arrive();
    }, arrivesMs - nowMs);
  }
}
