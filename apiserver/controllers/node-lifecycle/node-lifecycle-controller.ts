import type { Node } from '../../../shared/api/objects';
import type { Clock } from '../../../shared/clock';
import type { Logger } from '../../../shared/logger';
import { HEARTBEAT_PERIOD_MS } from '../../../shared/wire/node-channel';
import { isNotFound } from '../../../shared/status-error';
import { isSameJson } from '../../../shared/same-json';
import type { EventRecorder } from '../../events/event-recorder';
import type { LivenessReader, NodeLiveness } from '../../node-channel/liveness';
import { withoutFence } from '../../node-channel/fencing';
import type { Client, ObjectKey } from '../../registry/client';
import { keyOf } from '../../registry/client';
import type { Controller, Result } from '../controller';
import { done, watching } from '../controller';
import { EvictionPace, POLL_MS, zoneOfNode } from './eviction-pace';
import { releaseFencedPods } from './fenced-pods';
import { asLost } from './lost-pods';
import { conditionsFor, isReady } from './node-conditions';
import { NodeEvents } from './node-events';
import { isEvicted, taintsFor } from './node-taints';

/**
 * So long after its last word the pods of a node stay whose agent closed the connection, or was not heard since this server
 * started: agents are restarted and upgraded, and their pods run on meanwhile. A node that went silent gets no such time.
 */
const RESTART_MS = 20_000;
/** Whoever was not heard for so long has missed a beat. */
const BEAT_MISSED_MS = 1.5 * HEARTBEAT_PERIOD_MS;
/** Until the next look at whether anybody is heard. */
const LISTEN_MS = 500;

export interface NodeLifecycleDeps {
  readonly client: Client;
  readonly clock: Clock;
  readonly events: EventRecorder;
  readonly liveness: LivenessReader;
  readonly logger: Logger;
}

/**
 * Turns what the node channel knows of a node's life into its conditions, taints and the readiness of its pods. A suspect
 * node is only tainted, against new pods; a lost one is Ready=Unknown and its pods are no longer ready. Evicting them is
 * for whoever follows the NoExecute taints, which
 * come one node after the other, and not at all while every node is down.
 */
export class NodeLifecycleController implements Controller {
  readonly name = 'node-lifecycle';
  readonly watches = [watching('Node', ({ object }) => [keyOf(object)])];

  private readonly pace = new EvictionPace();
  private readonly told: NodeEvents;

  constructor(private readonly deps: NodeLifecycleDeps) {
    this.told = new NodeEvents(deps.events);
  }

  async reconcile(key: ObjectKey): Promise<Result> {
    const node = this.deps.client.view('Node').get(key);
    if (node === undefined) this.told.gone(key.name);
    if (node === undefined || node.metadata.deletionTimestamp !== undefined) return done;
    const liveness = this.deps.liveness.of(key.name);
    if (liveness.state === 'awaited') return done;
    this.told.seen(node);

    try {
      await this.bringUpConditions(node, liveness);
      const { isEvicting, waitMs } = this.paceOf(key);
      await this.bringUpTaints(node, liveness, isEvicting);
      const fencedInMs = liveness.state === 'lost' ? await this.loosePods(key) : undefined;
      if (fencedInMs !== undefined) return { requeueAfterMs: Math.min(fencedInMs, waitMs ?? Infinity) };
      if (waitMs !== undefined) return { requeueAfterMs: waitMs };
    } catch (error) {
      // Deleted under our hands: nothing is left to keep true.
      if (!isNotFound(error)) throw error;
    }
    return done;
  }

  private async bringUpConditions(node: Node, liveness: NodeLiveness): Promise<void> {
    const nowMs = this.deps.clock.now();
    let before = node.status?.conditions ?? [];
    const written = await this.deps.client.modify(
      'Node',
      keyOf(node),
      (current) => {
        before = current.status?.conditions ?? [];
        const conditions = conditionsFor(before, liveness, nowMs);
        if (isSameJson(conditions, before)) return undefined;
        return { ...current, status: { ...current.status, conditions: [...conditions] } };
      },
      { subresource: 'status', uid: node.metadata.uid },
    );
    const { name } = node.metadata;
    this.told.conditions(name, before, written.status?.conditions);
    const isReadyNow = isReady(written.status?.conditions);
    if (isReadyNow !== isReady(before)) this.deps.logger.info({ node: name, isReady: isReadyNow }, 'node changed');
  }

