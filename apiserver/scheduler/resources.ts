import type { Node, Pod } from '../../shared/api/objects';
import { podRequests } from '../../shared/pod/pod-resources';
import {
  canonicalQuantity,
  formatQuantity,
  milliOf,
  quantityOfBytes,
  quantityOfMilli,
  unitsOf,
} from '../../shared/quantity';

/**
 * Amounts by resource name in whole numbers: milli-CPU for cpu, bytes for memory and storage, a count for the rest.
 * All stay below 2^53 for any machine there is.
 */
export type Resources = ReadonlyMap<string, number>;

/** What a pod without requests counts as in scores, as in kube-scheduler (GetNonzeroRequests). */
const SMALL_CPU_MILLI = 100;
const SMALL_MEMORY_BYTES = 200 * 2 ** 20;

const amountOf = (name: string, text: string): number => (name === 'cpu' ? milliOf(text) : unitsOf(text));

/** What pods take of a node. Objects of the registry are frozen, so what was worked out for a spec stays true. */
export class PodRequests {
  private readonly known = new WeakMap<Pod['spec'], Resources>();

  of(pod: Pod): Resources {
    const known = this.known.get(pod.spec);
    if (known !== undefined) return known;
    const requests = new Map(
      [...podRequests(pod.spec)].map(([name, quantity]) => [name, amountOf(name, formatQuantity(quantity))]),
    );
    this.known.set(pod.spec, requests);
    return requests;
  }
}

/** Requests as scores see them. */
export function weightsOf(requests: Resources): Resources {
  if (requests.has('cpu') && requests.has('memory')) return requests;
  return new Map([['cpu', SMALL_CPU_MILLI], ['memory', SMALL_MEMORY_BYTES], ...requests]);
}

export function allocatableOf(node: Node): Resources {
  const amounts = node.status?.allocatable ?? node.status?.capacity ?? {};
  return new Map(Object.entries(amounts).map(([name, text]) => [name, amountOf(name, text)]));
}

/** The largest fraction of any resource; what the node or cluster does not have at all counts as everything of it. */
export function dominantShare(amounts: Resources, capacity: Resources): number {
  let share = 0;
  for (const [name, amount] of amounts) {
    if (amount === 0) continue;
    const all = capacity.get(name) ?? 0;
    share = Math.max(share, all === 0 ? 1 : amount / all);
  }
  return share;
}

export function sumOf(list: readonly Resources[]): Resources {
  const total = new Map<string, number>();
  for (const each of list) addInto(total, each);
  return total;
}

export function addInto(total: Map<string, number>, amounts: Resources): void {
  for (const [name, amount] of amounts) total.set(name, (total.get(name) ?? 0) + amount);
}

export function subtractFrom(total: Map<string, number>, amounts: Resources): void {
  for (const [name, amount] of amounts) total.set(name, (total.get(name) ?? 0) - amount);
}

/** An amount as a person writes it: `1500m`, `2Gi`, `3`. */
export function formatResource(name: string, amount: number): string {
  if (name === 'cpu') return formatQuantity(quantityOfMilli(amount));
  const isBytes = name === 'memory' || name.endsWith('storage') || name.startsWith('hugepages-');
  return isBytes ? formatQuantity(quantityOfBytes(amount)) : canonicalQuantity(amount);
}
