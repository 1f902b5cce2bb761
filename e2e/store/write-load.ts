/**
 * A child process that writes to a store as fast as it can and prints each acknowledged write, until it is killed: keys that
 * are kept, and fleeting ones that go again.
 */
import { systemClock } from '../../shared/clock';
import { silentLogger } from '../../shared/logger';
import type { Op } from '../../apiserver/store/store';
import { openSqliteStore } from '../../apiserver/store/sqlite/sqlite-store';

const WRITERS = 32;

async function main(directory: string, round: string): Promise<void> {
  const store = await openSqliteStore({ directory, clock: systemClock, logger: silentLogger, keepRevisions: 200 });
  const write = async (writer: number): Promise<never> => {
    // Each begins at another step, so that what goes is written together with what comes.
    for (let count = writer % 4; ; count++) {
      const fleeting = `fleeting/${round}/${writer}`;
      const key = count % 5 < 3 ? `kept/${round}/${writer}/${count % 20}` : fleeting;
      const isDeletion = count % 5 === 4;
      const text = isDeletion ? 'deleted' : `${round} ${writer} ${count}`;
      const op: Op = isDeletion
        ? { type: 'delete', key }
        : { type: 'put', key, value: Buffer.from(`${text} ${'x'.repeat(500)}`) };
      const { revision } = await store.commit({ compares: [], ops: [op] });
      // One write call a line: what the parent reads was acknowledged before the kill.
      process.stdout.write(`${revision} ${key} ${text}\n`);
    }
  };
  await Promise.all(Array.from({ length: WRITERS }, (_, writer) => write(writer)));
}

main(process.argv[2] ?? '', process.argv[3] ?? '').catch((error: unknown) => {
  process.stderr.write(`${String(error)}\n`);
  process.exit(1);
});
