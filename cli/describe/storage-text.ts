import type { PersistentVolume, PersistentVolumeClaim, Pod, StorageClass } from '../../shared/api/objects';
import { volumeSourceText } from './containers-text';
import { annotationLines, labelLines, multiline, sortedPairs } from './maps';

const SHORT_MODES: Readonly<Record<string, string>> = {
  ReadWriteOnce: 'RWO',
  ReadOnlyMany: 'ROX',
  ReadWriteMany: 'RWX',
  ReadWriteOncePod: 'RWOP',
};

const modesText = (modes: readonly string[] = []): string => modes.map((mode) => SHORT_MODES[mode] ?? mode).join(',');

const phaseOf = (metadata: { readonly deletionTimestamp?: string }, phase: string | undefined): string =>
  metadata.deletionTimestamp === undefined ? (phase ?? '') : 'Terminating';

const modeLine = (mode: string | undefined): string => (mode === undefined ? '' : `VolumeMode:\t${mode}\n`);

/** `pods`: of its namespace, of which those that mount it are told. */
export function claimText({ metadata, spec, status }: PersistentVolumeClaim, pods: readonly Pod[]): string {
  const users = pods
    .filter(({ spec: { volumes = [] } }) =>
      volumes.some(({ persistentVolumeClaim }) => persistentVolumeClaim?.claimName === metadata.name),
    )
    .map((pod) => pod.metadata.name);
  // Until it is bound it has nothing of what it asks for.
  const bound = (spec?.volumeName ?? '') === '' ? undefined : status;
  return [
    `Name:\t${metadata.name}\nNamespace:\t${metadata.namespace}\n`,
    `StorageClass:\t${spec?.storageClassName ?? ''}\nStatus:\t${phaseOf(metadata, status?.phase)}\n`,
    `Volume:\t${spec?.volumeName ?? ''}\n`,
    labelLines('Labels', metadata.labels),
    annotationLines('Annotations', metadata.annotations),
    `Finalizers:\t[${(metadata.finalizers ?? []).join(' ')}]\n`,
    `Capacity:\t${bound?.capacity?.storage ?? ''}\nAccess Modes:\t${modesText(bound?.accessModes)}\n`,
    modeLine(spec?.volumeMode),
    multiline('Used By', users),
  ].join('');
}

export function volumeText({ metadata, spec, status }: PersistentVolume): string {
  const { claimRef } = spec ?? {};
  return [
    `Name:\t${metadata.name}\n`,
    labelLines('Labels', metadata.labels),
    annotationLines('Annotations', metadata.annotations),
    `Finalizers:\t[${(metadata.finalizers ?? []).join(' ')}]\n`,
    `StorageClass:\t${spec?.storageClassName ?? ''}\nStatus:\t${phaseOf(metadata, status?.phase)}\n`,
    `Claim:\t${claimRef === undefined ? '' : `${claimRef.namespace ?? ''}/${claimRef.name ?? ''}`}\n`,
    `Reclaim Policy:\t${spec?.persistentVolumeReclaimPolicy ?? ''}\nAccess Modes:\t${modesText(spec?.accessModes)}\n`,
    modeLine(spec?.volumeMode),
    `Capacity:\t${spec?.capacity?.storage ?? ''}\n`,
    affinityText(spec?.nodeAffinity),
    `Message:\t${status?.message ?? ''}\nSource:\n`,
    sourceText(spec),
  ].join('');
}

function affinityText(affinity: NonNullable<PersistentVolume['spec']>['nodeAffinity']): string {
  const terms = affinity?.required?.nodeSelectorTerms;
  if (terms === undefined) return 'Node Affinity:\t<none>\n';
  const lines = terms.map(({ matchExpressions = [], matchFields = [] }, index) => {
    const wanted = [...matchExpressions, ...matchFields].map(({ key, operator, values = [] }) =>
      [key, operator.toLowerCase(), ...(values.length === 0 ? [] : [`[${values.join(', ')}]`])].join(' '),
    );
    const [first = '<none>', ...others] = wanted;
    return `    Term ${index}:\t${[first, ...others.map((each) => `\t${each}`)].join('\n')}\n`;
  });
  return `Node Affinity:\t\n  Required Terms:\t${lines.length === 0 ? '<none>' : ''}\n${lines.join('')}`;
}

/** What a pod may mount as well is told as it is of a pod. */
function sourceText(spec: PersistentVolume['spec']): string {
  if (spec?.local !== undefined)
    return `    Type:\tLocalVolume (a persistent volume backed by local storage on a node)\n    Path:\t${spec.local.path}\n`;
  if (spec?.csi !== undefined) {
    const { driver, fsType = '', volumeHandle, readOnly = false, volumeAttributes } = spec.csi;
    const attributes = sortedPairs(volumeAttributes).map(([key, value]) => `${key}=${value}`);
    return [
      '    Type:\tCSI (a Container Storage Interface (CSI) volume source)\n',
      `    Driver:\t${driver}\n    FSType:\t${fsType}\n    VolumeHandle:\t${volumeHandle}\n    ReadOnly:\t${readOnly}\n`,
      multiline('    VolumeAttributes', attributes),
    ].join('');
  }
  const { hostPath, nfs } = spec ?? {};
  return volumeSourceText({
    name: '',
    ...(hostPath === undefined ? {} : { hostPath }),
    ...(nfs === undefined ? {} : { nfs }),
  });
}

const IS_DEFAULT = 'storageclass.kubernetes.io/is-default-class';

export function storageClassText({ metadata, ...storage }: StorageClass): string {
  const pairs = (map: Readonly<Record<string, string>> | undefined): string =>
    sortedPairs(map)
      .map(([key, value]) => `${key}=${value}`)
      .join(',') || '<none>';
  const options = storage.mountOptions ?? [];
  return [
    `Name:\t${metadata.name}\nIsDefaultClass:\t${metadata.annotations?.[IS_DEFAULT] === 'true' ? 'Yes' : 'No'}\n`,
    `Annotations:\t${pairs(metadata.annotations)}\nProvisioner:\t${storage.provisioner}\n`,
    `Parameters:\t${pairs(storage.parameters)}\n`,
    `AllowVolumeExpansion:\t${storage.allowVolumeExpansion === undefined ? '<unset>' : storage.allowVolumeExpansion ? 'True' : 'False'}\n`,
    options.length === 0
      ? 'MountOptions:\t<none>\n'
      : `MountOptions:\n${options.map((option) => `  ${option}\n`).join('')}`,
    `ReclaimPolicy:\t${storage.reclaimPolicy ?? ''}\nVolumeBindingMode:\t${storage.volumeBindingMode ?? ''}\n`,
  ].join('');
}
