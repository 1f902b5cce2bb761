import { isDeepStrictEqual } from 'node:util';
import type { Clock } from '../../shared/clock';
import type { Logger } from '../../shared/logger';
import type { EventReport, NodeImages } from '../../shared/wire/node-channel';
import type { NodeImage, PrunedImage } from '../../shared/wire/node-images';
import type { Supply } from '../eviction/thresholds';
import type { Runtime } from '../runtime/runtime';
import { RuntimeError } from '../runtime/runtime';
import type { ImagePolicy } from './image-policy';
import { judgeImages } from './image-policy';
import type { ImageRecord } from './image-record';

/** As Kubernetes' kubelet bounds what a node's status names (nodeStatusMaxImages, MaxNamesPerImageInNodeStatus). */
const MAX_IMAGES_IN_STATUS = 50;
const MAX_NAMES_IN_STATUS = 5;

export interface DiskThresholds {
  /** Fuller than this, images go; 100 never. Percent. */
  readonly highPercent: number;
  /** Until it is no fuller than this. Percent. */
  readonly lowPercent: number;
}

export interface ImageCareOptions {
  readonly runtime: Pick<Runtime, 'images' | 'imageUsers' | 'removeImage'>;
  readonly record: ImageRecord;
  readonly policy: ImagePolicy;
  readonly thresholds: DiskThresholds;
  readonly clock: Clock;
  readonly logger: Logger;
  /** Of the disk that images lie on; undefined where that cannot be measured. */
  readonly disk: () => Promise<Supply | undefined>;
  /** Image as a pod of this node names it -> that pod. */
  readonly podsByImage: () => ReadonlyMap<string, string>;
  /** Which of these names workloads of the cluster refer to. */
  readonly referredAmong: (names: readonly string[]) => Promise<readonly string[]>;
  readonly reportEvent: (event: EventReport) => void;
  readonly reportImages: (images: NodeImages['images']) => void;
}

/** Keeps the node's disk from filling with images that nobody needs, and says which ones there are. */
export class ImageCare {
  private hasFailed = false;
  private turn: Promise<unknown> = Promise.resolve();
  private found: readonly NodeImage[] = [];

  constructor(private readonly options: ImageCareOptions) {}

  /** Every image of the engine, those that may go first. */
  list(): Promise<readonly NodeImage[]> {
    return this.inTurn(() => this.judge());
  }

  /** Removes all that nobody needs. */
  prune(): Promise<readonly PrunedImage[]> {
    return this.inTurn(async () => (await this.remove(await this.judge(), Infinity)).pruned);
  }

  /** `name` with a `*` at the end stands for all that begin so. */
  pin(name: string, isPinned: boolean): Promise<void> {
    return this.inTurn(() => this.options.record.pin(name, isPinned));
  }

  /** One look: says what there is, and removes images where the disk is too full. Never rejects. */
  collect(): Promise<void> {
    const { logger, reportEvent } = this.options;
    return this.inTurn(async () => {
      try {
        const images = await this.judge();
        await this.freeDisk(images);
        this.hasFailed = false;
      } catch (error) {
        const message = error instanceof Error ? error.message : String(error);
        logger.warn({ error: message }, 'images could not be collected, tried again later');
        // Once may be a moment's trouble, as an engine that restarts.
        if (this.hasFailed) reportEvent({ type: 'Warning', reason: 'ImageGCFailed', message });
        this.hasFailed = true;
      }
    });
  }

  private async freeDisk(images: readonly NodeImage[]): Promise<void> {
    const { disk, thresholds, logger, reportEvent } = this.options;
    const { highPercent, lowPercent } = thresholds;
    const supply = highPercent >= 100 ? undefined : await disk();
    if (supply === undefined) return;
    const { available, capacity } = supply;
    if (capacity === 0) {
      reportEvent({
        type: 'Warning',
        reason: 'InvalidDiskCapacity',
        message: 'invalid capacity 0 on image filesystem',
      });
      throw new Error('invalid capacity 0 on image filesystem');
    }
    const usedPercent = 100 - Math.floor((available * 100) / capacity);
    if (usedPercent < highPercent) return;
    const wantedBytes = Math.floor((capacity * (100 - lowPercent)) / 100) - available;
    logger.info({ usedPercent, highPercent, wantedBytes }, 'the disk of images is too full, removing images');
    const { freedBytes } = await this.remove(images, wantedBytes);
    if (freedBytes >= wantedBytes) return;
    const message = `Failed to garbage collect required amount of images. Attempted to free ${wantedBytes} bytes, but only found ${freedBytes} bytes eligible to free.`;
    reportEvent({ type: 'Warning', reason: 'FreeDiskSpaceFailed', message });
    throw new Error(message);
  }

