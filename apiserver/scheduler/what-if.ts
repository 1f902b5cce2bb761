import type { Pod } from '../../shared/api/objects';
import { matchesLabels, selectorOf } from '../../shared/selectors/label-selector';
import type { Client } from '../registry/client';
import type { ClusterState } from './cluster-state';
import type { PlannedPod } from './core/what-if/plan';
import { plan } from './core/what-if/plan';
import { planRebalancing } from './core/what-if/rebalance';
import { explain, explainChoice } from './explanation';
import type { Profiles } from './profiles';
import { WorkingPolicies, schedulerNameOf } from './profiles';

/** Where a pod would go and why, or why nowhere. */
export interface PodPlan {
  readonly namespace: string;
  readonly name: string;
  readonly nodeName?: string;
  readonly reason: string;
}

export interface PodMove {
  readonly namespace: string;
  readonly name: string;
  readonly from: string;
  readonly to: string;
  readonly gain: number;
  readonly reason: 'better-node' | 'frees-node';
}

export interface RebalancePlan {
  readonly moves: readonly PodMove[];
  readonly nodesUsed: { readonly before: number; readonly after: number };
}

export interface WhatIfOptions {
  readonly state: ClusterState;
  readonly client: Client;
  readonly profiles: Profiles;
}

/** Questions about what the scheduler would do; nothing is done, and nothing of the cluster's state changes. */
export class WhatIf {
  constructor(private readonly options: WhatIfOptions) {}

  /** Where these pods would go, were they all created now. */
  plan(pods: readonly Pod[]): readonly PodPlan[] {
    const { state, profiles } = this.options;
    const { cluster } = state;
    const known = pods.filter((pod) => profiles.has(schedulerNameOf(pod)));
    const planned = new Map<Pod, PlannedPod>();
    // Policies of their own: what the loop's policies learn from, they must not learn from what never came.
    for (const [policy, part] of new WorkingPolicies(profiles, cluster).split(known)) {
      const found = plan(
        cluster,
        policy,
        part.map((pod) => state.classOf(pod)),
      );
      for (const [index, each] of found.entries()) planned.set(part[index] as Pod, each);
    }
    return pods.map((pod): PodPlan => {
      const { namespace, name } = pod.metadata;
      const each = planned.get(pod);
      if (each === undefined) {
        const names = [...profiles.keys()].join(', ');
        return { namespace, name, reason: `there is no scheduler ${schedulerNameOf(pod)} here, only ${names}` };
      }
      if (each.nodeName === undefined) {
        return { namespace, name, reason: explain(each.exclusions, each.nearest) };
      }
      const reason = each.choice === undefined ? 'it packs best there with the others' : explainChoice(each.choice);
      return { namespace, name, nodeName: each.nodeName, reason };
    });
  }

  /** Moves that would make the cluster better: of pods whom a controller replaces, as far as their budgets allow. */
  rebalance(options: { readonly mostMoves?: number; readonly moveCost?: number } = {}): RebalancePlan {
    const { state } = this.options;
    const { cluster } = state;
    const { moves, nodesUsed } = planRebalancing(cluster, { ...options, mayMove: this.movable() });
    return {
      nodesUsed,
      moves: moves.flatMap(({ pod, from, to, gain, reason }) => {
        const moved = state.podAt(pod);
        if (moved === undefined) return [];
        const { namespace, name } = moved.metadata;
        return [{ namespace, name, from: cluster.nodes.nameOf(from), to: cluster.nodes.nameOf(to), gain, reason }];
      }),
    };
  }

  private movable(): (slot: number) => boolean {
    const budgets = this.options.client
      .view('PodDisruptionBudget')
      .list()
      .filter(({ status }) => (status?.disruptionsAllowed ?? 0) === 0)
      .map(({ metadata, spec }) => ({ namespace: metadata.namespace, selector: selectorOf(spec?.selector) }));
    return (slot) => {
      const pod = this.options.state.podAt(slot);
      const owner = pod?.metadata.ownerReferences?.find(({ controller }) => controller === true);
      if (pod === undefined || owner === undefined || owner.kind === 'DaemonSet') return false;
      return !budgets.some(
        ({ namespace, selector }) =>
          namespace === pod.metadata.namespace &&
          selector !== undefined &&
          matchesLabels(selector, pod.metadata.labels),
      );
    };
  }
}
