import type { DaemonSet, Node, Pod } from '../../../shared/api/objects';
import type { Clock } from '../../../shared/clock';
import { isSameJson } from '../../../shared/same-json';
import { ignoreNotFound } from '../../../shared/status-error';
import type { EventRecorder } from '../../events/event-recorder';
import type { PodTemplate } from '../../kinds/pod-template/pod-template';
import type { Client, ObjectChange, ObjectKey } from '../../registry/client';
import { keyOf } from '../../registry/client';
import type { Controller, Result } from '../controller';
import { done, watching } from '../controller';
import { Availability } from '../workloads/availability';
import { claim, controllerOf, selects } from '../workloads/ownership';
import { PodControl } from '../workloads/pod-control';
import { isReady } from '../workloads/pod-state';
import { REVISION_HASH, RevisionHistory } from '../workloads/revision-history';
import { daemonPod, nodeOf, placeOn } from './daemon-pods';

/** A pod that ended on its node is replaced after this while, lest one that cannot run there is made over and over. */
const REPLACE_AFTER_MS = 10_000;

interface Deps {
  readonly client: Client;
  readonly clock: Clock;
  readonly events: EventRecorder;
}

interface Place {
  readonly node: string;
  readonly fresh: Pod | undefined;
  readonly old: Pod | undefined;
}

/** Keeps one pod on every node that is meant. */
export class DaemonSetController implements Controller {
  readonly name = 'daemonset';
  readonly watches;
  private readonly pods: PodControl;
  private readonly history: RevisionHistory;
  private readonly availability: Availability;

  constructor(private readonly deps: Deps) {
    this.pods = new PodControl(deps.client, deps.events, 'daemonset-controller');
    this.history = new RevisionHistory(deps.client);
    this.availability = new Availability(deps.clock);
    this.watches = [
      watching('DaemonSet', ({ type, object }) => (type === 'DELETED' ? [] : [keyOf(object)])),
      watching('Pod', (change) => {
        const { object, previous } = change;
        this.availability.see(change);
        return [...this.ownersOf(object), ...(previous === undefined ? [] : this.ownersOf(previous))];
      }),
      watching('Node', (change) => this.setsConcerned(change)),
    ];
  }

  async reconcile(key: ObjectKey): Promise<Result> {
    const set = this.deps.client.view('DaemonSet').get(key);
    if (set?.spec === undefined || set.metadata.deletionTimestamp !== undefined) return done;
    const template = (set.spec.template ?? {}) as PodTemplate;
    const hash = await this.history.current(set, template);
    const pods = await claim(this.deps.client, 'Pod', set, set.spec.selector);
    const nodes = this.deps.client.view('Node').list();
    const ended = await this.removeMisplaced(set, pods, nodes);
    const places = this.placesOf(set, hash, nodes);
    await this.fill(set, hash, places);
    if (set.spec.updateStrategy?.type !== 'OnDelete') await this.roll(set, hash, this.placesOf(set, hash, nodes));
    const waits = await this.report(set, hash, nodes);
    const live = new Set([hash, ...this.podsOf(set).map(({ metadata }) => metadata.labels?.[REVISION_HASH] ?? '')]);
    await this.history.trim(set, live, set.spec.revisionHistoryLimit ?? 10);
    const pending = [...ended, ...waits];
    return pending.length === 0 ? done : { requeueAfterMs: Math.min(...pending) };
  }

  /** Ends pods where none is meant, second ones, and those that ended. Returns how long the last have to wait still. */
  private async removeMisplaced(
    set: DaemonSet,
    pods: readonly Pod[],
    nodes: readonly Node[],
  ): Promise<readonly number[]> {
    const staying = new Set(nodes.filter((node) => placeOn(set, node).mayStay).map(({ metadata }) => metadata.name));
    const waits: number[] = [];
    const seen = new Set<string>();
    const byAge = [...pods].sort(
      (a, b) => Date.parse(a.metadata.creationTimestamp) - Date.parse(b.metadata.creationTimestamp),
    );
    for (const pod of byAge) {
      if (pod.metadata.deletionTimestamp !== undefined) continue;
      const node = nodeOf(pod) ?? '';
      const place = `${node}/${pod.metadata.labels?.[REVISION_HASH] ?? ''}`;
      const isOver = pod.status?.phase === 'Failed' || pod.status?.phase === 'Succeeded';
      if (!staying.has(node) || seen.has(place)) await this.pods.delete(set, pod);
      else if (isOver) {
        const waitMs = Date.parse(pod.metadata.creationTimestamp) + REPLACE_AFTER_MS - this.deps.clock.now();
        if (waitMs > 0) waits.push(waitMs);
        else await this.pods.delete(set, pod);
      }
      seen.add(place);
    }
    return waits;
  }

  private async fill(set: DaemonSet, hash: string, places: readonly Place[]): Promise<void> {
    const empty = places.filter(({ fresh, old }) => fresh === undefined && old === undefined);
    await this.pods.createMany(set, empty.length, (at) => daemonPod(set, empty[at]?.node ?? '', hash));
  }

