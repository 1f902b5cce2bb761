import type { Pod } from '../api/objects';

/** The claim that is made for an ephemeral volume of a pod. */
export const ephemeralClaimName = (podName: string, volumeName: string): string => `${podName}-${volumeName}`;

/** The claims of a pod by name: those it names, and those that are made for it. */
export const claimNamesOf = ({ metadata, spec }: Pick<Pod, 'metadata' | 'spec'>): readonly string[] =>
  (spec.volumes ?? []).flatMap(({ name, persistentVolumeClaim, ephemeral }) =>
    persistentVolumeClaim !== undefined
      ? [persistentVolumeClaim.claimName]
      : ephemeral === undefined
        ? []
        : [ephemeralClaimName(metadata.name, name)],
  );
