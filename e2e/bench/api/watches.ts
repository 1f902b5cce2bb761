import { Api } from '../../harness/api';
import { usageOf } from '../process-usage';
import { RawWatch } from '../raw-client';
import { showProgress } from '../report';
import { PODS } from './pods';
import type { Rate } from './rates';
import { clockMs, pause } from './rates';
import type { Target } from './target';

const WRITES = 200;
const WRITERS = 8;
/** So many are opened at once. */
const OPENED = 50;

/** Events delivered a second while every watcher follows the same writes, the writes counted in. */
export async function fanOut(target: Target, watchers: number): Promise<Rate> {
  const { port, pid, credentials } = target;
  const list = await new Api(port, credentials).request('GET', `${PODS}?limit=1`);
  const { resourceVersion } = (JSON.parse(list.body) as { metadata: { resourceVersion: string } }).metadata;
  const open = (): Promise<RawWatch> =>
    RawWatch.open(port, credentials, `${PODS}?watch=true&resourceVersion=${resourceVersion}`);
  const watches: RawWatch[] = [];
  while (watches.length < watchers) {
    showProgress(`${watches.length} of ${watchers} watchers`);
    watches.push(...(await Promise.all(Array.from({ length: Math.min(OPENED, watchers - watches.length) }, open))));
  }
  const connections = await target.open(WRITERS);
  const seen = (): number => watches.reduce((sum, watch) => sum + watch.events, 0);
  const before = usageOf(pid).cpuSeconds;
  const startMs = clockMs();
  let left = WRITES;
  await Promise.all(
    connections.map(async (connection) => {
      while (left-- > 0) await target.create(connection);
    }),
  );
  while (seen() < WRITES * watchers) await pause(5);
  const elapsed = (clockMs() - startMs) / 1_000;
  const cpuMicros = ((usageOf(pid).cpuSeconds - before) / (WRITES * watchers)) * 1e6;
  for (const each of [...connections, ...watches]) each.close();
  return { perSecond: (WRITES * watchers) / elapsed, cpuMicros };
}
