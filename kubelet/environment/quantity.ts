// Suffixes of k8s.io/apimachinery/pkg/api/resource.Quantity.
const SCALE: Readonly<Record<string, number>> = {
  n: 1e-9,
  u: 1e-6,
  m: 1e-3,
  '': 1,
  k: 1e3,
  M: 1e6,
  G: 1e9,
  T: 1e12,
  P: 1e15,
  E: 1e18,
  Ki: 2 ** 10,
  Mi: 2 ** 20,
  Gi: 2 ** 30,
  Ti: 2 ** 40,
  Pi: 2 ** 50,
  Ei: 2 ** 60,
};

const QUANTITY = /^([+-]?(?:\d+\.?\d*|\.\d+))(?:([eE][+-]?\d+)|([numkMGTPE]i?|))$/;

/** The number of thousandths a quantity stands for, rounded up; 0 for what is no quantity (the server refused it). */
export function milliOf(quantity: string | undefined): number {
  const match = QUANTITY.exec(quantity ?? '0');
  if (match === null) return 0;
  const [, digits = '0', exponent = '', suffix = ''] = match;
  const value = Number(digits + exponent) * (SCALE[suffix] ?? 0) * 1000;
  // Binary fractions such as 0.1 * 1000 must not round up to one thousandth more.
  return Math.ceil(Number(value.toPrecision(15)));
}

/** The whole number a quantity stands for, rounded up. */
export const unitsOf = (quantity: string | undefined): number => Math.ceil(milliOf(quantity) / 1000);
