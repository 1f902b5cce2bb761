import type { Container } from '../../../shared/api/objects';
import { isPodLevelResource } from '../../../shared/pod/pod-resources';
import { compareQuantities, isQuantity, parseQuantity } from '../../../shared/quantity';
import type { StatusCause } from '../../../shared/status-error';
import {
  duplicate,
  forbiddenField,
  invalidValue,
  notSupported,
  oneOf,
  required,
  when,
} from '../validation/field-errors';
import {
  amountProblems,
  containerResourceProblems,
  isHugePages,
  isOvercommitted,
  resourceNameProblems,
} from '../validation/resource-names';

type Asker = 'container' | 'pod';

const POD_RESOURCES = ['cpu', 'hugepages-', 'memory'];
const RESIZED = ['cpu', 'memory'];
const RESIZE_POLICIES = ['NotRequired', 'RestartContainer'];

/** What a container asks for and may take. `restartPolicy`: the pod's. */
export function resourceProblems(
  container: Container,
  path: string,
  restartPolicy: string | undefined,
): readonly StatusCause[] {
  return [
    ...requirementProblems(container.resources ?? {}, `${path}.resources`, 'container'),
    ...resizePolicyProblems(container, `${path}.resizePolicy`, restartPolicy),
  ];
}

/** `asker`: who asks and may use. */
export function requirementProblems(
  { limits = {}, requests = {} }: NonNullable<Container['resources']>,
  at: string,
  asker: Asker,
): readonly StatusCause[] {
  const names = [...Object.keys(limits), ...Object.keys(requests)];
  const one = (path: string, name: string, text: string): readonly StatusCause[] => [
    ...(asker === 'container' ? containerResourceProblems(path, name) : podResourceProblems(path, name)),
    ...amountProblems(path, name, text),
    ...hugePageProblems(path, name, text),
  ];
  return [
    ...Object.entries(limits).flatMap(([name, text]) => one(`${at}.limits[${name}]`, name, text)),
    ...Object.entries(requests).flatMap(([name, text]) => [
      ...one(`${at}.requests[${name}]`, name, text),
      ...requestProblems(at, name, text, limits[name]),
    ]),
    ...when(
      names.some(isHugePages) && !names.includes('cpu') && !names.includes('memory'),
      forbiddenField(at, 'HugePages require cpu or memory'),
    ),
  ];
}

/** One that a pod can have as a whole. */
function podResourceProblems(field: string, name: string): readonly StatusCause[] {
  const problems = resourceNameProblems(field, name);
  return problems.length > 0 ? problems : when(!isPodLevelResource(name), notSupported(field, name, POD_RESOURCES));
}

function hugePageProblems(path: string, name: string, text: string): readonly StatusCause[] {
  if (!isHugePages(name)) return [];
  const size = name.replace(/^hugepages-/, '');
  const { nanos } = parseQuantity(text);
  const isMultiple = isQuantity(size) && parseQuantity(size).nanos > 0n && nanos % parseQuantity(size).nanos === 0n;
  return when(!isMultiple, invalidValue(path, text, `${text} is not positive integer multiple of ${name}`));
}

function requestProblems(path: string, name: string, text: string, limit: string | undefined): readonly StatusCause[] {
  const isStrict = !isOvercommitted(name);
  if (limit === undefined) {
    return isStrict ? [required(`${path}.limits`, 'Limit must be set for non overcommitable resources')] : [];
  }
  const order = compareQuantities(parseQuantity(text), parseQuantity(limit));
  if (isStrict && order !== 0)
    return [invalidValue(`${path}.requests`, text, `must be equal to ${name} limit of ${limit}`)];
  return order > 0
    ? [invalidValue(`${path}.requests`, text, `must be less than or equal to ${name} limit of ${limit}`)]
    : [];
}

function resizePolicyProblems(
  { resizePolicy = [] }: Container,
  path: string,
  podPolicy: string | undefined,
): readonly StatusCause[] {
  const seen = new Set<string>();
  return resizePolicy.flatMap(({ resourceName: name, restartPolicy: policy }, index) => {
    const isAgain = seen.has(name);
    seen.add(name);
    return [
      ...when(isAgain, duplicate(`${path}[${index}]`, name)),
      ...oneOf(path, name, RESIZED),
      ...oneOf(path, policy, RESIZE_POLICIES),
      ...(podPolicy === 'Never' && policy !== 'NotRequired'
        ? [invalidValue(path, policy, "must be 'NotRequired' when `restartPolicy` is 'Never'")]
        : []),
    ];
  });
}
