import type { Pod } from '../../shared/api/objects';
import { matchesLabels, selectorOf } from '../../shared/selectors/label-selector';
import type { Client } from '../registry/client';
import type { ClusterState } from './cluster-state';
import type { PolicyKind } from './core/policies/policy';
import { plan } from './core/what-if/plan';
import { planRebalancing } from './core/what-if/rebalance';
import { explain, explainChoice } from './explanation';

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
  readonly policy: PolicyKind;
}

/** Questions about what the scheduler would do; nothing is done, and nothing of the cluster's state changes. */
export class WhatIf {
  constructor(private readonly options: WhatIfOptions) {}

  /** Where these pods would go, were they all created now. */
  plan(pods: readonly Pod[]): readonly PodPlan[] {
    const { state, policy } = this.options;
    const { cluster } = state;
    const nameOf = (node: number): string => cluster.nodes.nameOf(node);
    const planned = plan(
      cluster,
      // A policy of its own: what the loop's policy learns from, it must not learn from what never came.
      policy.create(cluster),
      pods.map((pod) => state.classOf(pod)),
    );
    return pods.map(({ metadata: { namespace, name } }, index): PodPlan => {
      const each = planned[index];
      if (each?.nodeName === undefined) {
        return { namespace, name, reason: explain(each?.exclusions ?? [], each?.nearest) };
      }
      const reason =
        each.comparison === undefined ? 'it packs best there with the others' : explainChoice(each.comparison, nameOf);
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
