import type { HorizontalPodAutoscaler, Scale } from '../../../shared/api/objects';
import type { Clock } from '../../../shared/clock';
import { toTimestamp } from '../../../shared/clock';
import { isSameJson } from '../../../shared/same-json';
import { ignoreNotFound } from '../../../shared/status-error';
import type { EventRecorder } from '../../events/event-recorder';
import type { PodUsages } from '../../metrics-api/metrics-api';
import type { Client, ObjectKey } from '../../registry/client';
import { keyOf, keyString } from '../../registry/client';
import type { Controller, Result } from '../controller';
import { done, watching } from '../controller';
import { Look } from './look';
import type { Proposals } from './metric-proposals';
import { proposalsOf } from './metric-proposals';
import { findTarget, rescale } from './scale-target';
import { ScalingHistory } from './scaling-history';
import { paced, tolerancesOf } from './scaling-pace';
import { TargetPods } from './target-pods';

const PERIOD_MS = 15_000;
const again: Result = { requeueAfterMs: PERIOD_MS };

interface Deps {
  readonly client: Client;
  readonly clock: Clock;
  readonly events: EventRecorder;
  readonly podUsages: PodUsages;
}

/** A number to go to, and why; `current` stays where no reason is given. */
interface Decision {
  readonly replicas: number;
  readonly reason: string | undefined;
  readonly metrics?: Proposals['statuses'];
}

/** What an autoscaler knows from one look to the next. */
interface Memory {
  readonly uid: string;
  readonly history: ScalingHistory;
}

/**
 * Scales whatever has a scale so that what its pods use stays near a target. It looks every 15 s, and at once when its
 * spec changes: never for its own status, which changes with every look.
 */
export class HorizontalPodAutoscalerController implements Controller {
  readonly name = 'horizontal-pod-autoscaler';
  readonly watches = [
    watching('HorizontalPodAutoscaler', ({ type, object, previous }) =>
      type === 'MODIFIED' && isSameJson(object.spec, previous?.spec) ? [] : [keyOf(object)],
    ),
  ];
  private readonly memories = new Map<string, Memory>();
  private readonly targets: TargetPods;

  constructor(private readonly deps: Deps) {
    this.targets = new TargetPods(deps.client);
  }

  async reconcile(key: ObjectKey): Promise<Result> {
    const autoscaler = this.deps.client.view('HorizontalPodAutoscaler').get(key);
    if (autoscaler?.spec === undefined || autoscaler.metadata.deletionTimestamp !== undefined) {
      this.memories.delete(keyString(key));
      this.targets.forget(key);
      return done;
    }
    const look = new Look(autoscaler, this.deps.clock.now(), this.deps.events);
    const target = await findTarget(this.deps.client, autoscaler, look);
    if (target === undefined) return this.write(autoscaler, look);
    const { kind, scale } = target;
    const current = scale.spec?.replicas ?? 0;
    look.status = { ...look.status, currentReplicas: current };
    const memory = this.memoryOf(autoscaler, current);
    const decision = await this.decide(autoscaler, scale, memory, look);
    if (decision?.metrics !== undefined) look.status = { ...look.status, currentMetrics: [...decision.metrics] };
    if (decision === undefined) return this.write(autoscaler, look);
    if (decision.reason !== undefined && decision.replicas !== current) {
      const change = { to: decision.replicas, reason: decision.reason };
      const isScaled = await rescale(this.deps.client, { kind, autoscaler, look }, change);
      if (!isScaled) return this.write(autoscaler, look);
      memory.history.scaled(current, decision.replicas, look.nowMs);
      look.status = { ...look.status, lastScaleTime: toTimestamp(look.nowMs) };
    }
    look.status = { ...look.status, desiredReplicas: decision.reason === undefined ? current : decision.replicas };
    return this.write(autoscaler, look);
  }

  /** Undefined: it cannot be told, and a condition says why. */
  private async decide(
    autoscaler: HorizontalPodAutoscaler,
    scale: Scale,
    memory: Memory,
    look: Look,
  ): Promise<Decision | undefined> {
    const { minReplicas: min = 1, maxReplicas: max = min, metrics = [], behavior } = autoscaler.spec ?? {};
    const current = scale.spec?.replicas ?? 0;
    if (current === 0 && min !== 0) {
      look.set('ScalingActive', 'False', {
        reason: 'ScalingDisabled',
        message: 'scaling is disabled since the replica count of the target is zero',
      });
      return { replicas: current, reason: undefined, metrics: [] };
    }
    if (current > max) {
      return { replicas: max, reason: 'Current number of replicas above Spec.MaxReplicas', metrics: [] };
    }
    if (current < min) {
      return { replicas: min, reason: 'Current number of replicas below Spec.MinReplicas', metrics: [] };
    }
    const pods = this.targets.podsOf(autoscaler, scale, look);
    if (pods === undefined) return undefined;
    const usages = await this.deps.podUsages(pods);
    const { namespace } = autoscaler.metadata;
    const tolerances = tolerancesOf(behavior);
    const proposals = proposalsOf(metrics, {
      pods,
      usages,
      replicas: current,
      nowMs: look.nowMs,
      namespace,
      tolerances,
    });
    look.status = { ...look.status, currentMetrics: [...proposals.statuses] };
    tellFailures(proposals, metrics.length, look);
    if (proposals.replicas === undefined) return undefined;
    look.set('ScalingActive', 'True', {
      reason: 'ValidMetricFound',
      message: `the HPA was able to successfully calculate a replica count from ${proposals.metric}`,
    });
    const desired = proposals.replicas;
    const { replicas, ability, limit } = paced({
      ...{ current, desired, min, max, behavior },
      history: memory.history,
      nowMs: look.nowMs,
    });
    look.set('AbleToScale', 'True', ability);
    look.set('ScalingLimited', limit.isLimited ? 'True' : 'False', limit);
    if (replicas === current) return { replicas, reason: undefined };
    // What is changed although the metrics are content is changed for what was recommended before: nothing to be said of them.
    const below = desired === current ? '' : 'All metrics below target';
    return { replicas, reason: desired > current ? `${proposals.metric} above target` : below };
  }

  private memoryOf({ metadata }: HorizontalPodAutoscaler, current: number): Memory {
    const key = keyString(keyOf({ metadata }));
    const known = this.memories.get(key);
    if (known?.uid === metadata.uid) return known;
    const history = new ScalingHistory(current, this.deps.clock.now());
    const memory: Memory = { uid: metadata.uid, history };
    this.memories.set(key, memory);
    return memory;
  }

  private async write(autoscaler: HorizontalPodAutoscaler, look: Look): Promise<Result> {
    await this.deps.client
      .modify(
        'HorizontalPodAutoscaler',
        keyOf(autoscaler),
        (current) => (isSameJson(look.status, current.status) ? undefined : { ...current, status: look.status }),
        { subresource: 'status', uid: autoscaler.metadata.uid },
      )
      .catch(ignoreNotFound);
    return again;
  }
}

function tellFailures({ failures, replicas }: Proposals, metrics: number, look: Look): void {
  for (const { reason, message } of failures) look.tell('Warning', reason, message);
  const [first] = failures;
  if (first === undefined || replicas !== undefined) return;
  look.set('ScalingActive', 'False', {
    reason: first.reason,
    message: `the HPA was unable to compute the replica count: ${first.message}`,
  });
  look.tell(
    'Warning',
    'FailedComputeMetricsReplicas',
    `invalid metrics (${failures.length} invalid out of ${metrics}), first error is: ${first.summary}`,
  );
}
