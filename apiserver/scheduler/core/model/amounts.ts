import type { Pod } from '../../../../shared/api/objects';
import { podRequests } from '../../../../shared/pod/pod-resources';
import {
  canonicalQuantity,
  formatQuantity,
  milliOf,
  quantityOfBytes,
  quantityOfMilli,
  unitsOf,
} from '../../../../shared/quantity';

/**
 * Amounts by resource name in whole numbers: milli-CPU for cpu, bytes for memory and storage, a count for the rest.
 * All stay below 2^53 for any machine there is, so sums are exact in whatever order they are made.
 */
export type Amounts = ReadonlyMap<string, number>;

export const amountOf = (name: string, text: string): number => (name === 'cpu' ? milliOf(text) : unitsOf(text));

/** What a pod takes of a node: containers, sidecars, init containers and overhead, as Kubernetes adds them up. */
export const requestsOf = (spec: Pod['spec']): Amounts =>
  new Map([...podRequests(spec)].map(([name, quantity]) => [name, amountOf(name, formatQuantity(quantity))]));

export const amountsOf = (texts: Readonly<Record<string, string>>): Amounts =>
  new Map(Object.entries(texts).map(([name, text]) => [name, amountOf(name, text)]));

/** An amount as a person writes it: `1500m`, `2Gi`, `3`. */
export function formatAmount(name: string, amount: number): string {
  if (name === 'cpu') return formatQuantity(quantityOfMilli(amount));
  const isBytes = name === 'memory' || name.endsWith('storage') || name.startsWith('hugepages-');
  return isBytes ? formatQuantity(quantityOfBytes(amount)) : canonicalQuantity(amount);
}
