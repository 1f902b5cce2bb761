/**
 * Durable commits a second of 2.5 kB objects, alone and with 64 in flight, beside etcd over gRPC, alternating.
 *   node dist/e2e/bench/store.js [--rounds 5] [--seconds 3] [--json FILE]
 */
import { randomBytes } from 'node:crypto';
import { closeSync, fdatasyncSync, mkdtempSync, openSync, rmSync, writeSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { openSqliteStore } from '../../apiserver/store/sqlite/sqlite-store';
import { systemClock } from '../../shared/clock';
import { silentLogger } from '../../shared/logger';
import { Etcd } from './etcd-client';
import { countFlag, median, publish, quantile, showProgress } from './report';
import { runProgram } from './run-program';

const VALUE_BYTES = 2_500;
const KEYS = 10_000;
const WIDE = 64;

type Put = (key: string, value: Buffer) => Promise<unknown>;

interface Round {
  readonly perSecond: number;
  readonly p50Ms: number;
  readonly p99Ms: number;
}

/** `width` writers put one object after the other until time is up. */
async function load(put: Put, width: number, seconds: number): Promise<Round> {
  const content = randomBytes(VALUE_BYTES);
  const latencies: number[] = [];
  let next = 0;
  const start = performance.now();
  const end = start + seconds * 1_000;
  const writer = async (): Promise<void> => {
    while (performance.now() < end) {
      const before = performance.now();
      // A buffer of its own for each object, as an encoder makes it: one shared by all would be handed over only once.
      await put(`/registry/pods/default/pod-${next++ % KEYS}`, Buffer.from(content));
      latencies.push(performance.now() - before);
    }
  };
  await Promise.all(Array.from({ length: width }, writer));
  const tookSeconds = (performance.now() - start) / 1_000;
  return { perSecond: latencies.length / tookSeconds, p50Ms: median(latencies), p99Ms: quantile(latencies, 0.99) };
}

/** What the disk itself takes to make 4 KiB durable: no lone writer can be faster. */
function syncFloorMs(folder: string): number {
  const file = openSync(path.join(folder, 'floor'), 'w');
  const block = Buffer.alloc(4_096);
  const samples = Array.from({ length: 200 }, () => {
    const before = performance.now();
    writeSync(file, block);
    fdatasyncSync(file);
    return performance.now() - before;
  });
  closeSync(file);
  return median(samples);
}

async function main(argv: readonly string[]): Promise<void> {
  const rounds = countFlag(argv, '--rounds', 5);
  const seconds = countFlag(argv, '--seconds', 3);
  const folder = mkdtempSync(path.join(tmpdir(), 'pinsetter-bench-'));
  const store = await openSqliteStore({ directory: folder, clock: systemClock, logger: silentLogger });
  const etcd = await Etcd.start();
  if (etcd === undefined) process.stderr.write('etcd is not installed, it is left out: apt-get install etcd-server\n');
  try {
    const peers: { readonly name: string; readonly put: Put }[] = [
      { name: 'sqlite', put: (key, value) => store.commit({ compares: [], ops: [{ type: 'put', key, value }] }) },
      ...(etcd === undefined ? [] : [{ name: 'etcd', put: (key: string, value: Buffer) => etcd.put(key, value) }]),
    ];
    const measured = new Map<string, Round[]>();
    for (let round = 0; round < rounds; round++) {
      for (const { name, put } of peers) {
        for (const width of [1, WIDE]) {
          const key = `${name} ${width}`;
          measured.set(key, [...(measured.get(key) ?? []), await load(put, width, seconds)]);
        }
      }
      showProgress(`round ${round + 1} of ${rounds}`);
    }
    showProgress('');
    const summary = (name: string, width: number): Round => {
      const all = measured.get(`${name} ${width}`) ?? [];
      return {
        perSecond: median(all.map((each) => each.perSecond)),
        p50Ms: median(all.map((each) => each.p50Ms)),
        p99Ms: median(all.map((each) => each.p99Ms)),
      };
    };
    const floorMs = syncFloorMs(folder);
    const rows = peers.flatMap(({ name }) =>
      [1, WIDE].map((width) => {
        const { perSecond, p50Ms, p99Ms } = summary(name, width);
        return [name, width, perSecond.toFixed(0), p50Ms.toFixed(2), p99Ms.toFixed(2)];
      }),
    );
    const [lone, grouped] = [summary('sqlite', 1), summary('sqlite', WIDE)];
    publish(
      {
        name: 'store',
        head: ['store', 'in flight', 'commits/s', 'p50 ms', 'p99 ms'],
        rows,
        notes: [
          `medians of ${rounds} alternating rounds of ${seconds} s, ${VALUE_BYTES} byte values over ${KEYS} keys; targets: 15000/s at ${WIDE}, p50 0.5 ms alone`,
          `write + fdatasync of 4 KiB on this disk: ${floorMs.toFixed(2)} ms`,
          ...(etcd === undefined
            ? []
            : [
                `sqlite / etcd: ${(lone.perSecond / summary('etcd', 1).perSecond).toFixed(1)}x alone, ${(grouped.perSecond / summary('etcd', WIDE).perSecond).toFixed(1)}x at ${WIDE}`,
              ]),
        ],
        figures: {
          rounds,
          seconds,
          syncFloorMs: floorMs,
          sqlite: { lone, grouped },
          ...(etcd === undefined ? {} : { etcd: { lone: summary('etcd', 1), grouped: summary('etcd', WIDE) } }),
        },
      },
      argv,
    );
  } finally {
    await etcd?.stop();
    await store.close();
    rmSync(folder, { recursive: true, force: true });
  }
}

runProgram(main);
