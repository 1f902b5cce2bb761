import type { ApiObject, PodSpec, StatefulSet } from '../../../shared/api/objects';
import type { PodTemplate } from '../../kinds/pod-template/pod-template';
import { podFrom } from '../workloads/pod-control';
import { REVISION_HASH } from '../workloads/revision-history';

export const podName = ({ metadata }: StatefulSet, ordinal: number): string => `${metadata.name}-${ordinal}`;

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
        [REVISION_HASH]: hash,
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
