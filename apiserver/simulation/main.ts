/**
 * Runs clusters on virtual time under random faults and judges them by named invariants.
 *   node dist/apiserver/simulation/main.js --seeds 200 [--from 1] [--workers 2]
 *   node dist/apiserver/simulation/main.js --seed 123          one seed, with its trace
 */
import { fork } from 'node:child_process';
import { availableParallelism } from 'node:os';
import { parseArgs } from 'node:util';
import { testSigningKeys } from '../auth/service-account/testing/test-tokens';
import { loadSchemas } from '../openapi/schemas';
import { simulate } from './simulate';
import type { Shared, Violation } from './world/world';

interface Verdict {
  readonly seed: number;
  readonly violation: Violation | undefined;
  readonly lines: number;
}

const { values } = parseArgs({
  options: {
    seed: { type: 'string' },
    seeds: { type: 'string', default: '200' },
    from: { type: 'string', default: '1' },
    workers: { type: 'string', default: String(availableParallelism()) },
  },
});

const shared = (): Shared => ({ schemas: loadSchemas(), keys: testSigningKeys() });

async function one(seed: number): Promise<void> {
  const { trace, violation } = await simulate(seed, shared());
  for (const line of trace) console.log(line);
  console.log(violation === undefined ? `seed ${seed}: all invariants held` : verdictLine(seed, violation));
  process.exit(violation === undefined ? 0 : 1);
}

const verdictLine = (seed: number, { invariant, message, atMs }: Violation): string =>
  `seed ${seed}: ${invariant} broken at ${(atMs / 1_000).toFixed(3)} s: ${message}`;

/** A worker takes one seed after the other from whoever started it. */
function work(): void {
  const parts = shared();
  // Whoever gave the seeds is gone.
  process.on('disconnect', () => process.exit());
  process.on('message', (seed: number) => {
    void simulate(seed, parts).then(
      ({ violation, trace }) => process.send?.({ seed, violation, lines: trace.length } satisfies Verdict),
      (error: unknown) => {
        const message = error instanceof Error ? (error.stack ?? error.message) : String(error);
        process.send?.({ seed, violation: { invariant: 'no-crash', message, atMs: 0 }, lines: 0 } satisfies Verdict);
      },
    );
  });
}

async function many(first: number, count: number, workers: number): Promise<void> {
  const startedMs = performance.now();
  const broken: Verdict[] = [];
  let next = first;
  let done = 0;
  await Promise.all(
    Array.from(
      { length: Math.min(workers, count) },
      () =>
        new Promise<void>((resolve, reject) => {
          const child = fork(__filename, ['--seeds', '0'], { env: { ...process.env, PINSETTER_SIMULATION: 'worker' } });
          const give = (): void => {
            if (next < first + count) child.send(next++);
            else child.kill();
          };
          child.on('message', (verdict: Verdict) => {
            done += 1;
            if (verdict.violation !== undefined) {
              broken.push(verdict);
              console.log(`${verdictLine(verdict.seed, verdict.violation)}\n  replay: make sim SEED=${verdict.seed}`);
            }
            if (done % 50 === 0) console.log(`${done} of ${count} seeds, ${broken.length} broken`);
            give();
          });
          child.on('error', reject);
          child.on('exit', () => resolve());
          give();
        }),
    ),
  );
  const seconds = ((performance.now() - startedMs) / 1_000).toFixed(1);
  console.log(
    `${done} seeds in ${seconds} s: ${broken.length === 0 ? 'all invariants held' : `${broken.length} broken`}`,
  );
  if (broken.length > 0 || done < count) process.exitCode = 1;
}

if (process.env['PINSETTER_SIMULATION'] === 'worker') work();
else if (values.seed !== undefined) void one(Number(values.seed));
else void many(Number(values.from), Number(values.seeds), Number(values.workers));
