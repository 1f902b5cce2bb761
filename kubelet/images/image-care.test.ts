import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { silentLogger } from '../../shared/logger';
import { FakeClock } from '../../shared/testing/fake-clock';
import type { EventReport, NodeImages } from '../../shared/wire/node-channel';
import type { Supply } from '../eviction/thresholds';
import { FakeRuntime } from '../runtime/fake/fake-runtime';
import { RuntimeError } from '../runtime/runtime';
import { ImageCare } from './image-care';
import { createImageProvider } from './image-provider';
import { ImageRecord } from './image-record';
import { aPod } from '../../shared/testing/builders';

const HOUR_MS = 3_600_000;
/** As the fake engine has it of each image. */
const SIZE_BYTES = 1_000_000;

/** An agent's care for images, on an engine in memory. */
class CaredNode {
  readonly clock = new FakeClock();
  readonly runtime = new FakeRuntime({ clock: this.clock });
  readonly events: EventReport[] = [];
  readonly reported: NodeImages['images'][] = [];
  readonly pods = new Map<string, string>();
  referred: (names: readonly string[]) => Promise<readonly string[]> = () => Promise.resolve([]);
  disk: Supply | undefined = { available: 50 * SIZE_BYTES, capacity: 100 * SIZE_BYTES };
  record: ImageRecord;

  constructor(readonly dataDir: string) {
    this.record = new ImageRecord({ dataDir, logger: silentLogger });
  }

  care(): ImageCare {
    return new ImageCare({
      runtime: this.runtime,
      record: this.record,
      policy: { minimumAgeMs: 120_000, keepPerRepository: 0, pins: [] },
      thresholds: { highPercent: 85, lowPercent: 80 },
      clock: this.clock,
      logger: silentLogger,
      disk: () => Promise.resolve(this.disk),
      podsByImage: () => this.pods,
      referredAmong: (names) => this.referred(names),
      reportEvent: (event) => this.events.push(event),
      reportImages: (images) => this.reported.push(images),
    });
  }

  /** As a pod has it pulled. */
  async pull(...images: readonly string[]): Promise<void> {
    const provider = createImageProvider({
      runtime: this.runtime,
      clock: this.clock,
      logger: silentLogger,
      source: { get: () => Promise.resolve(undefined) },
      onBrought: (image, name) => this.record.notePull(image.id, name, this.clock.now()),
    });
    for (const image of images) {
      this.runtime.addPullable(image);
      const container = { name: 'app', image, imagePullPolicy: 'Always' };
      await provider.ensure({ pod: aPod(), container, onEvent: () => undefined }, new AbortController().signal);
    }
  }

  async present(): Promise<readonly string[]> {
    return (await this.runtime.images()).flatMap(({ tags }) => tags);
  }
}

let node: CaredNode;
beforeEach(() => {
  node = new CaredNode(mkdtempSync(path.join(tmpdir(), 'images-')));
});
afterEach(() => rmSync(node.dataDir, { recursive: true }));

it('removes what it pulled and nobody needs, and nothing that was there before', async () => {
  node.runtime.addImage('built:here');
  node.runtime.addImage('pulled:by-hand');
  await node.pull('pulled:by-hand', 'app:v1', 'app:v2');
  await node.clock.advance(HOUR_MS);
  node.pods.set('app:v2', 'default/web');
  const pruned = await node.care().prune();
  expect(pruned.map(({ image, problem }) => [image.names[0], problem])).toEqual([['app:v1', undefined]]);
  expect(await node.present()).toEqual(['built:here', 'pulled:by-hand', 'app:v2']);
});

it('knows after a restart what an earlier agent pulled and what was pinned', async () => {
  await node.pull('app:v1', 'app:v2');
  await node.care().pin('app:v2', true);
  await node.clock.advance(HOUR_MS);
  node.record = new ImageRecord({ dataDir: node.dataDir, logger: silentLogger });
  await node.record.load();
  await node.care().prune();
  expect(await node.present()).toEqual(['app:v2']);
});

it('takes nothing for its own where its record is damaged', async () => {
  await node.pull('app:v1');
  writeFileSync(path.join(node.dataDir, 'images.json'), '{"pulled": [{');
  await node.clock.advance(HOUR_MS);
  node.record = new ImageRecord({ dataDir: node.dataDir, logger: silentLogger });
  await node.record.load();
  expect(await node.care().prune()).toEqual([]);
});

it('forgets an image that somebody removed: when it comes back, it is theirs', async () => {
  await node.pull('app:v1');
  await node.runtime.removeImage('app:v1');
  await node.care().list();
  node.runtime.addImage('app:v1');
  await node.clock.advance(HOUR_MS);
  expect(await node.care().list()).toMatchObject([{ kept: 'the agent did not pull it' }]);
});

it('keeps what workloads refer to, as far as the server can be asked', async () => {
  await node.pull('app:v1');
  await node.clock.advance(HOUR_MS);
  node.referred = (names) => Promise.resolve(names);
  expect(await node.care().list()).toMatchObject([{ kept: 'a workload refers to it' }]);
  node.referred = () => Promise.reject(new Error('away'));
  expect(await node.care().list()).not.toMatchObject([{ kept: expect.anything() as string }]);
});

describe('a disk that runs full', () => {
  const filled = (usedPercent: number): Supply => ({
    available: (100 - usedPercent) * SIZE_BYTES,
    capacity: 100 * SIZE_BYTES,
  });

  it('is freed down to the low threshold, and no further', async () => {
    await node.pull('a:1', 'b:1', 'c:1', 'd:1', 'e:1', 'f:1', 'g:1');
    await node.clock.advance(HOUR_MS);
    node.disk = filled(85);
    await node.care().collect();
    expect(await node.present()).toEqual(['f:1', 'g:1']);
    expect(node.events).toEqual([]);
  });

  it('is left alone below the high threshold', async () => {
    await node.pull('a:1');
    await node.clock.advance(HOUR_MS);
    node.disk = filled(84);
    await node.care().collect();
    expect(await node.present()).toEqual(['a:1']);
  });

  it('says so where there is not enough to remove, and that it failed where it fails again', async () => {
    await node.pull('a:1');
    await node.clock.advance(HOUR_MS);
    node.disk = filled(90);
    const care = node.care();
    await care.collect();
    const message =
      'Failed to garbage collect required amount of images. Attempted to free 10000000 bytes, but only found 1000000 bytes eligible to free.';
    expect(node.events).toEqual([{ type: 'Warning', reason: 'FreeDiskSpaceFailed', message }]);
    await care.collect();
    expect(node.events.map(({ reason }) => reason)).toEqual([
      'FreeDiskSpaceFailed',
      'FreeDiskSpaceFailed',
      'ImageGCFailed',
    ]);
  });
});

it('goes on to the next where the engine refuses to remove one', async () => {
  await node.pull('a:1', 'b:1');
  await node.clock.advance(HOUR_MS);
  node.runtime.failNext('removeImage', new RuntimeError('Unknown', 'conflict: a container has begun to use it'));
  const pruned = await node.care().prune();
  expect(pruned.map(({ problem }) => problem)).toEqual(['conflict: a container has begun to use it', undefined]);
  expect(await node.present()).toEqual(['a:1']);
});

it('tells the server of its images when they change, fifty at most', async () => {
  for (let at = 0; at < 60; at++) node.runtime.addImage(`app:v${at}`);
  const care = node.care();
  await care.collect();
  await care.collect();
  expect(node.reported.map((images) => images.length)).toEqual([50]);
  expect(node.reported[0]?.[0]).toEqual({ names: ['app:v0'], sizeBytes: SIZE_BYTES });
});
