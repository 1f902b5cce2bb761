import { FakeClock } from '../../shared/testing/fake-clock';
import { FakeRuntime } from '../runtime/fake/fake-runtime';
import type { ContainerStats } from '../runtime/runtime';
import { createPodUsage } from './pod-usage';

const IDENTITY = { uid: 'uid-web', namespace: 'default', name: 'web' };
const SECOND_OF_CPU = 1_000_000_000;

let clock: FakeClock;
let figures: Map<string, Pick<ContainerStats, 'cpuNanoseconds' | 'memoryBytes'>>;
let readings: number;
let runtime: FakeRuntime;

beforeEach(() => {
  clock = new FakeClock();
  figures = new Map([['c1', { cpuNanoseconds: 5 * SECOND_OF_CPU, memoryBytes: 1_000 }]]);
  readings = 0;
  runtime = new FakeRuntime({ clock });
  runtime.stats = (ids) => {
    readings += 1;
    const sampledAtMs = clock.now();
    return Promise.resolve(
      ids.flatMap((id) => {
        const found = figures.get(id);
        return found === undefined ? [] : [{ id, sampledAtMs, ...found }];
      }),
    );
  };
});

const reader = (...names: readonly string[]) =>
  createPodUsage({
    runtime,
    clock,
    pods: () => [{ identity: IDENTITY, containers: names.map((name, index) => ({ id: `c${index + 1}`, name })) }],
  });

const use = (nanoseconds: number): void =>
  void figures.set('c1', {
    cpuNanoseconds: (figures.get('c1')?.cpuNanoseconds ?? 0) + nanoseconds,
    memoryBytes: 2_000,
  });

it('measures a second when it is asked for the first time', async () => {
  const usage = reader('app').read();
  await clock.advance(500);
  use(SECOND_OF_CPU / 4);
  await clock.advance(500);
  expect(await usage).toEqual([{ ...IDENTITY, containers: [{ name: 'app', cpuMilli: 250, memoryBytes: 2_000 }] }]);
});

it('tells the average since the reading before', async () => {
  const pods = reader('app');
  const first = pods.read();
  await clock.advance(1_000);
  await first;
  use(15 * SECOND_OF_CPU);
  await clock.advance(10_000);
  const usage = pods.read();
  await clock.advance(0);
  expect((await usage)[0]?.containers[0]?.cpuMilli).toBe(1_500);
  expect(clock.pending).toBe(0);
});

it('measures anew when the reading before is long ago', async () => {
  const pods = reader('app');
  const first = pods.read();
  await clock.advance(1_000);
  await first;
  use(100 * SECOND_OF_CPU);
  await clock.advance(120_000);
  const usage = pods.read();
  await clock.advance(1_000);
  expect((await usage)[0]?.containers[0]?.cpuMilli).toBe(0);
});

it('reads once for all who ask at the same time', async () => {
  const pods = reader('app');
  const both = Promise.all([pods.read(), pods.read()]);
  await clock.advance(1_000);
  const [one, other] = await both;
  expect(one).toBe(other);
  expect(readings).toBe(2);
});

it('leaves out a container that ended meanwhile, and counts a restarted one from 0', async () => {
  const pods = reader('app', 'gone');
  const first = pods.read();
  await clock.advance(1_000);
  expect((await first)[0]?.containers.map(({ name }) => name)).toEqual(['app']);
  figures.set('c1', { cpuNanoseconds: 0, memoryBytes: 1 });
  await clock.advance(5_000);
  expect((await pods.read())[0]?.containers).toEqual([{ name: 'app', cpuMilli: 0, memoryBytes: 1 }]);
});
