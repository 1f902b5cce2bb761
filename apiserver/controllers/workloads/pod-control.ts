import type { ApiObject, Pod } from '../../../shared/api/objects';
import { messageOf } from '../../../shared/message-of';
import { isConflict, isNotFound } from '../../../shared/status-error';
import type { EventRecorder, EventText } from '../../events/event-recorder';
import type { PodTemplate } from '../../kinds/pod-template/pod-template';
import type { Client } from '../../registry/client';
import { keyOf } from '../../registry/client';
import { isNamespaceTerminating } from '../terminating-namespace';
import type { Owner } from './ownership';
import { controllerRef } from './ownership';

/** The pod that a template makes for its owner; `name` where the owner names its pods itself. */
export function podFrom(owner: Owner, template: PodTemplate, name?: string): ApiObject {
  const { labels, annotations, finalizers } = template.metadata ?? {};
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: {
      namespace: owner.metadata.namespace,
      ...(name === undefined ? { generateName: `${owner.metadata.name}-` } : { name }),
      ...(labels === undefined ? {} : { labels: { ...labels } }),
      ...(annotations === undefined ? {} : { annotations: { ...annotations } }),
      ...(finalizers === undefined ? {} : { finalizers: [...finalizers] }),
      ownerReferences: [controllerRef(owner)],
    },
    spec: structuredClone(template.spec),
  };
}

/** How Events tell of pods: `owner` is the name of the workload, `why` the API's refusal. */
export interface PodWords {
  readonly created: (pod: string, owner: string) => string;
  readonly deleted: (pod: string, owner: string) => string;
  readonly notCreated: (why: string, pod: string, owner: string) => string;
  readonly notDeleted: (why: string, pod: string, owner: string) => string;
}

/** Those of most controllers of Kubernetes (pkg/controller/controller_utils.go). */
const WORDS: PodWords = {
  created: (pod) => `Created pod: ${pod}`,
  deleted: (pod) => `Deleted pod: ${pod}`,
  notCreated: (why) => `Error creating: ${why}`,
  notDeleted: (why) => `Error deleting: ${why}`,
};

/** Makes and deletes the pods of workloads, and tells of it in Events on the workload. */
export class PodControl {
  constructor(
    private readonly client: Client,
    private readonly events: EventRecorder,
    private readonly component: string,
    private readonly words: PodWords = WORDS,
  ) {}

  /** Throws what the API refuses with, after an Event has said so. */
  async create(owner: Owner, pod: ApiObject): Promise<Pod> {
    try {
      const created = await this.client.create('Pod', pod);
      this.tell(owner, {
        type: 'Normal',
        reason: 'SuccessfulCreate',
        message: this.words.created(created.metadata.name, owner.metadata.name),
      });
      return created;
    } catch (error) {
      // A namespace that goes takes the workload along: not worth an Event.
      if (!isNamespaceTerminating(error)) {
        const message = this.words.notCreated(messageOf(error), pod.metadata?.name ?? '', owner.metadata.name);
        this.tell(owner, { type: 'Warning', reason: 'FailedCreate', message });
      }
      throw error;
    }
  }

  /** Nothing is told of a pod that was gone already. Throws what the API refuses with, after an Event has said so. */
  async delete(owner: Owner, pod: Pod): Promise<void> {
    const { name, uid } = pod.metadata;
    try {
      await this.client.delete('Pod', keyOf(pod), { preconditions: { uid } });
      const message = this.words.deleted(name, owner.metadata.name);
      this.tell(owner, { type: 'Normal', reason: 'SuccessfulDelete', message });
    } catch (error) {
      if (isNotFound(error) || isConflict(error)) return;
      const message = this.words.notDeleted(messageOf(error), name, owner.metadata.name);
      this.tell(owner, { type: 'Warning', reason: 'FailedDelete', message });
      throw error;
    }
  }

  /** Creates `count` pods: one first, then twice as many at a time, so that what fails for all fails only once. */
  async createMany(owner: Owner, count: number, make: (index: number) => ApiObject): Promise<void> {
    for (let done = 0, batch = 1; done < count; batch *= 2) {
      const size = Math.min(batch, count - done);
      await allOf(Array.from({ length: size }, (_, index) => this.create(owner, make(done + index))));
      done += size;
    }
  }

  /** Deletes them all at once. */
  async deleteMany(owner: Owner, pods: readonly Pod[]): Promise<void> {
    await allOf(pods.map((pod) => this.delete(owner, pod)));
  }

  private tell(owner: Owner, text: EventText): void {
    this.events.record(owner, text, { component: this.component });
  }
}

/**
 * Throws the first failure, but not before each has come to its end: whoever tries again must not count what is still
 * being made as missing.
 */
async function allOf(works: readonly Promise<unknown>[]): Promise<void> {
  const failed = (await Promise.allSettled(works)).find(({ status }) => status === 'rejected');
  if (failed?.status === 'rejected') throw failed.reason;
}
