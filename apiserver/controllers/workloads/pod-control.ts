import type { ApiObject, Pod } from '../../../shared/api/objects';
import { ignoreConflict, ignoreNotFound } from '../../../shared/status-error';
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

/** Makes and deletes the pods of workloads, and tells of it in Events on the workload. */
export class PodControl {
  constructor(
    private readonly client: Client,
    private readonly events: EventRecorder,
    private readonly component: string,
  ) {}

  /** Throws what the API refuses with, after an Event has said so. */
  async create(owner: Owner, pod: ApiObject): Promise<Pod> {
    try {
      const created = await this.client.create('Pod', pod);
      this.tell(owner, {
        type: 'Normal',
        reason: 'SuccessfulCreate',
        message: `Created pod: ${created.metadata.name}`,
      });
      return created;
    } catch (error) {
      // A namespace that goes takes the workload along: not worth an Event.
      if (!isNamespaceTerminating(error)) {
        const message = `Error creating: ${error instanceof Error ? error.message : String(error)}`;
        this.tell(owner, { type: 'Warning', reason: 'FailedCreate', message });
      }
      throw error;
    }
  }

  async delete(owner: Owner, pod: Pod): Promise<void> {
    await this.client
      .delete('Pod', keyOf(pod), { preconditions: { uid: pod.metadata.uid } })
      .catch(ignoreNotFound)
      .catch(ignoreConflict);
    this.tell(owner, { type: 'Normal', reason: 'SuccessfulDelete', message: `Deleted pod: ${pod.metadata.name}` });
  }

  /** Creates `count` pods: one first, then twice as many at a time, so that what fails for all fails only once. */
  async createMany(owner: Owner, count: number, make: (index: number) => ApiObject): Promise<void> {
    for (let done = 0, batch = 1; done < count; batch *= 2) {
      const size = Math.min(batch, count - done);
      await Promise.all(Array.from({ length: size }, (_, index) => this.create(owner, make(done + index))));
      done += size;
    }
  }

  private tell(owner: Owner, text: EventText): void {
    this.events.record(owner, text, { component: this.component });
  }
}
