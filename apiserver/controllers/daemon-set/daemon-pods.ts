import type { ApiObject, DaemonSet, Node, Pod, PodSpec, Toleration } from '../../../shared/api/objects';
import type { PodTemplate } from '../../kinds/pod-template/pod-template';
import { matchesTerm } from '../../scheduler/core/node-constraints/node-terms';
import { toleratesTaint } from '../../scheduler/core/node-constraints/tolerations';
import { podFrom } from '../workloads/pod-control';
import { REVISION_HASH } from '../workloads/revision-history';

const NAME_FIELD = 'metadata.name';
const tolerate = (name: string, effect: 'NoExecute' | 'NoSchedule'): Toleration => ({
  key: `node.kubernetes.io/${name}`,
  operator: 'Exists',
  effect,
});
/** Daemons run also where a node is in trouble: they may be what mends it. */
const TOLERATIONS: readonly Toleration[] = [
  tolerate('not-ready', 'NoExecute'),
  tolerate('unreachable', 'NoExecute'),
  tolerate('disk-pressure', 'NoSchedule'),
  tolerate('memory-pressure', 'NoSchedule'),
  tolerate('pid-pressure', 'NoSchedule'),
  tolerate('unschedulable', 'NoSchedule'),
];

const templateOf = ({ spec }: DaemonSet): PodTemplate => (spec?.template ?? {}) as PodTemplate;

function tolerationsOf(spec: Partial<PodSpec>): Toleration[] {
  const own = spec.tolerations ?? [];
  const added = [
    ...TOLERATIONS,
    ...(spec.hostNetwork === true ? [tolerate('network-unavailable', 'NoSchedule')] : []),
  ].filter(({ key, effect }) => !own.some((each) => each.key === key && each.effect === effect));
  return [...own, ...added];
}

/** The pod for one node: bound to it by the node affinity that the scheduler heeds. */
export function daemonPod(set: DaemonSet, node: string, hash: string): ApiObject {
  const pod = podFrom(set, templateOf(set));
  const spec = pod['spec'] as PodSpec;
  const term = { matchFields: [{ key: NAME_FIELD, operator: 'In' as const, values: [node] }] };
  return {
    ...pod,
    metadata: { ...pod.metadata, labels: { ...pod.metadata?.labels, [REVISION_HASH]: hash } },
    spec: {
      ...spec,
      tolerations: tolerationsOf(spec),
      affinity: {
        ...spec.affinity,
        nodeAffinity: {
          ...spec.affinity?.nodeAffinity,
          requiredDuringSchedulingIgnoredDuringExecution: { nodeSelectorTerms: [term] },
        },
      },
    },
  };
}

/** Where a daemon pod runs or is meant to. */
export function nodeOf({ spec }: Pod): string | undefined {
  if ((spec.nodeName ?? '') !== '') return spec.nodeName;
  const terms = spec.affinity?.nodeAffinity?.requiredDuringSchedulingIgnoredDuringExecution?.nodeSelectorTerms ?? [];
  return terms.flatMap(({ matchFields = [] }) => matchFields).find(({ key }) => key === NAME_FIELD)?.values?.[0];
}

/** Whether a node is to get a pod of the set, and whether it may keep the one it has. */
export function placeOn(set: DaemonSet, node: Node): { readonly shouldRun: boolean; readonly mayStay: boolean } {
  const spec: Partial<PodSpec> = templateOf(set).spec ?? {};
  const labels = node.metadata.labels ?? {};
  const required = spec.affinity?.nodeAffinity?.requiredDuringSchedulingIgnoredDuringExecution;
  const isMeant =
    ((spec.nodeName ?? '') === '' || spec.nodeName === node.metadata.name) &&
    Object.entries(spec.nodeSelector ?? {}).every(([key, value]) => labels[key] === value) &&
    (required === undefined ||
      required.nodeSelectorTerms.some((term) =>
        matchesTerm({ name: node.metadata.name, labels: node.metadata.labels ?? {} }, term),
      ));
  if (!isMeant) return { shouldRun: false, mayStay: false };
  const tolerations = tolerationsOf(spec);
  const refused = (node.spec?.taints ?? []).filter(
    (taint) => taint.effect !== 'PreferNoSchedule' && !tolerations.some((each) => toleratesTaint(each, taint)),
  );
  return { shouldRun: refused.length === 0, mayStay: refused.every(({ effect }) => effect !== 'NoExecute') };
}
