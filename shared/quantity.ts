/**
 * Kubernetes' resource quantities (`500m`, `1.5Gi`, `1e3`), exactly: a count of nano-units, the finest step Kubernetes
 * keeps. Canonical form as k8s.io/apimachinery/pkg/api/resource: what `kubectl get -o yaml` shows after a round trip.
 */
export interface Quantity {
  readonly nanos: bigint;
  readonly format: 'decimal' | 'binary' | 'exponent';
}

export class QuantityError extends Error {
  override readonly name = 'QuantityError';
  constructor() {
    super("quantities must match the regular expression '^([+-]?[0-9.]+)([eEinumkKMGTP]*[-+]?[0-9]*)$'");
  }
}

const NANO = 1_000_000_000n;
const KIBI = 1024n;
/** Kubernetes caps what it parses at the largest int64. */
const MAX_NANOS = (2n ** 63n - 1n) * NANO;

const DECIMAL_SUFFIXES = ['n', 'u', 'm', '', 'k', 'M', 'G', 'T', 'P', 'E'];
const BINARY_SUFFIXES = ['', 'Ki', 'Mi', 'Gi', 'Ti', 'Pi', 'Ei'];
const SYNTAX = /^([+-]?)(\d+\.?\d*|\.\d+)([KMGTPE]i|[numkMGTPE]|[eE][+-]?\d+)?$/;
/** Beyond this power of ten everything is either capped or below a nano-unit. */
const MAX_EXPONENT = 40;

/** Throws `QuantityError`. A number is read by its decimal text. Finer than a nano-unit rounds away from zero. */
export function parseQuantity(text: string | number): Quantity {
  const match = SYNTAX.exec(String(text));
  if (match === null) throw new QuantityError();
  const [, sign = '', digits = '', suffix = ''] = match;
  const [whole = '', fraction = ''] = digits.split('.');
  const mantissa = BigInt(`${whole}${fraction}`);
  const scale = scaleOf(suffix);
  const exponent = clamp(scale.exponent - fraction.length + 9);
  const factor = scale.factor * (exponent >= 0 ? 10n ** BigInt(exponent) : 1n);
  const nanos = exponent >= 0 ? mantissa * factor : divideUp(mantissa * factor, 10n ** BigInt(-exponent));
  const capped = nanos > MAX_NANOS ? MAX_NANOS : nanos;
  return { nanos: sign === '-' ? -capped : capped, format: scale.format };
}

const clamp = (exponent: number): number => Math.min(exponent, MAX_EXPONENT);

function scaleOf(suffix: string): { factor: bigint; exponent: number; format: Quantity['format'] } {
  const binary = BINARY_SUFFIXES.indexOf(suffix);
  if (binary > 0) return { factor: KIBI ** BigInt(binary), exponent: 0, format: 'binary' };
  const decimal = DECIMAL_SUFFIXES.indexOf(suffix);
  if (decimal >= 0) return { factor: 1n, exponent: decimal * 3 - 9, format: 'decimal' };
  return { factor: 1n, exponent: Number(suffix.slice(1)), format: 'exponent' };
}

/** Division that rounds away from zero, as Kubernetes rounds what it cannot keep. */
function divideUp(value: bigint, by: bigint): bigint {
  const quotient = value / by;
  if (value % by === 0n) return quotient;
  return value < 0n ? quotient - 1n : quotient + 1n;
}

export function isQuantity(text: unknown): text is string | number {
  return (typeof text === 'string' || typeof text === 'number') && SYNTAX.test(String(text));
}

/** Canonical: no fraction, the largest suffix that keeps every digit (`1000m` is `1`, `1024Mi` is `1Gi`). */
export function formatQuantity({ nanos, format }: Quantity): string {
  if (nanos === 0n) return '0';
  const magnitude = nanos < 0n ? -nanos : nanos;
  // Below 1024 a binary suffix cannot be written without a fraction.
  if (format === 'binary' && magnitude >= KIBI * NANO) return formatBinary(divideUp(nanos, NANO));
  return formatDecimal(nanos, format === 'exponent');
}

function formatBinary(units: bigint): string {
  let mantissa = units;
  let power = 0;
  while (mantissa % KIBI === 0n && power < BINARY_SUFFIXES.length - 1) {
    mantissa /= KIBI;
    power += 1;
  }
  return `${mantissa}${BINARY_SUFFIXES[power] ?? ''}`;
}

function formatDecimal(nanos: bigint, asExponent: boolean): string {
  let mantissa = nanos;
  let power = 0;
  while (mantissa % 1000n === 0n && power < DECIMAL_SUFFIXES.length - 1) {
    mantissa /= 1000n;
    power += 1;
  }
  const exponent = power * 3 - 9;
  if (asExponent) return exponent === 0 ? `${mantissa}` : `${mantissa}e${exponent}`;
  return `${mantissa}${DECIMAL_SUFFIXES[power] ?? ''}`;
}

export const canonicalQuantity = (text: string | number): string => formatQuantity(parseQuantity(text));

/** Negative, zero or positive, as `a - b`. */
export const compareQuantities = (a: Quantity, b: Quantity): number =>
  a.nanos < b.nanos ? -1 : a.nanos > b.nanos ? 1 : 0;

/** Keeps the format of `a`, or of `b` where `a` is zero. */
export const addQuantities = (a: Quantity, b: Quantity): Quantity => ({
  nanos: a.nanos + b.nanos,
  format: a.nanos === 0n ? b.format : a.format,
});

/** Thousandths, rounded up: `100m` is 100, `2` is 2000. Exact up to 2^53. */
export const milliOf = (text: string | number): number => Number(divideUp(parseQuantity(text).nanos, NANO / 1000n));

/** Whole units, rounded up: the bytes of a memory quantity. Exact up to 2^53. */
export const unitsOf = (text: string | number): number => Number(divideUp(parseQuantity(text).nanos, NANO));

export const quantityOfMilli = (milli: number): Quantity => ({
  nanos: BigInt(Math.ceil(milli)) * (NANO / 1000n),
  format: 'decimal',
});

export const quantityOfBytes = (bytes: number): Quantity => ({
  nanos: BigInt(Math.ceil(bytes)) * NANO,
  format: 'binary',
});
