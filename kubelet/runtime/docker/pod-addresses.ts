import { formatIpv4, parseIpv4 } from '../../../shared/cidr';
import { RuntimeError } from '../runtime';
import type { EngineNetwork } from './engine-network';

/** Who has which address of a network; the newest last. */
export interface AddressHolder {
  /** Of the container. */
  readonly id: string;
  readonly address: string;
}

/**
 * Which address of a node's network the next sandbox gets. One that was given back comes again only after all others, so
 * that what others still remember of it has gone by then. Knows nothing that the engine could not tell: `learn` is its memory.
 */
export class PodAddresses {
  /** Address -> who has it; empty: a sandbox that is being made. */
  private readonly taken = new Map<number, string>();
  private last: number | undefined;

  constructor(private readonly network: Pick<EngineNetwork, 'name' | 'first' | 'count' | 'kept'>) {}

  /** Who has one, in place of what was known; what is being made stays. */
  learn(holders: readonly AddressHolder[]): void {
    for (const [number, id] of this.taken) if (id !== '') this.taken.delete(number);
    for (const { id, address } of holders) {
      const number = parseIpv4(address);
      if (number !== undefined) this.taken.set(number, id);
    }
    this.last ??= parseIpv4(holders.at(-1)?.address ?? '');
  }

  /** Undefined where all are taken. */
  take(): string | undefined {
    const { first, count, kept } = this.network;
    const offset = this.last === undefined ? 0 : this.last + 1 - first;
    for (let step = 0; step < count; step++) {
      const number = first + ((((offset + step) % count) + count) % count);
      if (kept.has(number) || this.taken.has(number)) continue;
      this.last = number;
      this.taken.set(number, '');
      return formatIpv4(number);
    }
    return undefined;
  }

  /** It is that container's, which was made with it. */
  hold(address: string, id: string): void {
    this.taken.set(parseIpv4(address) ?? 0, id);
  }

  /** Nothing was made with it. */
  giveBack(address: string): void {
    this.taken.delete(parseIpv4(address) ?? 0);
  }

  /** That container is gone. */
  forget(id: string): void {
    for (const [number, holder] of this.taken) if (holder === id) this.taken.delete(number);
  }
}

export const networkFull = (name: string): RuntimeError =>
  new RuntimeError('NetworkFull', `no address of network ${name} is free: all are of pods of this node`);
