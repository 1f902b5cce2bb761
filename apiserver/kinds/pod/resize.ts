import type { ApiObject, Container, PodSpec, StoredObject } from '../../../shared/api/objects';
import { hasPodLevelResources } from '../../../shared/pod/pod-resources';
import { qosClassOf } from '../../../shared/pod/qos-class';
import { isSameJson } from '../../../shared/same-json';
import type { StatusCause } from '../../../shared/status-error';
import { forbiddenField, invalidValue } from '../validation/field-errors';

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
  const [qosClass, qosClassBefore] = [qosClassOf(spec), qosClassOf(before)];
  return [
    ...(qosClass === qosClassBefore
      ? []
      : [invalidValue('spec', qosClass, 'Pod QOS Class may not change as a result of resizing')]),
    ...LISTS.flatMap((list) =>
      (spec[list] ?? []).flatMap((container, index) =>
        containerProblems(container, named(before[list], container.name), {
          path: `spec.${list}[${index}].resources`,
          isFixed: list === 'initContainers' && container.restartPolicy !== 'Always',
        }),
      ),
    ),
  ];
}

function containerProblems(
  { resources = {} }: Container,
  before: Container | undefined,
  { path, isFixed }: { readonly path: string; readonly isFixed: boolean },
): readonly StatusCause[] {
  const old = before?.resources ?? {};
  if (isSameJson(resources, old)) return [];
  if (isFixed) return [forbiddenField(path, 'resources of non-sidecar init containers cannot be resized')];
  return AMOUNTS.flatMap((which) => {
    const names = new Set([...Object.keys(resources[which] ?? {}), ...Object.keys(old[which] ?? {})]);
    return [...names].flatMap((name) => {
      const [amount, was] = [resources[which]?.[name], old[which]?.[name]];
      if (amount === was) return [];
      if (!RESIZABLE.includes(name)) return [forbiddenField(path, 'only cpu and memory resources are mutable')];
      return amount === undefined ? [forbiddenField(`${path}.${which}`, `resource ${which} cannot be removed`)] : [];
    });
  });
}
