import type { Environment } from '@marcbachmann/cel-js';
import type { Quantity } from '../../../shared/quantity';
import { isQuantity, parseQuantity } from '../../../shared/quantity';

const NANO = 1_000_000_000n;

/** A resource quantity as a CEL value. */
class CelQuantity {
  constructor(readonly quantity: Quantity) {}
}

const TYPE = 'kubernetes.Quantity';

/** k8s.io/apiserver/pkg/cel/library: quantity */
export function addQuantities(environment: Environment): void {
  environment.registerType(TYPE, { ctor: CelQuantity, fields: {} });
  const of = ({ quantity }: CelQuantity): bigint => quantity.nanos;
  const sum = (a: CelQuantity, nanos: bigint): CelQuantity => new CelQuantity({ ...a.quantity, nanos: of(a) + nanos });
  const functions: Readonly<Record<string, (...args: never[]) => unknown>> = {
    [`quantity(string): ${TYPE}`]: (text: string) => new CelQuantity(parseQuantity(text)),
    'isQuantity(string): bool': (text: string) => isQuantity(text),
    [`${TYPE}.compareTo(${TYPE}): int`]: (a: CelQuantity, b: CelQuantity) => signOf(of(a) - of(b)),
    [`${TYPE}.isLessThan(${TYPE}): bool`]: (a: CelQuantity, b: CelQuantity) => of(a) < of(b),
    [`${TYPE}.isGreaterThan(${TYPE}): bool`]: (a: CelQuantity, b: CelQuantity) => of(a) > of(b),
    [`${TYPE}.sign(): int`]: (a: CelQuantity) => signOf(of(a)),
    [`${TYPE}.isInteger(): bool`]: (a: CelQuantity) => of(a) % NANO === 0n,
    [`${TYPE}.asInteger(): int`]: (a: CelQuantity) => {
      if (of(a) % NANO !== 0n) throw new Error('cannot convert value to integer');
      return of(a) / NANO;
    },
    [`${TYPE}.asApproximateFloat(): double`]: (a: CelQuantity) => Number(of(a)) / Number(NANO),
    [`${TYPE}.add(${TYPE}): ${TYPE}`]: (a: CelQuantity, b: CelQuantity) => sum(a, of(b)),
    [`${TYPE}.add(int): ${TYPE}`]: (a: CelQuantity, b: bigint) => sum(a, b * NANO),
    [`${TYPE}.sub(${TYPE}): ${TYPE}`]: (a: CelQuantity, b: CelQuantity) => sum(a, -of(b)),
    [`${TYPE}.sub(int): ${TYPE}`]: (a: CelQuantity, b: bigint) => sum(a, -b * NANO),
  };
  for (const [signature, handler] of Object.entries(functions))
    environment.registerFunction(signature, handler as never);
}

const signOf = (value: bigint): bigint => (value > 0n ? 1n : value < 0n ? -1n : 0n);
