import type { Pod, PodDisruptionBudget } from '../../../shared/api/objects';
import type { Clock } from '../../../shared/clock';
import { isSameJson } from '../../../shared/same-json';
import { ignoreNotFound } from '../../../shared/status-error';
import type { EventRecorder } from '../../events/event-recorder';
import { selectorText } from '../../kinds/selector-text';
import type { Client, ObjectChange, ObjectKey } from '../../registry/client';
import { keyOf, keyString } from '../../registry/client';
import type { BudgetStatus } from '../../registry/disruption-budget';
import { coverOf, covers, SYNC_FAILED, verdictOf, withCondition } from '../../registry/disruption-budget';
import type { Controller, Result } from '../controller';
import { done, watching } from '../controller';
import { LookPace } from '../workloads/look-pace';
import { isReady } from '../workloads/pod-state';
import type { ExpectedPods } from './expected-pods';
import { expectedPods, NoExpectation } from './expected-pods';

const SOURCE = { component: 'controllermanager' };
/** How long a pod whose eviction was allowed counts as gone without being deleted. */
const DELETION_TIMEOUT_MS = 120_000;
/** Each pod puts the next look at a budget off by this much, some ten times what it costs to look at it. */
const PER_POD_MS = 0.02;

interface Deps {
  readonly client: Client;
  readonly clock: Clock;
  readonly events: EventRecorder;
}

/** Keeps in the status of each PodDisruptionBudget how many of its pods may be disrupted now: what evictions are judged by. */
export class DisruptionController implements Controller {
  readonly name = 'disruption';
  readonly watches;
  private readonly pace: LookPace;

  constructor(private readonly deps: Deps) {
    const { client } = deps;
    this.pace = new LookPace(deps.clock, PER_POD_MS);
    const ofScaled = ({ object, previous }: ObjectChange<Scaled>): readonly ObjectKey[] =>
      previous === undefined || object.spec?.replicas === previous.spec?.replicas
        ? []
        : client.view('PodDisruptionBudget').list({ namespace: object.metadata.namespace }).map(keyOf);
    this.watches = [
      watching('PodDisruptionBudget', ({ type, object }) => (type === 'DELETED' ? [] : [keyOf(object)])),
      watching('Pod', ({ object, previous }) =>
        client
          .view('PodDisruptionBudget')
          .list({ namespace: object.metadata.namespace })
          .filter((budget) => covers(budget, object) || (previous !== undefined && covers(budget, previous)))
          .map(keyOf),
      ),
      watching('Deployment', ofScaled),
      watching('ReplicaSet', ofScaled),
      watching('StatefulSet', ofScaled),
      watching('ReplicationController', ofScaled),
    ];
  }

  async reconcile(key: ObjectKey): Promise<Result> {
    const budget = this.deps.client.view('PodDisruptionBudget').get(key);
    const id = keyString(key);
    if (budget === undefined || budget.metadata.deletionTimestamp !== undefined) {
      this.pace.forget(id);
      return done;
    }
    const waitMs = this.pace.waitMs(id);
    if (waitMs > 0) return { requeueAfterMs: waitMs };
    const pods = this.podsOf(budget);
    this.pace.looked(id, pods.length);
    if (pods.length === 0) this.tell(budget, 'Normal', 'NoPods', 'No matching pods found');
    try {
      const wanted = await expectedPods(this.deps.client, budget, pods);
      if (wanted.unmanaged.length > 0) this.tellOfUnmanaged(budget);
      return await this.report(budget, wanted);
    } catch (error) {
      if (!(error instanceof NoExpectation)) throw error;
      const message = `Failed to calculate the number of expected pods: ${error.message}`;
      this.tell(budget, 'Warning', 'CalculateExpectedPodCountFailed', message);
      await this.closeFor(budget, error.message);
      return done;
    }
  }

