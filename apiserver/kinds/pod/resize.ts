import type { ApiObject, Container, PodSpec, ResourceRequirements, StoredObject } from '../../../shared/api/objects';
import { hasPodLevelResources } from '../../../shared/pod/pod-resources';
import { qosClassOf } from '../../../shared/pod/qos-class';
import { isSameJson } from '../../../shared/same-json';
import type { StatusCause } from '../../../shared/status-error';
import { forbiddenField, invalidValue, when } from '../validation/field-errors';

const RESIZABLE = ['cpu', 'memory'];
const LISTS = ['containers', 'initContainers'] as const;
const AMOUNTS = ['requests', 'limits'] as const;

const specOf = (object: ApiObject | StoredObject): PodSpec =>
  (object['spec'] as PodSpec | undefined) ?? { containers: [] };

const named = (containers: readonly Container[] | undefined, name: string): Container | undefined =>
  containers?.find((container) => container.name === name);

/** Through this door nothing changes but what containers ask for and may use. */
export function keepAllButResources(object: StoredObject, old: StoredObject): void {
  const wanted = specOf(object);
  const kept = structuredClone(specOf(old));
  for (const list of LISTS)
    for (const container of kept[list] ?? []) {
      const resources = named(wanted[list], container.name)?.resources;
      if (resources !== undefined) container.resources = resources;
    }
  object['spec'] = kept;
}

/** As ValidatePodResize of kubernetes/pkg/apis/core/validation. */
export function validateResize(object: ApiObject, old: StoredObject): readonly StatusCause[] {
  const spec = specOf(object);
  const before = specOf(old);
  if (hasPodLevelResources(spec) || hasPodLevelResources(before))
    return [forbiddenField('', 'pods with pod-level resources cannot be resized')];
  if (before.os?.name === 'windows') return [forbiddenField('', 'windows pods cannot be resized')];
  const qosClass = qosClassOf(before);
  const resized = LISTS.flatMap((list) =>
    (spec[list] ?? []).map((container, index) => ({
      path: `spec.${list}[${index}].resources`,
      sort: list === 'containers' ? 'regular' : container.restartPolicy === 'Always' ? 'sidecar' : 'init',
      now: container.resources ?? {},
      before: named(before[list], container.name)?.resources ?? {},
    })),
  ) satisfies readonly Resized[];
  return [
    ...when(
      qosClassOf(spec) !== qosClass,
      invalidValue('spec', qosClass, 'Pod QOS Class may not change as a result of resizing'),
    ),
    ...resized.filter(({ sort }) => sort !== 'init').flatMap(removalProblems),
    ...resized.filter(isOtherwiseChanged).map(({ sort }) => forbiddenField('spec', FIXED[sort])),
  ];
}

interface Resized {
  readonly path: string;
  readonly sort: keyof typeof FIXED;
  readonly now: ResourceRequirements;
  readonly before: ResourceRequirements;
}

const FIXED = {
  regular: 'only cpu and memory resources are mutable',
  sidecar: 'only cpu and memory resources for sidecar containers are mutable',
  init: 'resources for non-sidecar init containers are immutable',
} as const;

const removalProblems = ({ path, now, before }: Resized): readonly StatusCause[] =>
  AMOUNTS.flatMap((which) =>
    when(
      Object.keys(before[which] ?? {}).some((name) => now[which]?.[name] === undefined),
      forbiddenField(`${path}.${which}`, `resource ${which} cannot be removed`),
    ),
  );

/** Whether something else than what may change has changed. */
function isOtherwiseChanged({ sort, now, before }: Resized): boolean {
  const fixed = (resources: ResourceRequirements): object =>
    AMOUNTS.map((which) =>
      Object.fromEntries(
        Object.entries(resources[which] ?? {}).filter(([name]) => sort === 'init' || !RESIZABLE.includes(name)),
      ),
    );
  return !isSameJson(fixed(now), fixed(before));
}
