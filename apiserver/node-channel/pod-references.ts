import type { Container, EphemeralContainer, Pod, Volume } from '../../shared/api/objects';
import type { ObjectRef } from '../../shared/wire/node-channel';

/** The ConfigMaps and Secrets a pod's containers, volumes and image pulls name: all its node may read. */
export function referencesOf(pod: Pod): readonly ObjectRef[] {
  const { namespace } = pod.metadata;
  const found = new Map<string, ObjectRef>();
  const add = (kind: ObjectRef['kind'], name: string | undefined): void => {
    if (name === undefined || name === '') return;
    const ref = { kind, namespace, name };
    found.set(refKey(ref), ref);
  };
  const { spec } = pod;
  for (const container of [
    ...(spec.initContainers ?? []),
    ...spec.containers,
    ...(spec.ephemeralContainers ?? []),
  ] as readonly (Container | EphemeralContainer)[]) {
    addFromContainer(container, add);
  }
  for (const volume of spec.volumes ?? []) addFromVolume(volume, add);
  for (const secret of spec.imagePullSecrets ?? []) add('Secret', secret.name);
  return [...found.values()];
}

export const refKey = (ref: ObjectRef): string => `${ref.kind}/${ref.namespace}/${ref.name}`;

type Add = (kind: ObjectRef['kind'], name: string | undefined) => void;

function addFromContainer(container: Container | EphemeralContainer, add: Add): void {
  for (const variable of container.env ?? []) {
    add('ConfigMap', variable.valueFrom?.configMapKeyRef?.name);
    add('Secret', variable.valueFrom?.secretKeyRef?.name);
  }
  for (const source of container.envFrom ?? []) {
    add('ConfigMap', source.configMapRef?.name);
    add('Secret', source.secretRef?.name);
  }
}

function addFromVolume(volume: Volume, add: Add): void {
  add('ConfigMap', volume.configMap?.name);
  add('Secret', volume.secret?.secretName);
  for (const source of volume.projected?.sources ?? []) {
    add('ConfigMap', source.configMap?.name);
    add('Secret', source.secret?.name);
  }
}
