import { usageOf } from '../process-usage';
import { median } from '../report';
import { PODS } from './pods';
import { clockMs, pause } from './rates';
import type { Target } from './target';

const ROUNDS = 3;
const SAMPLE_MS = 20;
const shownAs = (kind: string): Record<string, string> => ({
  Accept: `application/json;as=${kind};v=v1;g=meta.k8s.io`,
});

/** Each way in which a client may ask for everything. */
export const WAYS = {
  objects: {},
  'as a table': shownAs('Table'),
  'by metadata': shownAs('PartialObjectMetadataList'),
  compressed: { 'Accept-Encoding': 'gzip' },
} as const;

export interface Listed {
  readonly ms: number;
  readonly cpuMs: number;
  /** What it adds to the server's memory while it runs. */
  readonly extraMiB: number;
}

/** One LIST of everything, the median of three. */
export async function measureList(target: Target, way: keyof typeof WAYS): Promise<Listed> {
  const [connection] = await target.open(1);
  if (connection === undefined) throw new Error('no connection');
  const { pid } = target;
  const samples: Listed[] = [];
  for (let round = 0; round < ROUNDS; round++) {
    await pause(1_000);
    const before = usageOf(pid);
    let peak = before.rssMiB;
    const sampling = setInterval(() => (peak = Math.max(peak, usageOf(pid).rssMiB)), SAMPLE_MS);
    const startMs = clockMs();
    await connection.request('GET', PODS, undefined, WAYS[way]);
    const ms = clockMs() - startMs;
    clearInterval(sampling);
    const after = usageOf(pid);
    samples.push({
      ms,
      cpuMs: (after.cpuSeconds - before.cpuSeconds) * 1_000,
      extraMiB: Math.max(peak, after.rssMiB) - before.rssMiB,
    });
  }
  connection.close();
  const middle = (field: keyof Listed): number => median(samples.map((sample) => sample[field]));
  return { ms: middle('ms'), cpuMs: middle('cpuMs'), extraMiB: middle('extraMiB') };
}
