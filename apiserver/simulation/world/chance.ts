import { seededRandom } from '../../../shared/random';
import type { Random } from '../../../shared/random';

/** Dice for one purpose: what one part draws changes nothing for another. */
export class Chance {
  readonly random: Random;

  constructor(seed: number, purpose: string) {
    let mixed = seed >>> 0;
    for (const letter of purpose) mixed = Math.imul(mixed ^ letter.charCodeAt(0), 0x9e3779b1) >>> 0;
    this.random = seededRandom(mixed);
  }

  /** Whole, from `least` to `most`, both included. */
  between(least: number, most: number): number {
    return least + Math.floor(this.random.next() * (most - least + 1));
  }

  is(share: number): boolean {
    return this.random.next() < share;
  }

  /** Throws Error for an empty list. */
  one<T>(of: readonly T[]): T {
    const index = Math.floor(this.random.next() * of.length);
    if (index >= of.length) throw new Error('nothing to choose from');
    return of[index] as T;
  }

  /** By weight. Throws Error for an empty list. */
  weighed<T>(of: readonly (readonly [weight: number, choice: T])[]): T {
    let at = this.random.next() * of.reduce((sum, [weight]) => sum + weight, 0);
    const [, choice] = of.find(([weight]) => (at -= weight) < 0) ?? this.one(of);
    return choice;
  }
}
