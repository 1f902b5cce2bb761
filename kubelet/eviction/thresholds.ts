import { formatQuantity, isQuantity, quantityOfBytes, unitsOf } from '../../shared/quantity';

/** What a node can run short of, named as Kubernetes' eviction signals are. The order is that of urgency. */
export const SIGNALS = ['memory.available', 'nodefs.available', 'nodefs.inodesFree', 'pid.available'] as const;
export type Signal = (typeof SIGNALS)[number];

/** How much of it there is, and how much is left: bytes, inodes or processes. */
export interface Supply {
  readonly available: number;
  readonly capacity: number;
}
export type Supplies = Readonly<Record<Signal, Supply>>;

/** Less than this is too little. */
export interface Threshold {
  readonly signal: Signal;
  readonly limit: { readonly amount: number } | { readonly share: number };
}

/** Kubernetes' defaults for --eviction-hard. */
export const DEFAULT_EVICTION_HARD = 'memory.available<100Mi,nodefs.available<10%,nodefs.inodesFree<5%';

export class ThresholdError extends Error {
  override readonly name = 'ThresholdError';
}

/** `memory.available<100Mi,nodefs.available<10%`; nothing for an empty text. Throws ThresholdError saying what is wrong. */
export function parseThresholds(text: string): readonly Threshold[] {
  const parts = text.split(',').filter((part) => part.trim() !== '');
  const thresholds = parts.map((part) => parseThreshold(part.trim()));
  const twice = thresholds.find(({ signal }, index) => thresholds.findIndex((each) => each.signal === signal) < index);
  if (twice !== undefined) throw new ThresholdError(`${twice.signal} is given twice`);
  return thresholds;
}

function parseThreshold(text: string): Threshold {
  const [name = '', value = '', ...rest] = text.split('<').map((part) => part.trim());
  const signal = SIGNALS.find((each) => each === name);
  if (value === '' || rest.length > 0)
    throw new ThresholdError(`"${text}" must be SIGNAL<QUANTITY, as memory.available<100Mi`);
  if (signal === undefined) throw new ThresholdError(`"${name}" is none of ${SIGNALS.join(', ')}`);
  if (value.endsWith('%')) {
    const percent = Number(value.slice(0, -1));
    if (!(percent >= 0 && percent <= 100)) throw new ThresholdError(`"${value}" must be from 0% to 100%`);
    return { signal, limit: { share: percent / 100 } };
  }
  if (!isQuantity(value) || unitsOf(value) < 0)
    throw new ThresholdError(`"${value}" must be a quantity above 0 or a percentage`);
  return { signal, limit: { amount: unitsOf(value) } };
}

export const amountOf = ({ limit }: Threshold, { capacity }: Supply): number =>
  'amount' in limit ? limit.amount : Math.floor(capacity * limit.share);

/** Those that are crossed, the most urgent first. */
export const crossed = (thresholds: readonly Threshold[], supplies: Supplies): readonly Threshold[] =>
  SIGNALS.flatMap((signal) => thresholds.filter((threshold) => threshold.signal === signal)).filter(
    (threshold) => supplies[threshold.signal].available < amountOf(threshold, supplies[threshold.signal]),
  );

/** As Events and statuses show an amount of that. */
export const formatAmount = (signal: Signal, amount: number): string =>
  signal === 'memory.available' || signal === 'nodefs.available'
    ? formatQuantity(quantityOfBytes(amount))
    : String(amount);
