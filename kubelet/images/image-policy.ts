import type { NodeImage } from '../../shared/wire/node-images';
import type { ImageInfo } from '../runtime/runtime';
import { RuntimeError } from '../runtime/runtime';
import { parseImageName } from './image-name';
import type { PulledImage } from './image-record';

/** A label of an image, or a pin by its name, keeps it whatever else is said. */
export const PIN_LABEL = 'io.pinsetter.image.pin';

export interface ImagePolicy {
  /** An image is no candidate before it has been here so long. */
  readonly minimumAgeMs: number;
  /** Of each repository so many stay, the most recently used ones. */
  readonly keepPerRepository: number;
  /** Names that are never removed; a `*` at the end stands for anything. */
  readonly pins: readonly string[];
}

export interface ImageFacts {
  readonly images: readonly ImageInfo[];
  readonly pulled: (id: string) => PulledImage | undefined;
  /** Image id -> names of the containers that are made of it, whoever made them. */
  readonly users: ReadonlyMap<string, readonly string[]>;
  /** Image as a pod of this node names it -> that pod. */
  readonly podsByImage: ReadonlyMap<string, string>;
  /** As workloads of the cluster name them. */
  readonly referred: ReadonlySet<string>;
  readonly pins: ReadonlySet<string>;
  readonly nowMs: number;
}

/** What is to become of each image, and why: pure. Those that may go come first, the least recently used at the head. */
export function judgeImages(facts: ImageFacts, policy: ImagePolicy): readonly NodeImage[] {
  const podsByImage = new Map([...facts.podsByImage].map(([image, pod]) => [fullName(image), pod]));
  const referred = new Set([...facts.referred].map(fullName));
  const isPin = matcherOf([...policy.pins, ...facts.pins]);
  const lastOfRepositories = lastUsedOf(facts, policy.keepPerRepository);

  const judged = facts.images.map((image): NodeImage => {
    const pulled = facts.pulled(image.id);
    const names = [...image.tags, ...image.digests];
    const isPinned = isPin(names) || image.labels[PIN_LABEL] === 'true';
    const kept = reasonToKeep();
    return {
      id: image.id,
      names,
      sizeBytes: image.sizeBytes,
      isPinned,
      ...(pulled === undefined ? {} : { pulledAtMs: pulled.pulledAtMs, lastUsedAtMs: pulled.lastUsedAtMs }),
      ...(kept === undefined ? {} : { kept }),
    };

    function reasonToKeep(): string | undefined {
      const [container, ...others] = facts.users.get(image.id) ?? [];
      const inFull = names.map(fullName);
      const pod = [image.id, ...inFull].map((name) => podsByImage.get(name)).find((found) => found !== undefined);
      if (pod !== undefined) return `pod ${pod} uses it`;
      if (container !== undefined)
        return `container ${container} uses it${others.length === 0 ? '' : `, and ${others.length} more`}`;
      if (pulled === undefined) return 'the agent did not pull it';
      const own = new Set(pulled.names.map(fullName));
      const foreign = image.tags.find((tag) => !own.has(fullName(tag)));
      if (foreign !== undefined) return `somebody else named it ${foreign}`;
      if (isPinned) return 'it is pinned';
      if ([...own, ...inFull].some((name) => referred.has(name))) return 'a workload refers to it';
      if (facts.nowMs - pulled.pulledAtMs < policy.minimumAgeMs)
        return `it is younger than ${policy.minimumAgeMs / 1_000} s`;
      if (lastOfRepositories.has(image.id)) return `one of the last ${policy.keepPerRepository} of its repository`;
      return undefined;
    }
  });
  const order = ({ kept, lastUsedAtMs = 0, pulledAtMs = 0 }: NodeImage): readonly number[] => [
    kept === undefined ? 0 : 1,
    lastUsedAtMs,
    pulledAtMs,
  ];
  return [...judged].sort((a, b) => compare(order(a), order(b)));
}

function lastUsedOf({ images, pulled }: ImageFacts, count: number): ReadonlySet<string> {
  const byRepository = new Map<string, PulledImage[]>();
  for (const { id, tags, digests } of images) {
    const record = pulled(id);
    if (record === undefined) continue;
    for (const repository of new Set([...tags, ...digests].map(repositoryOf)))
      byRepository.set(repository, [...(byRepository.get(repository) ?? []), record]);
  }
  const kept = [...byRepository.values()].flatMap((records) =>
    records
      .sort((a, b) => b.lastUsedAtMs - a.lastUsedAtMs || b.pulledAtMs - a.pulledAtMs)
      .slice(0, count)
      .map(({ id }) => id),
  );
  return new Set(kept);
}

function matcherOf(pins: readonly string[]): (names: readonly string[]) => boolean {
  const prefixes = pins.filter((pin) => pin.endsWith('*')).map((pin) => pin.slice(0, -1));
  const exact = new Set(pins.filter((pin) => !pin.endsWith('*')).map(fullName));
  return (names) =>
    names.some((name) => exact.has(fullName(name)) || prefixes.some((prefix) => name.startsWith(prefix)));
}

/** `docker.io/library/busybox:latest` for `busybox`. What is no name, as an image's id, stays as it is. */
export function fullName(image: string): string {
  try {
    const { registry, repository, tag, digest } = parseImageName(image);
    return `${registry}/${repository}${digest === undefined ? `:${tag}` : `@${digest}`}`;
  } catch (error) {
    if (error instanceof RuntimeError) return image;
    throw error;
  }
}

const repositoryOf = (image: string): string => fullName(image).replace(/(@|:[^/]*$).*/, '');

function compare(a: readonly number[], b: readonly number[]): number {
  const at = a.findIndex((value, index) => value !== b[index]);
  return at < 0 ? 0 : (a[at] ?? 0) - (b[at] ?? 0);
}
