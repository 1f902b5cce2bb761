import type { Pod } from '../../shared/api/objects';

export interface DrainRules {
  readonly force: boolean;
  readonly ignoreDaemonSets: boolean;
  readonly deleteEmptyDirData: boolean;
}

export interface Leaving {
  readonly pods: readonly Pod[];
  /** What is passed over or lost, as one warning. */
  readonly warnings: readonly string[];
  /** Why the node cannot be drained by these rules. */
  readonly problems: readonly string[];
}

const MIRROR = 'kubernetes.io/config.mirror';

/** Which pods have to leave a node that is drained, in kubectl's words (kubectl/pkg/drain/filters.go). */
export function leavingPods(pods: readonly Pod[], rules: DrainRules): Leaving {
  const ownerOf = ({ metadata }: Pod): string | undefined =>
    metadata.ownerReferences?.find(({ controller }) => controller === true)?.kind;
  const hasEnded = ({ status }: Pod): boolean => status?.phase === 'Succeeded' || status?.phase === 'Failed';
  const isDeleted = ({ metadata }: Pod): boolean => metadata.deletionTimestamp !== undefined;
  const own = pods.filter(({ metadata }) => metadata.annotations?.[MIRROR] === undefined);
  const ofDaemonSets = own.filter((pod) => ownerOf(pod) === 'DaemonSet' && !hasEnded(pod));
  const others = own.filter((pod) => !ofDaemonSets.includes(pod));
  const atRisk = others.filter((pod) => !hasEnded(pod) && !isDeleted(pod));
  const scratch = atRisk.filter(({ spec }) => spec.volumes?.some(({ emptyDir }) => emptyDir !== undefined));
  const alone = atRisk.filter((pod) => ownerOf(pod) === undefined);
  const about = (text: string, found: readonly Pod[]): readonly string[] =>
    found.length === 0
      ? []
      : [`${text}: ${found.map(({ metadata }) => `${metadata.namespace}/${metadata.name}`).join(', ')}`];
  return {
    pods: others,
    warnings: [
      ...(rules.ignoreDaemonSets ? about('ignoring DaemonSet-managed Pods', ofDaemonSets) : []),
      ...(rules.deleteEmptyDirData ? about('deleting Pods with local storage', scratch) : []),
      ...(rules.force ? about('deleting Pods that declare no controller', alone) : []),
    ],
    problems: [
      ...(rules.ignoreDaemonSets
        ? []
        : about('cannot delete DaemonSet-managed Pods (use --ignore-daemonsets to ignore)', ofDaemonSets)),
      ...(rules.deleteEmptyDirData
        ? []
        : about('cannot delete Pods with local storage (use --delete-emptydir-data to override)', scratch)),
      ...(rules.force ? [] : about('cannot delete Pods that declare no controller (use --force to override)', alone)),
    ],
  };
}