  /** Replaces old pods: what is not available at once, the others as far as maxUnavailable or maxSurge allow. */
  private async roll(set: DaemonSet, hash: string, places: readonly Place[]): Promise<void> {
    const { maxUnavailable, maxSurge } = set.spec?.updateStrategy?.rollingUpdate ?? {};
    const surge = shareOf(maxSurge ?? 0, places.length);
    const isUp = (pod: Pod | undefined): boolean => pod !== undefined && this.isAvailable(set, pod);
    if (surge > 0) {
      const doubled = places.filter(({ fresh, old }) => fresh !== undefined && old !== undefined);
      for (const { fresh, old } of doubled) {
        if (old !== undefined && isActiveHere(old) && (isUp(fresh) || !isUp(old))) await this.pods.delete(set, old);
      }
      const next = places.filter(({ fresh, old }) => fresh === undefined && old !== undefined && isActiveHere(old));
      const begun = next.slice(0, Math.max(0, surge - doubled.length));
      return this.pods.createMany(set, begun.length, (at) => daemonPod(set, begun[at]?.node ?? '', hash));
    }
    const down = places.filter(({ fresh, old }) => !isUp(fresh) && !isUp(old)).length;
    let room = shareOf(maxUnavailable ?? 1, places.length) - down;
    for (const { old } of places) {
      if (old === undefined || !isActiveHere(old)) continue;
      if (!isUp(old)) await this.pods.delete(set, old);
      else if (room-- > 0) await this.pods.delete(set, old);
    }
  }

  private placesOf(set: DaemonSet, hash: string, nodes: readonly Node[]): readonly Place[] {
    const pods = this.podsOf(set);
    return nodes
      .filter((node) => placeOn(set, node).shouldRun)
      .map(({ metadata: { name } }) => {
        const here = pods.filter((pod) => nodeOf(pod) === name);
        const isFresh = (pod: Pod): boolean => pod.metadata.labels?.[REVISION_HASH] === hash;
        return { node: name, fresh: here.find(isFresh), old: here.find((pod) => !isFresh(pod)) };
      });
  }

  /** Returns how long pods need to become available. */
  private async report(set: DaemonSet, hash: string, nodes: readonly Node[]): Promise<readonly number[]> {
    const pods = this.podsOf(set).filter(isActiveHere);
    const places = this.placesOf(set, hash, nodes);
    const wanted = new Set(places.map(({ node }) => node));
    const held = (those: readonly Pod[]): number =>
      new Set(those.map((pod) => nodeOf(pod) ?? '').filter((node) => wanted.has(node))).size;
    const available = held(pods.filter((pod) => this.isAvailable(set, pod)));
    const updated = held(pods.filter(({ metadata }) => metadata.labels?.[REVISION_HASH] === hash));
    const misplaced = new Set(pods.map((pod) => nodeOf(pod) ?? '').filter((node) => !wanted.has(node))).size;
    const status = {
      currentNumberScheduled: held(pods),
      numberMisscheduled: misplaced,
      desiredNumberScheduled: places.length,
      numberReady: held(pods.filter(isReady)),
      observedGeneration: set.metadata.generation ?? 0,
      ...(updated === 0 ? {} : { updatedNumberScheduled: updated }),
      ...(available === 0 ? {} : { numberAvailable: available }),
      ...(places.length === available ? {} : { numberUnavailable: places.length - available }),
    };
    await this.deps.client
      .modify(
        'DaemonSet',
        keyOf(set),
        (current) => (isSameJson(status, current.status) ? undefined : { ...current, status }),
        { subresource: 'status', uid: set.metadata.uid },
      )
      .catch(ignoreNotFound);
    return pods.flatMap((pod) => this.availability.waitMs(pod, set.spec?.minReadySeconds ?? 0) || []);
  }

  private isAvailable(set: DaemonSet, pod: Pod): boolean {
    return isActiveHere(pod) && this.availability.waitMs(pod, set.spec?.minReadySeconds ?? 0) === 0;
  }

  private podsOf({ metadata: { namespace, uid } }: DaemonSet): readonly Pod[] {
    return this.deps.client
      .view('Pod')
      .list({ namespace, ownedBy: uid })
      .filter((pod) => controllerOf(pod)?.uid === uid);
  }

  private ownersOf(pod: Pod): readonly ObjectKey[] {
    const owner = controllerOf(pod);
    const { namespace } = pod.metadata;
    if (owner !== undefined) return owner.kind === 'DaemonSet' ? [{ namespace, name: owner.name }] : [];
    return this.deps.client
      .view('DaemonSet')
      .list({ namespace, where: ({ spec }) => selects(spec?.selector, pod) })
      .map(keyOf);
  }

  /** Heartbeats change nothing here: only what a node is called, labelled and tainted with. */
  private setsConcerned({ object, previous }: ObjectChange<Node>): readonly ObjectKey[] {
    const traits = ({ metadata, spec }: Node): object => ({ labels: metadata.labels, taints: spec?.taints });
    if (previous !== undefined && isSameJson(traits(object), traits(previous))) return [];
    return this.deps.client.view('DaemonSet').list().map(keyOf);
  }
}

const isActiveHere = ({ metadata }: Pod): boolean => metadata.deletionTimestamp === undefined;

const shareOf = (value: number | string, total: number): number =>
  typeof value === 'number' ? value : Math.ceil((Number.parseInt(value, 10) * total) / 100);
