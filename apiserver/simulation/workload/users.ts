import type { KindName, KindTypes } from '../../../shared/api/objects';
import { StatusError } from '../../../shared/status-error';
import type { Client, ObjectKey } from '../../registry/client';
import { keyOf, keyString } from '../../registry/client';
import { GOOD_IMAGE } from '../agents/behaviour';
import type { Chance } from '../world/chance';
import type { World } from '../world/world';
import { imageOf, withImage, withSpec } from './changes';
import type { Workload } from './changes';
import {
  aBudget,
  aCronJob,
  aDaemonSet,
  aDeployment,
  aJob,
  anAutoscaler,
  anImage,
  aService,
  aStatefulSet,
  aStatefulSetWithClaims,
} from './manifests';

const WORKLOADS: readonly Workload[] = ['Deployment', 'StatefulSet', 'DaemonSet'];
const MAKERS = {
  Deployment: aDeployment,
  StatefulSet: (namespace: string, name: string, chance: Chance) =>
    chance.is(0.5) ? aStatefulSet(namespace, name, chance) : aStatefulSetWithClaims(namespace, name, chance),
  DaemonSet: aDaemonSet,
  Job: aJob,
  CronJob: aCronJob,
};
const MOST = { Deployment: 4, StatefulSet: 3, DaemonSet: 1, Job: 4, CronJob: 2 };
const CREATED = [
  'Deployment',
  'Deployment',
  'StatefulSet',
  'StatefulSet',
  'DaemonSet',
  'Job',
  'Job',
  'CronJob',
] as const;
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
      [1.5, () => this.autoscale()],
      [2, () => this.changeDemand()],
      [1, () => this.meddle()],
    ]);
    await this.attempt(deed);
  }

  /** Everybody wants what can be had: no image is broken, nothing is paused, no more jobs are begun. */
  async mend(): Promise<void> {
    for (const { metadata } of this.client?.view('CronJob').list() ?? []) {
      await this.attempt(async () => {
        await this.client?.modify('CronJob', keyOf({ metadata }), (current) => withSpec(current, { suspend: true }));
      });
    }
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

  private get client(): Client | undefined {
    return this.world.server?.client;
  }

  private say(what: string): void {
    this.world.note(`users ${what}`);
  }

  private async create(): Promise<void> {
    const { chance, client } = this;
    if (client === undefined) return;
    const kind = chance.one(CREATED);
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
      const uid = this.client?.view(kind).get(key)?.metadata.uid ?? '';
      this.world.scaledByHand.set(uid, [...(this.world.scaledByHand.get(uid) ?? []), replicas]);
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
    return this.onOne(['Deployment', 'StatefulSet', 'DaemonSet', 'Job', 'CronJob'] as const, async (kind, key) => {
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
      const replicas = this.client?.view(kind).get(key)?.spec?.replicas ?? 1;
      const budget = aBudget(key.namespace ?? '', key.name, replicas, this.chance);
      await this.client?.create('PodDisruptionBudget', budget);
      this.say(`give ${keyString(key)} a budget: ${JSON.stringify(budget['spec'])}`);
    });
  }

  private autoscale(): Promise<void> {
    return this.onOne(['Deployment'] as const, async (_kind, key) => {
      await this.client?.create('HorizontalPodAutoscaler', anAutoscaler(key.namespace ?? '', key.name, this.chance));
      this.say(`autoscale ${keyString(key)}`);
    });
  }

  private changeDemand(): Promise<void> {
    return this.onOne(['Deployment'] as const, (_kind, key) => {
      const milli = this.world.demand.change(keyString(key), this.chance);
      this.say(`send ${milli}m of work to ${keyString(key)}`);
      return Promise.resolve();
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
