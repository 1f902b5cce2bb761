import type { RawConnection } from '../raw-client';
import { quantile } from '../report';
import { PODS } from './pods';
import { clockMs, pause } from './rates';
import type { Target } from './target';

const WRITES_PER_SECOND = 200;
const WRITERS = 8;
const BETWEEN_READS_MS = 2;

/** Latency of one GET at a time while writes go on at a steady rate. */
export async function underChurn(
  target: Target,
  seconds: number,
): Promise<{ readonly p50: number; readonly p99: number; readonly writes: number }> {
  const [reader, ...writers] = await target.open(WRITERS + 1);
  if (reader === undefined) throw new Error('no connection');
  const endMs = clockMs() + seconds * 1_000;
  let writes = 0;
  const write = async (connection: RawConnection, index: number): Promise<void> => {
    const everyMs = (1_000 * WRITERS) / WRITES_PER_SECOND;
    for (let due = clockMs() + (index * everyMs) / WRITERS; due < endMs; due += everyMs) {
      if (due > clockMs()) await pause(due - clockMs());
      await target.create(connection);
      writes += 1;
    }
  };
  const times: number[] = [];
  const read = async (): Promise<void> => {
    while (clockMs() < endMs) {
      const startMs = clockMs();
      await reader.request('GET', `${PODS}/bench-1`);
      times.push(clockMs() - startMs);
      await pause(BETWEEN_READS_MS);
    }
  };
  await Promise.all([read(), ...writers.map(write)]);
  for (const each of [reader, ...writers]) each.close();
  return { p50: quantile(times, 0.5), p99: quantile(times, 0.99), writes: writes / seconds };
}
