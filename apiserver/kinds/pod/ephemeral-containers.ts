import type { ApiObject, EphemeralContainer, PodSpec, StoredObject } from '../../../shared/api/objects';
import { isSameJson } from '../../../shared/same-json';
import type { StatusCause } from '../../../shared/status-error';
import { each, forbiddenField, notFoundField } from '../validation/field-errors';
import { specDiff } from '../validation/spec-diff';

const FIELD = 'spec.ephemeralContainers';
const NOT_FOR_EPHEMERAL = 'cannot be set for an Ephemeral Container';

/** What makes sense for a container that nobody relies on (allowedEphemeralContainerFields of core/validation). */
const ALLOWED: ReadonlySet<string> = new Set([
  'name',
  'image',
  'command',
  'args',
  'workingDir',
  'envFrom',
  'env',
  'volumeMounts',
  'volumeDevices',
  'terminationMessagePath',
  'terminationMessagePolicy',
  'imagePullPolicy',
  'securityContext',
  'stdin',
  'stdinOnce',
  'tty',
  'targetContainerName',
]);

const isSet = (value: unknown): boolean =>
  !(value === undefined || value === null || value === '' || isSameJson(value, {}) || isSameJson(value, []));

/** What is particular to ephemeral containers; what they share with all containers is checked with those. */
export function validateEphemeralContainer(
  container: EphemeralContainer,
  path: string,
  otherNames: ReadonlySet<string>,
): readonly StatusCause[] {
  const { targetContainerName: target = '' } = container;
  return [
    ...(target !== '' && !otherNames.has(target) ? [notFoundField(`${path}.targetContainerName`, target)] : []),
    ...Object.entries(container)
      .filter(([name, value]) => !ALLOWED.has(name) && isSet(value))
      .map(([name]) => forbiddenField(`${path}.${name}`, NOT_FOR_EPHEMERAL)),
    ...each(`${path}.volumeMounts`, container.volumeMounts, ({ subPath, subPathExpr }, at) => [
      ...(isSet(subPath) ? [forbiddenField(`${at}.subPath`, NOT_FOR_EPHEMERAL)] : []),
      ...(isSet(subPathExpr) ? [forbiddenField(`${at}.subPathExpr`, NOT_FOR_EPHEMERAL)] : []),
    ]),
  ];
}

const ephemeralOf = (object: ApiObject | StoredObject): readonly EphemeralContainer[] =>
  (object['spec'] as PodSpec | undefined)?.ephemeralContainers ?? [];

/** What was added before stays as it is. */
export function validateEphemeralUpdate(object: ApiObject, old: StoredObject): readonly StatusCause[] {
  const wanted = new Map(ephemeralOf(object).map((container) => [container.name, container]));
  return ephemeralOf(old).flatMap((container) => {
    const next = wanted.get(container.name);
    if (next !== undefined && isSameJson(next, container)) return [];
    const what = next === undefined ? 'removed\n' : `changed\n${specDiff(container, next)}`;
    return [forbiddenField(FIELD, `existing ephemeral containers "${container.name}" may not be ${what}`)];
  });
}

/** Through this door nothing changes but the list of ephemeral containers. */
export function keepAllButEphemeral(object: StoredObject, old: StoredObject): void {
  const { ephemeralContainers } = (object['spec'] as PodSpec | undefined) ?? { containers: [] };
  const { ephemeralContainers: _before, ...kept } = structuredClone(old['spec'] as PodSpec);
  object['spec'] = { ...kept, ...(ephemeralContainers === undefined ? {} : { ephemeralContainers }) };
}
