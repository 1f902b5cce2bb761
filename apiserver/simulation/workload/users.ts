import type { KindName, KindTypes } from '../../../shared/api/objects';
import { StatusError } from '../../../shared/status-error';
import { SYSTEM_USER } from '../../auth/user';
import type { Client, ObjectKey } from '../../registry/client';
import { keyOf, keyString } from '../../registry/client';
import { GOOD_IMAGE } from '../agents/behaviour';
import type { Chance } from '../world/chance';
import type { World } from '../world/world';
import { aBudget, aDaemonSet, aDeployment, aJob, anImage, aService, aStatefulSet } from './manifests';

type Workload = 'Deployment' | 'StatefulSet' | 'DaemonSet';
const WORKLOADS: readonly Workload[] = ['Deployment', 'StatefulSet', 'DaemonSet'];
const MAKERS = { Deployment: aDeployment, StatefulSet: aStatefulSet, DaemonSet: aDaemonSet, Job: aJob };
const MOST = { Deployment: 4, StatefulSet: 3, DaemonSet: 1, Job: 4 };
/** Somebody's second namespace, which comes and goes. */
const TEAM = 'team';

/** What people do to a cluster, one thing after the other, by dice. */
export class Users {
  private readonly chance: Chance;

  constructor(private readonly world: World) {
    this.chance = world.chance('users');
  }

  /** One thing that somebody does; what the API refuses is done by nobody. */
  async act(): Promise<void> {
    const deed = this.chance.weighed<() => Promise<void>>([
      [5, () => this.create()],
      [5, () => this.changeImage()],
      [4, () => this.scale()],
      [2, () => this.deleteWorkload()],
      [0.7, () => this.deleteNamespace()],
      [3, () => this.deletePod()],
      [1, () => this.pause()],
      [1, () => this.budget()],
      [1, () => this.meddle()],
    ]);
    await this.attempt(deed);
  }

  /** Everybody wants what can be had: no image is broken, nothing is paused. */
  async mend(): Promise<void> {
    for (const kind of WORKLOADS) {
      for (const object of this.client?.view(kind).list() ?? []) {
        const isPaused = kind === 'Deployment' && Reflect.get(object.spec ?? {}, 'paused') === true;
        if (imageOf(object).startsWith(GOOD_IMAGE) && !isPaused) continue;
        await this.attempt(async () => {
          await this.change(kind, keyOf(object), (current) =>
            withSpec(withImage(current, `${GOOD_IMAGE}1`), kind === 'Deployment' ? { paused: false } : {}),
          );
          this.say(`mend ${kind} ${keyString(keyOf(object))}`);
        });
      }
    }
  }

  /** Refusals are noted; whoever was refused lets it be. */
  async attempt(deed: () => Promise<void>): Promise<void> {
    try {
      await deed();
    } catch (error) {
      if (!(error instanceof StatusError)) throw error;
      this.say(`are refused: ${error.reason}: ${error.message}`);
    }
  }

  /** Cordons and evicts, one round of what `kubectl drain` does until nothing is left that a budget lets go. */
  async drain(nodeName: string): Promise<void> {
    const { server } = this.world;
    if (server === undefined) return;
    await server.client.modify('Node', { name: nodeName }, (node) =>
      node.spec?.unschedulable === true ? undefined : { ...node, spec: { ...node.spec, unschedulable: true } },
    );
    for (const pod of server.client.view('Pod').list({ where: ({ spec }) => spec.nodeName === nodeName })) {
      const { namespace, name, ownerReferences, deletionTimestamp } = pod.metadata;
      const isDaemon = ownerReferences?.some(({ kind }) => kind === 'DaemonSet') === true;
      if (isDaemon || deletionTimestamp !== undefined) continue;
      await this.attempt(() =>
        server.registry.evict(
          keyOf(pod),
          { metadata: { namespace, name } },
          { user: SYSTEM_USER, fieldManager: 'drain', dryRun: false },
        ),
      );
    }
  }

  private get client(): Client | undefined {
    return this.world.server?.client;
  }

  private say(what: string): void {
    this.world.note(`users ${what}`);
  }

