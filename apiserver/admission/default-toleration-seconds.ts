import type { PodSpec, Toleration } from '../../shared/api/objects';
import type { AdmissionPlugin } from './admission';

/** How long pods that say nothing about it stay on a node that is lost, by how it is lost. */
export interface TolerationSeconds {
  readonly notReady: number;
  readonly unreachable: number;
}

/**
 * A node that does not answer has missed three beats before it is called so, which is patience enough: its pods run elsewhere
 * within ten seconds. One that says itself that it is not ready has an engine that restarts, which takes a while.
 */
export const DEFAULT_TOLERATION_SECONDS: TolerationSeconds = { notReady: 15, unreachable: 0 };

/** A pod that says nothing about lost nodes stays on one for so long before it is evicted. */
export function createDefaultTolerationSeconds(seconds: TolerationSeconds): AdmissionPlugin {
  const defaults = [
    ['node.kubernetes.io/not-ready', seconds.notReady],
    ['node.kubernetes.io/unreachable', seconds.unreachable],
  ] as const;
  return {
    name: 'DefaultTolerationSeconds',
    admitCreate({ kind }, object) {
      if (kind.kind !== 'Pod' || kind.group !== '') return;
      const spec = object['spec'] as PodSpec | undefined;
      if (spec === undefined) return;
      const given = spec.tolerations ?? [];
      const missing = defaults.filter(([key]) => !given.some((toleration) => coversNoExecute(toleration, key)));
      if (missing.length === 0) return;
      spec.tolerations = [
        ...given,
        ...missing.map(([key, tolerationSeconds]) => ({
          key,
          operator: 'Exists' as const,
          effect: 'NoExecute' as const,
          tolerationSeconds,
        })),
      ];
    },
  };
}

const coversNoExecute = ({ key, effect }: Toleration, wanted: string): boolean =>
  (key === wanted || key === undefined || key === '') && (effect === 'NoExecute' || effect === undefined);
