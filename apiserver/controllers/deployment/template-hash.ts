import type { PodTemplate } from '../../kinds/pod-template/pod-template';

export const HASH_LABEL = 'pod-template-hash';
/** Letters and digits that cannot form words, and are easily told apart (k8s.io/apimachinery util/rand). */
const SAFE = 'bcdfghjklmnpqrstvwxz2456789';

/** The label and name suffix of a template's ReplicaSet: FNV-1a of the template and the collision count, in safe letters. */
export function templateHash(template: PodTemplate, collisionCount: number): string {
  let hash = 0x811c9dc5;
  for (const byte of Buffer.from(`${JSON.stringify(sorted(template))}${collisionCount === 0 ? '' : collisionCount}`)) {
    hash = Math.imul(hash ^ byte, 0x01000193) >>> 0;
  }
  return [...String(hash)].map((digit) => SAFE.charAt(digit.charCodeAt(0) % SAFE.length)).join('');
}

function sorted(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sorted);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value)
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([key, child]) => [key, sorted(child)]),
  );
}
