import { mkdir, readFile, rename, writeFile } from 'node:fs/promises';
import path from 'node:path';
import type { FenceTerms } from '../../shared/wire/fence';
import { asInteger, asRecord, asString } from '../../shared/wire/parse-value';
import { hasCode } from '../volumes/volume-error';

/** What an agent leaves to the one after it. */
export interface KeptLease {
  /** It counts for this boot alone: after another, nothing runs that it was about. */
  readonly bootId: string;
  readonly terms: FenceTerms;
  /** The machine's uptime when the last beat was sent that the server answered. */
  readonly renewedUptimeMs: number;
}

const fileIn = (dataDir: string): string => path.join(dataDir, 'server-lease.json');

/** Undefined where there is none that can be read: a server will tell again. */
export async function readLease(dataDir: string): Promise<KeptLease | undefined> {
  try {
    const kept = asRecord(JSON.parse(await readFile(fileIn(dataDir), 'utf8')), 'lease');
    return {
      bootId: asString(kept['bootId'], 'bootId'),
      terms: { afterMs: asInteger(kept['afterMs'], 'afterMs', { min: 1 }) },
      renewedUptimeMs: asInteger(kept['renewedUptimeMs'], 'renewedUptimeMs', { min: 0 }),
    };
  } catch (error) {
    if (hasCode(error, 'ENOENT') || error instanceof SyntaxError) return undefined;
    throw error;
  }
}

export async function writeLease(dataDir: string, { bootId, terms, renewedUptimeMs }: KeptLease): Promise<void> {
  const file = fileIn(dataDir);
  await mkdir(dataDir, { recursive: true });
  const kept = { bootId, afterMs: terms.afterMs, renewedUptimeMs: Math.floor(renewedUptimeMs) };
  await writeFile(`${file}.new`, JSON.stringify(kept), { mode: 0o600 });
  await rename(`${file}.new`, file);
}