  /** Whether the pods of a node that is not ready leave it now, and when to look again where that is still open. */
  private paceOf(key: ObjectKey): { readonly isEvicting: boolean; readonly waitMs?: number } {
    const nodes = this.deps.client.view('Node');
    const node = nodes.get(key);
    if (node === undefined || this.isUp(node)) return { isEvicting: false };
    const facts = nodes.list().map((each) => ({ zone: zoneOfNode(each), isUp: this.isUp(each) }));
    const nowMs = this.deps.clock.monotonic();
    const areAllDown = this.pace.areAllDown(facts, nowMs);
    if (isEvicted(node.spec?.taints ?? [])) return { isEvicting: !areAllDown, waitMs: POLL_MS };
    const restartMs = this.restartMs(key.name);
    if (restartMs > 0) return { isEvicting: false, waitMs: Math.min(restartMs, POLL_MS) };
    if (!areAllDown && !this.hearsAnyone()) return { isEvicting: false, waitMs: LISTEN_MS };
    const turn = this.pace.ask(zoneOfNode(node), facts, nowMs);
    return turn.outcome === 'now'
      ? { isEvicting: true, waitMs: POLL_MS }
      : { isEvicting: false, waitMs: turn.outcome === 'wait' ? turn.waitMs : POLL_MS };
  }

  /** How long its agent may still take to come back before its pods leave. */
  private restartMs(name: string): number {
    const { state, heard, hasLeft } = this.deps.liveness.of(name);
    return state === 'lost' && (hasLeft || !heard) ? RESTART_MS - this.deps.liveness.silentMs(name) : 0;
  }

  /** A server that is cut off loses all nodes within one beat: the first of them is no more dead than the others. */
  private hearsAnyone(): boolean {
    const { client, liveness } = this.deps;
    return client
      .view('Node')
      .list()
      .some(
        ({ metadata: { name } }) => liveness.of(name).state === 'connected' && liveness.silentMs(name) < BEAT_MISSED_MS,
      );
  }

  /** What the channel knows comes before what is written. */
  private isUp({ metadata, status }: Node): boolean {
    return this.deps.liveness.of(metadata.name).state !== 'lost' && isReady(status?.conditions);
  }

  private async bringUpTaints(node: Node, { state, hasLeft }: NodeLiveness, isEvicting: boolean): Promise<void> {
    const nowMs = this.deps.clock.now();
    let was = node;
    const written = await this.deps.client.modify(
      'Node',
      keyOf(node),
      (found) => {
        was = found;
        const current = hasLeft ? withoutFence(found) : found;
        const before = current.spec?.taints ?? [];
        const facts = {
          conditions: current.status?.conditions ?? [],
          state,
          isUnschedulable: current.spec?.unschedulable === true,
          isEvicting,
        };
        const taints = taintsFor(before, facts, nowMs);
        if (isSameJson(taints, before)) return current === found ? undefined : current;
        const { taints: _old, ...spec } = current.spec ?? {};
        return { ...current, spec: { ...spec, ...(taints.length === 0 ? {} : { taints: [...taints] }) } };
      },
      { uid: node.metadata.uid },
    );
    this.told.scheduling(was, written);
  }

  /** Returns when to look again at pods that wait for their node. */
  private async loosePods(key: ObjectKey): Promise<number | undefined> {
    const node = this.deps.client.view('Node').get(key);
    if (node === undefined) return undefined;
    await this.markPodsLost(node);
    if (this.deps.liveness.of(key.name).hasLeft) return undefined;
    return releaseFencedPods(node, this.deps.liveness.silentMs(key.name), this.deps);
  }

  private async markPodsLost({ metadata: { name } }: Node): Promise<void> {
    const { client, clock, events } = this.deps;
    const pods = client.view('Pod').list({ where: (pod) => pod.spec.nodeName === name });
    const nowMs = clock.now();
    for (const pod of pods) {
      if (asLost(pod, nowMs) === undefined) continue;
      try {
        const options = { subresource: 'status', uid: pod.metadata.uid } as const;
        await client.modify('Pod', keyOf(pod), (current) => asLost(current, nowMs), options);
        events.record(
          pod,
          { type: 'Warning', reason: 'NodeNotReady', message: 'Node is not ready' },
          { component: 'node-controller' },
        );
      } catch (error) {
        if (!isNotFound(error)) throw error;
      }
    }
  }
}
