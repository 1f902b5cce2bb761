import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { systemClock } from '../../shared/clock';
import { silentLogger } from '../../shared/logger';
import { seededRandom } from '../../shared/random';
import { openSqliteStore } from '../../apiserver/store/sqlite/sqlite-store';

const ROUNDS = 50;
const SEED = 20_261;
const HOOK = path.resolve(__dirname, '../../.config/typescript-hook.cjs');
const LOAD = path.join(__dirname, 'write-load.ts');

jest.setTimeout(180_000);

interface Acknowledged {
  readonly revision: number;
  readonly key: string;
  readonly value: string;
}

/** Lets a child write until it has acknowledged `count` writes, then kills it in the midst of the next. */
async function loadAndKill(directory: string, round: number, count: number): Promise<readonly Acknowledged[]> {
  const child = spawn(process.execPath, ['--require', HOOK, LOAD, directory, String(round)], {
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let text = '';
  let errors = '';
  child.stderr.on('data', (chunk: Buffer) => (errors += chunk.toString()));
  child.stdout.on('data', (chunk: Buffer) => {
    text += chunk.toString();
    if (text.split('\n').length > count) child.kill('SIGKILL');
  });
  const [code] = (await once(child, 'close')) as [number | null];
  if (code !== null) throw new Error(`the load ended by itself (${code}): ${errors}`);
  const whole = text.slice(0, text.lastIndexOf('\n'));
  return whole.split('\n').map((line) => {
    const [revision = '', key = '', ...value] = line.split(' ');
    return { revision: Number(revision), key, value: value.join(' ') };
  });
}

it(`loses no acknowledged write and uses no revision twice over ${ROUNDS} kills (seed ${SEED})`, async () => {
  const directory = mkdtempSync(path.join(tmpdir(), 'pinsetter-crash-'));
  const random = seededRandom(SEED);
  const newest = new Map<string, Acknowledged>();
  const revisions = new Set<number>();
  let highest = 0;
  for (let round = 0; round < ROUNDS; round++) {
    const acknowledged = await loadAndKill(directory, round, 20 + Math.floor(random.next() * 300));
    for (const write of acknowledged) {
      expect(revisions.has(write.revision)).toBe(false);
      expect(write.revision).toBeGreaterThan(highest);
      revisions.add(write.revision);
      if ((newest.get(write.key)?.revision ?? 0) < write.revision) newest.set(write.key, write);
    }
    const store = await openSqliteStore({ directory, clock: systemClock, logger: silentLogger });
    highest = store.revision;
    expect(highest).toBeGreaterThanOrEqual(Math.max(...acknowledged.map(({ revision }) => revision)));
    for (const { revision, key, value } of newest.values()) {
      const kv = await store.get(key);
      // A later write may have reached the disk without its acknowledgement reaching us; an earlier one must not stand there.
      if (kv === undefined) expect(key).toMatch(/^fleeting/);
      else if (kv.modRevision === revision) expect(kv.value.toString().startsWith(value)).toBe(true);
      else expect(kv.modRevision).toBeGreaterThan(revision);
    }
    await store.close();
  }
  expect(revisions.size).toBeGreaterThan(ROUNDS * 20);
  rmSync(directory, { recursive: true });
});
