import type { PodSpec } from '../../../shared/api/objects';
import { containerTotal, isPodLevelResource } from '../../../shared/pod/pod-resources';
import { compareQuantities, formatQuantity, parseQuantity } from '../../../shared/quantity';
import type { StatusCause } from '../../../shared/status-error';
import { each, forbiddenField, invalidValue } from '../validation/field-errors';
import { requirementProblems } from './validate-resources';

const HUGE_PAGES = 'hugepages-';
const PATH = 'spec.resources';

/**
 * What a pod asks for as a whole is at least what its containers ask for, and none of them may use more than the pod
 * (kubernetes/pkg/apis/core/validation, validatePodResources).
 */
export function podLevelProblems(spec: PodSpec): readonly StatusCause[] {
  const { resources } = spec;
  if (resources === undefined) return [];
  return [
    ...requirementProblems(resources, PATH, 'pod'),
    ...((resources.claims ?? []).length === 0
      ? []
      : [forbiddenField(`${PATH}.claims`, 'claims may not be set for Resources at pod-level')]),
    ...tooLittle(spec, 'requests'),
    ...tooLittle(spec, 'limits', (name) => name.startsWith(HUGE_PAGES)),
    // The path is Kubernetes' own.
    ...each(`${PATH}.containers`, spec.containers, (container, path) =>
      Object.entries(container.resources?.limits ?? {}).flatMap(([name, text]) => {
        const most = resources.limits?.[name];
        return most === undefined || compareQuantities(parseQuantity(text), parseQuantity(most)) <= 0
          ? []
          : [invalidValue(`${path}[${name}].limits`, text, `must be less than or equal to pod limits of ${most}`)];
      }),
    ),
  ];
}

function tooLittle(
  spec: PodSpec,
  kind: 'requests' | 'limits',
  concerns: (name: string) => boolean = isPodLevelResource,
): readonly StatusCause[] {
  return [...containerTotal(spec, kind)].flatMap(([name, total]) => {
    const text = spec.resources?.[kind]?.[name];
    return text === undefined || !concerns(name) || compareQuantities(total, parseQuantity(text)) <= 0
      ? []
      : [
          invalidValue(
            `${PATH}.${kind}[${name}]`,
            text,
            `must be greater than or equal to aggregate container ${kind} of ${formatQuantity(total)}`,
          ),
        ];
  });
}

/**
 * The defaults of kubernetes/pkg/apis/core/v1/defaults.go, in place, once the containers have theirs: huge pages are limited to
 * what the containers may use together, and a limited pod requests what its containers do, or its limit.
 */
export function setPodLevelDefaults(spec: PodSpec): void {
  const { resources } = spec;
  if (resources === undefined) return;
  const { requests = {}, limits = {} } = resources;
  if (Object.keys(requests).length + Object.keys(limits).length === 0) return;
  for (const [name, total] of containerTotal(spec, 'limits'))
    if (name.startsWith(HUGE_PAGES) && requests[name] === undefined) limits[name] ??= formatQuantity(total);
  if (Object.keys(limits).length === 0) return;
  resources.limits = limits;
  for (const [name, total] of containerTotal(spec, 'requests'))
    if (isPodLevelResource(name) && !name.startsWith(HUGE_PAGES)) requests[name] ??= formatQuantity(total);
  for (const [name, limit] of Object.entries(limits)) if (isPodLevelResource(name)) requests[name] ??= limit;
  if (Object.keys(requests).length > 0) resources.requests = requests;
}