  private async report(budget: PodDisruptionBudget, { expected, desiredHealthy }: ExpectedPods): Promise<Result> {
    let untilMs: number | undefined;
    const { generation = 0 } = budget.metadata;
    this.tellOfStaying(budget);
    await this.change(budget, (before) => {
      const nowMs = this.deps.clock.now();
      const pods = this.podsOf(budget).filter(({ metadata }) => metadata.deletionTimestamp === undefined);
      const disrupted = Object.entries(before.disruptedPods ?? {}).filter(
        ([name, at]) =>
          pods.some(({ metadata }) => metadata.name === name) && Date.parse(at) + DELETION_TIMEOUT_MS > nowMs,
      );
      untilMs =
        disrupted.length === 0
          ? undefined
          : Math.min(...disrupted.map(([, at]) => Date.parse(at))) + DELETION_TIMEOUT_MS - nowMs;
      const goingSoon = new Set(disrupted.map(([name]) => name));
      const currentHealthy = pods.filter((pod) => isReady(pod) && !goingSoon.has(pod.metadata.name)).length;
      const { disruptedPods: _, ...rest } = before;
      const status: BudgetStatus = {
        ...rest,
        currentHealthy,
        desiredHealthy,
        expectedPods: expected,
        disruptionsAllowed: expected === 0 ? 0 : Math.max(0, currentHealthy - desiredHealthy),
        ...(disrupted.length === 0 ? {} : { disruptedPods: Object.fromEntries(disrupted) }),
        observedGeneration: generation,
      };
      return withCondition(status, verdictOf(status), nowMs);
    });
    return untilMs === undefined ? done : { requeueAfterMs: untilMs };
  }

  /** Where nothing can be told, nothing may be disrupted. */
  private async closeFor(budget: PodDisruptionBudget, message: string): Promise<void> {
    await this.change(budget, (before) =>
      withCondition(
        { ...before, disruptionsAllowed: 0, observedGeneration: before.observedGeneration ?? 0 },
        { status: 'False', reason: SYNC_FAILED, message },
        this.deps.clock.now(),
      ),
    );
  }

  private async change(budget: PodDisruptionBudget, to: (status: BudgetStatus) => BudgetStatus): Promise<void> {
    const nothing: BudgetStatus = { currentHealthy: 0, desiredHealthy: 0, disruptionsAllowed: 0, expectedPods: 0 };
    await this.deps.client
      .modify(
        'PodDisruptionBudget',
        keyOf(budget),
        (current) => {
          const status = to({ ...nothing, ...current.status });
          return isSameJson(status, current.status) ? undefined : { ...current, status };
        },
        { subresource: 'status', uid: budget.metadata.uid },
      )
      .catch(ignoreNotFound);
  }

  private podsOf(budget: PodDisruptionBudget): readonly Pod[] {
    return this.deps.client.view('Pod').list({ namespace: budget.metadata.namespace, where: coverOf(budget) });
  }

  /** Of pods whose eviction was allowed, and that nobody deleted since. */
  private tellOfStaying({ metadata: { namespace, name }, status }: PodDisruptionBudget): void {
    for (const [podName, at] of Object.entries(status?.disruptedPods ?? {})) {
      const pod = this.deps.client.view('Pod').get({ namespace, name: podName });
      if (pod === undefined || pod.metadata.deletionTimestamp !== undefined) continue;
      if (Date.parse(at) + DELETION_TIMEOUT_MS > this.deps.clock.now()) continue;
      const message = `Pod was expected by PDB ${namespace}/${name} to be deleted but it wasn't`;
      this.deps.events.record(pod, { type: 'Warning', reason: 'NotDeleted', message }, SOURCE);
    }
  }

  private tellOfUnmanaged(budget: PodDisruptionBudget): void {
    const selector = selectorText(budget.spec?.selector ?? {});
    const message = `Pods selected by this PodDisruptionBudget (selector: ${selector}) were found to be unmanaged. As a result, the status of the PDB cannot be calculated correctly, which may result in undefined behavior. To account for these pods please set ".spec.minAvailable" field of the PDB to an integer value.`;
    this.tell(budget, 'Warning', 'UnmanagedPods', message);
  }

  private tell(budget: PodDisruptionBudget, type: 'Normal' | 'Warning', reason: string, message: string): void {
    this.deps.events.record(budget, { type, reason, message }, SOURCE);
  }
}

interface Scaled {
  readonly metadata: { readonly namespace: string };
  readonly spec?: { readonly replicas?: number | undefined } | undefined;
}
