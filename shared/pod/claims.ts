import type { Pod, Volume } from '../api/objects';

/** A claim's volume as an agent is told of it: beside the claim stands where it lies. */
export interface ResolvedVolume extends Volume {
  /** How it is to be mounted, by its PersistentVolume. */
  readonly mountOptions?: readonly string[];
}

export const mountOptionsOf = (volume: Volume): readonly string[] => (volume as ResolvedVolume).mountOptions ?? [];

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
