import type { ApiObject, Pod, PodSpec, StatefulSet } from '../../../shared/api/objects';
import type { PodTemplate } from '../../kinds/pod-template/pod-template';
import type { PodWords } from '../workloads/pod-control';
import { podFrom } from '../workloads/pod-control';
import { REVISION_HASH } from '../workloads/revision-history';

/** What Events say of the pods of a set (pkg/controller/statefulset/stateful_pod_control.go). */
export const WORDS: PodWords = {
  created: (pod, set) => `create Pod ${pod} in StatefulSet ${set} successful`,
  deleted: (pod, set) => `delete Pod ${pod} in StatefulSet ${set} successful`,
  notCreated: (why, pod, set) => `create Pod ${pod} in StatefulSet ${set} failed error: ${why}`,
  notDeleted: (why, pod, set) => `delete Pod ${pod} in StatefulSet ${set} failed error: ${why}`,
};

export const podName = ({ metadata }: StatefulSet, ordinal: number): string => `${metadata.name}-${ordinal}`;

/** Undefined: its name is none of the set's. */
export function ordinalOf(set: StatefulSet, { metadata: { name } }: Pod): number | undefined {
  const ordinal = /-(0|[1-9]\d{0,9})$/.exec(name)?.[1];
  return ordinal !== undefined && name === podName(set, Number(ordinal)) ? Number(ordinal) : undefined;
}

export function isWanted(set: StatefulSet, pod: Pod): boolean {
  const first = set.spec?.ordinals?.start ?? 0;
  const ordinal = ordinalOf(set, pod) ?? -1;
  return ordinal >= first && ordinal < first + (set.spec?.replicas ?? 1);
}

const MAX_LABEL_LENGTH = 63;

/** What the pods of a revision bear: its name, as the set's status has it, or its hash alone where that is too long. */
function revisionLabel({ metadata }: StatefulSet, hash: string): string {
  const name = `${metadata.name}-${hash}`;
  return name.length <= MAX_LABEL_LENGTH ? name : hash;
}

/** Which revision of its set a pod is of. A hash has no dash. */
export const hashOf = ({ metadata }: Pod): string => (metadata.labels?.[REVISION_HASH] ?? '').split('-').at(-1) ?? '';

/** The pod of an ordinal: its name, host name and volumes stay the same whoever makes it. */
export function statefulPod(set: StatefulSet, template: PodTemplate, ordinal: number, hash: string): ApiObject {
  const name = podName(set, ordinal);
  const pod = podFrom(set, template, name);
  const spec = pod['spec'] as PodSpec;
  const claims = (set.spec?.volumeClaimTemplates ?? []).map(({ metadata }) => metadata?.name ?? '');
  const volumes = [
    ...(spec.volumes ?? []).filter((volume) => !claims.includes(volume.name)),
    ...claims.map((claim) => ({ name: claim, persistentVolumeClaim: { claimName: `${claim}-${name}` } })),
  ];
  const serviceName = set.spec?.serviceName ?? '';
  return {
    ...pod,
    metadata: {
      ...pod.metadata,
      labels: {
        ...pod.metadata?.labels,
        'statefulset.kubernetes.io/pod-name': name,
        'apps.kubernetes.io/pod-index': String(ordinal),
        [REVISION_HASH]: revisionLabel(set, hash),
      },
    },
    spec: {
      ...spec,
      hostname: name,
      ...(serviceName === '' ? {} : { subdomain: serviceName }),
      ...(volumes.length === 0 ? {} : { volumes }),
    },
  };
}

/** The claims that the pod of an ordinal needs. */
export const claimsOf = (set: StatefulSet, ordinal: number): readonly ApiObject[] =>
  (set.spec?.volumeClaimTemplates ?? []).map(({ metadata, spec }) => ({
    metadata: {
      namespace: set.metadata.namespace,
      name: `${metadata?.name ?? ''}-${podName(set, ordinal)}`,
      labels: { ...metadata?.labels, ...set.spec?.selector.matchLabels },
      ...(metadata?.annotations === undefined ? {} : { annotations: { ...metadata.annotations } }),
    },
    spec: structuredClone(spec),
  }));
