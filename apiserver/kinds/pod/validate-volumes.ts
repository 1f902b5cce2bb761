import type { PodSpec, Volume } from '../../../shared/api/objects';
import { isDns1123Label } from '../../../shared/names';
import type { StatusCause } from '../../../shared/status-error';
import { duplicate, invalidValue, requiredName, when } from '../validation/field-errors';
import { sourceProblems } from './volume-sources';

/** What is wrong with a pod's volumes, and those with which nothing is. `podName`: absent in a template. */
export function checkVolumes(
  { volumes = [] }: PodSpec,
  podName = '',
): {
  readonly problems: readonly StatusCause[];
  readonly sound: ReadonlyMap<string, Volume>;
} {
  const problems: StatusCause[] = [];
  const sound = new Map<string, Volume>();
  const made =
    podName === ''
      ? []
      : volumes.filter(({ ephemeral }) => ephemeral !== undefined).map(({ name }) => `${podName}-${name}`);
  for (const [index, volume] of volumes.entries()) {
    const path = `spec.volumes[${index}]`;
    const own = [
      ...sourceProblems(volume, path),
      ...requiredName(`${path}.name`, volume.name, isDns1123Label),
      ...when(sound.has(volume.name), duplicate(`${path}.name`, volume.name)),
    ];
    if (own.length === 0) sound.set(volume.name, volume);
    const { claimName = '' } = volume.persistentVolumeClaim ?? {};
    problems.push(
      ...own,
      ...when(
        made.includes(claimName),
        invalidValue(
          `${path}.persistentVolumeClaim.claimName`,
          claimName,
          'must not reference a PVC that gets created for an ephemeral volume',
        ),
      ),
    );
  }
  return { problems, sound };
}
