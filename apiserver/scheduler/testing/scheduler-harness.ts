import type { ApiObject } from '../../../shared/api/objects';
import { silentLogger } from '../../../shared/logger';
import type { NodeTraits, PodTraits } from '../../../shared/testing/builders';
import { aNode, aPod } from '../../../shared/testing/builders';
import { settle } from '../../../shared/testing/fake-clock';
import { createEventRecorder } from '../../events/event-recorder';
import { startRegistry } from '../../registry/testing/test-registry';
import { greedy } from '../core/policies/greedy';
import type { PolicyKind } from '../core/policies/policy';
import type { NodeUsage } from '../node-loads';
import type { Profiles } from '../profiles';
import { DEFAULT_SCHEDULER } from '../profiles';
import { Scheduler } from '../scheduler';

/** What a client sends of an object that a builder made as stored. */
const fresh = ({
  metadata,
  ...rest
}: {
  metadata: { name: string; namespace?: string; labels?: object; annotations?: object };
}): ApiObject =>
  structuredClone({
    ...rest,
    metadata: {
      name: metadata.name,
      labels: { ...metadata.labels },
      ...(metadata.annotations === undefined ? {} : { annotations: { ...metadata.annotations } }),
      ...(metadata.namespace === undefined ? {} : { namespace: metadata.namespace }),
    },
  });

interface HarnessOptions {
  /** Called after each decision, before it is carried out. */
  readonly meanwhile?: () => void;
  readonly usages?: () => readonly NodeUsage[];
  /** Beside the default one. */
  readonly profiles?: Profiles;
}

/** The loop on the real registry; every batch that it places is counted. */
export async function startScheduler(options: HarnessOptions = {}) {
  const { client, clock, registry } = await startRegistry();
  const events = createEventRecorder({ client, clock, logger: silentLogger });
  const batches: string[][] = [];
  const policy: PolicyKind = {
    name: 'counted',
    create: (state) => {
      const inner = greedy.create(state);
      return {
        name: 'counted',
        place(batch, more) {
          batches.push(batch.map(({ example }) => example.metadata.name));
          const placements = inner.place(batch, more);
          options.meanwhile?.();
          return placements;
        },
      };
    },
  };
  const create = (): Scheduler =>
    new Scheduler({
      client,
      clock,
      logger: silentLogger,
      events,
      profiles: new Map([[DEFAULT_SCHEDULER, policy], ...(options.profiles ?? [])]),
      ...(options.usages === undefined ? {} : { usages: options.usages }),
    });
  const scheduler = create();
  const all = [scheduler];
  const idle = async (): Promise<void> => {
    for (let seen = -1; seen !== registry.cache.revision;) {
      seen = registry.cache.revision;
      await settle();
      for (const each of all) await each.idle();
      await events.flush();
    }
  };
  const pod = (name: string) => client.view('Pod').get({ namespace: 'default', name });
  return {
    client,
    clock,
    scheduler,
    /** Another one on the same store, as after a restart. */
    restart: (): Scheduler => {
      const another = create();
      all.push(another);
      return another;
    },
    batches,
    idle,
    addNode: (traits: NodeTraits) => client.create('Node', fresh(aNode(traits))),
    addPod: (traits: PodTraits, annotations: Readonly<Record<string, string>> = {}) => {
      const made = aPod(traits);
      return client.create('Pod', fresh({ ...made, metadata: { ...made.metadata, annotations } }));
    },
    pod,
    nodeOf: (name: string) => pod(name)?.spec.nodeName,
    conditionOf: (name: string) => pod(name)?.status?.conditions?.find(({ type }) => type === 'PodScheduled'),
    eventsOf: (name: string) =>
      client
        .view('Event')
        .list({ where: ({ involvedObject }) => involvedObject.name === name })
        .map(({ type, reason, message }) => `${type} ${reason}: ${message}`),
    async stop() {
      await scheduler.stop();
      await registry.close();
    },
  };
}
