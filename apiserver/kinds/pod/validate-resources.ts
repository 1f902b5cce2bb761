import type { Container } from '../../../shared/api/objects';
import { isPodLevelResource } from '../../../shared/pod/pod-resources';
import { isQualifiedName } from '../../../shared/names';
import { compareQuantities, parseQuantity } from '../../../shared/quantity';
import type { StatusCause } from '../../../shared/status-error';
import { checkName, duplicate, forbiddenField, invalidValue, notSupported, required } from '../validation/field-errors';

type Asker = 'container' | 'pod';
type Amounts = Readonly<Record<string, string>>;

const HUGE_PAGES = 'hugepages-';
const CONTAINER_RESOURCES = ['cpu', 'memory', 'ephemeral-storage'];
const POD_RESOURCES = ['cpu', 'hugepages-', 'memory'];
const RESIZED = ['cpu', 'memory'];
const RESIZE_POLICIES = ['NotRequired', 'RestartContainer'];

const isHugePages = (name: string): boolean => name.startsWith(HUGE_PAGES);
/** Whether more of it can be promised than there is: of Kubernetes' own resources, save huge pages. */
const isOvercommitted = (name: string): boolean =>
  (!name.includes('/') || name.includes('kubernetes.io/')) && !isHugePages(name);

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
  return [
    ...amountProblems(`${at}.limits`, limits, asker),
    ...amountProblems(`${at}.requests`, requests, asker),
    ...Object.entries(requests).flatMap(([name, text]) => requestProblems(at, name, text, limits[name])),
    ...(names.some(isHugePages) && !names.includes('cpu') && !names.includes('memory')
      ? [forbiddenField(at, 'HugePages require cpu or memory')]
      : []),
  ];
}

function amountProblems(path: string, amounts: Amounts, asker: Asker): readonly StatusCause[] {
  return Object.entries(amounts).flatMap(([name, text]) => {
    const field = `${path}[${name}]`;
    return [
      ...checkName(field, name, isQualifiedName),
      ...nameProblems(field, name, asker),
      ...(parseQuantity(text).nanos < 0n ? [invalidValue(field, text, 'must be greater than or equal to 0')] : []),
    ];
  });
}

function nameProblems(field: string, name: string, asker: Asker): readonly StatusCause[] {
  if (asker === 'pod') return isPodLevelResource(name) ? [] : [notSupported(field, name, POD_RESOURCES)];
  return name.includes('/') || CONTAINER_RESOURCES.includes(name) || isHugePages(name)
    ? []
    : [invalidValue(field, name, 'must be a standard resource for containers')];
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
  return resizePolicy.flatMap(({ resourceName: name, restartPolicy: policy }) => {
    const isAgain = seen.has(name);
    seen.add(name);
    return [
      ...(isAgain ? [duplicate(path, name)] : []),
      ...oneOf(path, name, RESIZED),
      ...oneOf(path, policy, RESIZE_POLICIES),
      ...(podPolicy === 'Never' && policy !== 'NotRequired'
        ? [invalidValue(path, policy, "must be 'NotRequired' when `restartPolicy` is 'Never'")]
        : []),
    ];
  });
}

function oneOf(path: string, value: string | undefined, known: readonly string[]): readonly StatusCause[] {
  if (value === undefined || value === '') return [required(path)];
  return known.includes(value) ? [] : [notSupported(path, value, known)];
}