  private async judge(): Promise<readonly NodeImage[]> {
    const { runtime, record, policy, clock, podsByImage, referredAmong } = this.options;
    const [images, users] = await Promise.all([runtime.images(), runtime.imageUsers()]);
    await record.keepOnly(new Set(images.map(({ id }) => id)));
    await record.noteUse(users.keys(), clock.now());
    const ours = images.flatMap(({ id, tags }) => {
      const pulled = record.of(id);
      return pulled === undefined ? [] : [...pulled.names, ...tags];
    });
    // A server that cannot be asked keeps nothing: the pods of this node count all the same.
    const referred = ours.length === 0 ? [] : await referredAmong(ours).catch(() => []);
    const judged = judgeImages(
      {
        images,
        pulled: (id) => record.of(id),
        users,
        podsByImage: podsByImage(),
        referred: new Set(referred),
        pins: record.pins,
        nowMs: clock.now(),
      },
      policy,
    );
    this.show(judged);
    return judged;
  }

  /** The least recently used first, until so many bytes are freed. */
  private async remove(
    images: readonly NodeImage[],
    wantedBytes: number,
  ): Promise<{ readonly pruned: readonly PrunedImage[]; readonly freedBytes: number }> {
    const pruned: PrunedImage[] = [];
    let freedBytes = 0;
    for (const image of images.filter(({ kept }) => kept === undefined)) {
      if (freedBytes >= wantedBytes) break;
      const problem = await this.removeOne(image);
      pruned.push({ image, ...(problem === undefined ? {} : { problem }) });
      if (problem === undefined) freedBytes += image.sizeBytes;
    }
    const gone = new Set(pruned.filter(({ problem }) => problem === undefined).map(({ image }) => image.id));
    if (gone.size > 0) this.show(images.filter(({ id }) => !gone.has(id)));
    return { pruned, freedBytes };
  }

  /** Name by name, so that the engine refuses where somebody has begun to use it meanwhile. */
  private async removeOne({ id, names, sizeBytes }: NodeImage): Promise<string | undefined> {
    const { runtime, logger } = this.options;
    try {
      for (const name of names.length === 0 ? [id] : names) await runtime.removeImage(name);
      logger.info({ image: names[0] ?? id, id, sizeBytes }, 'image removed');
      return undefined;
    } catch (error) {
      if (!(error instanceof RuntimeError) || error.kind === 'EngineUnavailable') throw error;
      logger.info({ image: names[0] ?? id, error: error.message }, 'image could not be removed');
      return error.message;
    }
  }

  private show(images: readonly NodeImage[]): void {
    const before = this.inStatus();
    this.found = images;
    const now = this.inStatus();
    if (!isDeepStrictEqual(now, before)) this.options.reportImages(now);
  }

  /** As a node's status shows them: the largest, and not all names of each. */
  inStatus(): NodeImages['images'] {
    return this.found
      .filter(({ names }) => names.length > 0)
      .sort((a, b) => b.sizeBytes - a.sizeBytes || a.id.localeCompare(b.id))
      .slice(0, MAX_IMAGES_IN_STATUS)
      .map(({ names, sizeBytes }) => ({
        names: [...names].sort(digestsFirst).slice(0, MAX_NAMES_IN_STATUS),
        sizeBytes,
      }));
  }

  /** One after the other: two that remove at the same time would count each other's bytes. */
  private inTurn<T>(work: () => Promise<T>): Promise<T> {
    const next = this.turn.then(work);
    this.turn = next.catch(() => undefined);
    return next;
  }
}

const digestsFirst = (a: string, b: string): number => Number(b.includes('@')) - Number(a.includes('@'));
