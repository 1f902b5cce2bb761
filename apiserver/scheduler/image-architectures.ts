import type { ContainerStatus, Pod } from '../../shared/api/objects';
import { IMAGE_FOR_OTHERS } from '../../shared/pod/image-for-others';

/** So long it counts that an image had nothing for a processor: then it may have been published again. */
const REMEMBERED_MS = 600_000;
/** Images of which something is remembered; who was learnt of first goes first. */
const MOST_IMAGES = 2_000;

export const ARCH_LABEL = 'kubernetes.io/arch';

const imagesOf = ({ spec }: Pod): string[] =>
  [...(spec.initContainers ?? []), ...spec.containers].flatMap(({ image }) => (image === undefined ? [] : [image]));

const statusesOf = ({ status }: Pod): readonly ContainerStatus[] => [
  ...(status?.initContainerStatuses ?? []),
  ...(status?.containerStatuses ?? []),
];

/**
 * Which images lack which processors, as nodes found out that were to run them: no registry is asked, so that an image is
 * taken to run anywhere until a node says that it does not.
 */
export class ImageArchitectures {
  /** Until when it counts, by image and architecture. */
  private readonly lacking = new Map<string, Map<string, number>>();

  /** Takes note of what has become of a pod's images on a node of that architecture. Returns whether that is news. */
  learn(pod: Pod, architecture: string, nowMs: number): boolean {
    let isNews = false;
    for (const { name, state, started } of statusesOf(pod)) {
      const image = [...(pod.spec.initContainers ?? []), ...pod.spec.containers].find(
        (each) => each.name === name,
      )?.image;
      if (image === undefined) continue;
      if (state?.waiting?.reason === IMAGE_FOR_OTHERS) isNews = this.note(image, architecture, nowMs) || isNews;
      else if (started === true) isNews = this.forget(image, architecture) || isNews;
    }
    return isNews;
  }

  /** Of these architectures those that all the pod's images are for, as far as is known; undefined: nothing speaks against any. */
  among(architectures: () => Iterable<string>, pod: Pod, nowMs: number): readonly string[] | undefined {
    if (this.lacking.size === 0) return undefined;
    const images = imagesOf(pod).filter((image) => this.lacking.has(image));
    if (images.length === 0) return undefined;
    const all = [...architectures()];
    const left = all.filter((each) => !images.some((image) => (this.lacking.get(image)?.get(each) ?? 0) > nowMs));
    return left.length === all.length ? undefined : left;
  }

  /** When the next of what is known stops counting; undefined: nothing is known. */
  get nextEndMs(): number | undefined {
    const ends = [...this.lacking.values()].flatMap((each) => [...each.values()]);
    return ends.length === 0 ? undefined : Math.min(...ends);
  }

  /** Drops what counts no more. */
  expire(nowMs: number): void {
    for (const [image, ends] of this.lacking) {
      for (const [architecture, endMs] of ends) if (endMs <= nowMs) ends.delete(architecture);
      if (ends.size === 0) this.lacking.delete(image);
    }
  }

  private note(image: string, architecture: string, nowMs: number): boolean {
    const ends = this.lacking.get(image) ?? new Map<string, number>();
    const isNews = !ends.has(architecture);
    ends.set(architecture, nowMs + REMEMBERED_MS);
    this.lacking.set(image, ends);
    const [oldest = ''] = this.lacking.keys();
    if (this.lacking.size > MOST_IMAGES) this.lacking.delete(oldest);
    return isNews;
  }

  private forget(image: string, architecture: string): boolean {
    const ends = this.lacking.get(image);
    if (ends?.delete(architecture) !== true) return false;
    if (ends.size === 0) this.lacking.delete(image);
    return true;
  }
}
