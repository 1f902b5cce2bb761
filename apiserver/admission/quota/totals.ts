import type { Resources } from '../../../shared/pod/pod-resources';
import type { Quantity } from '../../../shared/quantity';
import { addQuantities } from '../../../shared/quantity';

const NONE: Quantity = { nanos: 0n, format: 'decimal' };

/** Exact sums by name, of what is added and taken away again. */
export class Totals {
  private readonly sums = new Map<string, Quantity>();

  of(name: string): Quantity {
    return this.sums.get(name) ?? NONE;
  }

  add(amounts: Resources): void {
    for (const [name, quantity] of amounts) this.sums.set(name, addQuantities(this.of(name), quantity));
  }

  subtract(amounts: Resources): void {
    for (const [name, { nanos }] of amounts) {
      const { nanos: before, format } = this.of(name);
      this.sums.set(name, { nanos: before - nanos, format });
    }
  }

  clear(): void {
    this.sums.clear();
  }
}
