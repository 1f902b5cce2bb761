/** A child process that writes to a store as fast as it can and prints each acknowledged write, until it is killed. */
import { systemClock } from '../../shared/clock';
import { silentLogger } from '../../shared/logger';
import { openSqliteStore } from '../../apiserver/store/sqlite/sqlite-store';

const WRITERS = 32;

async function main(directory: string, round: string): Promise<void> {
  const store = await openSqliteStore({ directory, clock: systemClock, logger: silentLogger, keepRevisions: 200 });
  const write = async (writer: number): Promise<never> => {
    for (let count = 0; ; count++) {
      const key = `load/${round}/${writer}/${count % 20}`;
      const value = `${round} ${writer} ${count} ${'x'.repeat(500)}`;
      const { revision } = await store.commit({ compares: [], ops: [{ type: 'put', key, value: Buffer.from(value) }] });
      // One write call a line: what the parent reads was acknowledged before the kill.
      process.stdout.write(`${revision} ${key} ${round} ${writer} ${count}\n`);
    }
  };
  await Promise.all(Array.from({ length: WRITERS }, (_, writer) => write(writer)));
}

main(process.argv[2] ?? '', process.argv[3] ?? '').catch((error: unknown) => {
  process.stderr.write(`${String(error)}\n`);
  process.exit(1);
});
