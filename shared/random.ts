import { randomFillSync, randomUUID } from 'node:crypto';

/** Randomness, injected so that a run can be repeated from its seed. */
export interface Random {
  /** A float in [0, 1). */
  next(): number;
  /** A version-4 UUID. */
  uid(): string;
  /** `length` characters of the alphabet Kubernetes uses for generated names: no vowels, no look-alikes. */
  suffix(length: number): string;
}

// k8s.io/apimachinery/pkg/util/rand: the alphabet of generateName suffixes.
const SAFE = 'bcdfghjklmnpqrstvwxz2456789';

const suffixOf = (length: number, next: () => number): string =>
  Array.from({ length }, () => SAFE.charAt(Math.floor(next() * SAFE.length))).join('');

/** Numbers drawn from the system at a time: asking for each costs more than all else that is done with it. */
const DRAWN_AT_ONCE = 1_024;

function createSystemRandom(): Random {
  const drawn = new Uint32Array(DRAWN_AT_ONCE);
  let used = DRAWN_AT_ONCE;
  const next = (): number => {
    if (used === DRAWN_AT_ONCE) {
      randomFillSync(drawn);
      used = 0;
    }
    const number = drawn[used] ?? 0;
    used += 1;
    return number / 2 ** 32;
  };
  return { next, uid: () => randomUUID(), suffix: (length) => suffixOf(length, next) };
}

export const systemRandom: Random = createSystemRandom();

/** A repeatable source (mulberry32). Not for secrets. */
export function seededRandom(seed: number): Random {
  let state = seed >>> 0;
  const next = (): number => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
  const hex = (digits: number): string =>
    Array.from({ length: digits }, () => Math.floor(next() * 16).toString(16)).join('');
  return {
    next,
    uid: () => `${hex(8)}-${hex(4)}-4${hex(3)}-8${hex(3)}-${hex(12)}`,
    suffix: (length) => suffixOf(length, next),
  };
}
