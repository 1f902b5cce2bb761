import type { Pod } from '../../shared/api/objects';
import type { Clock } from '../../shared/clock';
import type { Client } from '../registry/client';
import type { Alarms } from './alarms';
import type { PodExtras } from './core/model/node-demand';
import type { NodeTable } from './core/model/node-table';
import { ARCH_LABEL, ImageArchitectures } from './image-architectures';
import { volumesOf } from './volume-demands';

export interface ExtrasOptions {
  readonly client: Client;
  readonly clock: Clock;
  readonly alarms: Alarms;
  readonly nodes: () => NodeTable;
  /** Pods may go elsewhere than it was thought. */
  readonly onNews: () => void;
}

/** What pods ask for that their own objects do not say: where their volumes are, and which processors their images are for. */
export class ExtrasSource {
  private readonly images = new ImageArchitectures();

  constructor(private readonly options: ExtrasOptions) {}

  of(pod: Pod): PodExtras {
    const architectures = this.images.among(() => this.architectures(), pod, this.options.clock.now());
    return { ...volumesOf(pod, this.options.client), ...(architectures === undefined ? {} : { architectures }) };
  }

  /** Takes note of what became of a pod's images on its node. */
  learnFrom(pod: Pod): void {
    const { clock, alarms, onNews } = this.options;
    const nodes = this.options.nodes();
    const node = nodes.slotOf(pod.spec.nodeName ?? '');
    const architecture = node === undefined ? undefined : nodes.facts[node]?.labels[ARCH_LABEL];
    if (architecture === undefined || !this.images.learn(pod, architecture, clock.now())) return;
    onNews();
    const forget = (): void => {
      this.images.expire(clock.now());
      onNews();
      const nextMs = this.images.nextEndMs;
      if (nextMs !== undefined) alarms.ring('images', nextMs, forget);
    };
    const endMs = this.images.nextEndMs;
    if (endMs !== undefined) alarms.ring('images', endMs, forget);
  }

  private architectures(): Set<string> {
    return new Set(this.options.nodes().facts.flatMap((each) => each?.labels[ARCH_LABEL] ?? []));
  }
}
