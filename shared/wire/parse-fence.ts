import type { FenceTerms } from './fence';
import { asInteger, asRecord } from './parse-value';

/** Both ends read it: what a node is told, and what it says that it goes by. */
export const parseFenceTerms = (value: unknown, path: string): FenceTerms => ({
  afterMs: asInteger(asRecord(value, path)['afterMs'], `${path}.afterMs`, { min: 0 }),
});