  private async create(): Promise<void> {
    const { chance, client } = this;
    if (client === undefined) return;
    const kind = chance.one(['Deployment', 'StatefulSet', 'DaemonSet', 'Job', 'Job'] as const);
    const namespace = chance.one(['default', 'default', TEAM]);
    // Names come again, so that what is new meets what is left of the old.
    const name = `${kind.toLowerCase()}-${chance.between(1, 4)}`;
    if (client.view(kind).list().length >= MOST[kind]) return;
    if (client.view('Namespace').get({ name: namespace }) === undefined) {
      await client.create('Namespace', { metadata: { name: namespace } });
    }
    await client.create(kind, MAKERS[kind](namespace, name, chance));
    this.say(`create ${kind} ${namespace}/${name}`);
    if (kind === 'Deployment' && chance.is(0.5)) await client.create('Service', aService(namespace, name));
  }

  private changeImage(): Promise<void> {
    return this.onOne(WORKLOADS, async (kind, key) => {
      const image = anImage(this.chance, kind === 'DaemonSet' ? 0 : 0.15);
      await this.change(kind, key, (current) => withImage(current, image));
      this.say(`roll ${kind} ${keyString(key)} to ${image}`);
    });
  }

  private scale(): Promise<void> {
    return this.onOne(['Deployment', 'StatefulSet'] as const, async (kind, key) => {
      const replicas = this.chance.between(0, 6);
      await this.change(kind, key, (current) => withSpec(current, { replicas }));
      this.say(`scale ${kind} ${keyString(key)} to ${replicas}`);
    });
  }

  private pause(): Promise<void> {
    return this.onOne(['Deployment'] as const, async (kind, key) => {
      const paused = this.chance.is(0.5);
      await this.change(kind, key, (current) => withSpec(current, { paused }));
      this.say(`${paused ? 'pause' : 'resume'} ${keyString(key)}`);
    });
  }

  private deleteWorkload(): Promise<void> {
    return this.onOne(['Deployment', 'StatefulSet', 'DaemonSet', 'Job'] as const, async (kind, key) => {
      const propagationPolicy = this.chance.one(['Background', 'Background', 'Foreground'] as const);
      await this.client?.delete(kind, key, { propagationPolicy });
      this.say(`delete ${kind} ${keyString(key)} (${propagationPolicy})`);
    });
  }

  private async deleteNamespace(): Promise<void> {
    if (this.client?.view('Namespace').get({ name: TEAM }) === undefined) return;
    await this.client.delete('Namespace', { name: TEAM });
    this.say(`delete namespace ${TEAM}`);
  }

  private deletePod(): Promise<void> {
    return this.onOne(['Pod'] as const, async (kind, key) => {
      this.world.deletedByHand.add(this.client?.view(kind).get(key)?.metadata.uid ?? '');
      await this.client?.delete(kind, key);
      this.say(`delete pod ${keyString(key)}`);
    });
  }

  private budget(): Promise<void> {
    return this.onOne(['Deployment', 'StatefulSet'] as const, async (kind, key) => {
      const least = Math.max(0, (this.client?.view(kind).get(key)?.spec?.replicas ?? 1) - 1);
      await this.client?.create('PodDisruptionBudget', aBudget(key.namespace ?? '', key.name, least));
      this.say(`keep ${least} of ${keyString(key)}`);
    });
  }

  /** Somebody writes to an object whose controller is about to. */
  private meddle(): Promise<void> {
    return this.onOne(['Deployment', 'ReplicaSet', 'StatefulSet', 'Job', 'Pod'] as const, async (kind, key) => {
      await this.client?.modify(kind, key, (current) => {
        const annotations = { ...current.metadata.annotations, touched: String(this.world.nowMs()) };
        return { ...current, metadata: { ...current.metadata, annotations } };
      });
    });
  }

  private async onOne<K extends KindName>(
    kinds: readonly K[],
    deed: (kind: K, key: ObjectKey) => Promise<void>,
  ): Promise<void> {
    const found = kinds.flatMap((kind) => (this.client?.view(kind).list() ?? []).map((object) => ({ kind, object })));
    if (found.length === 0) return;
    const { kind, object } = this.chance.one(found);
    await deed(kind, keyOf(object));
  }

  private async change<K extends Workload>(
    kind: K,
    key: ObjectKey,
    change: (object: KindTypes[K]) => KindTypes[K],
  ): Promise<void> {
    await this.client?.modify(kind, key, change);
  }
}

const imageOf = (object: KindTypes[Workload]): string => object.spec?.template.spec?.containers[0]?.image ?? '';

function withImage<T extends KindTypes[Workload]>(object: T, image: string): T {
  const copy = structuredClone(object);
  const container = copy.spec?.template.spec?.containers[0];
  if (container !== undefined) container.image = image;
  return copy;
}

const withSpec = <T extends KindTypes[Workload]>(object: T, change: object): T => ({
  ...object,
  spec: { ...object.spec, ...change },
});
