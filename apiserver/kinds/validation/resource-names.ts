import { isQualifiedName } from '../../../shared/names';
import { parseQuantity } from '../../../shared/quantity';
import type { StatusCause } from '../../../shared/status-error';
import { checkName, invalidValue, when } from './field-errors';

const ONE = 1_000_000_000n;
const COMPUTE = ['cpu', 'memory', 'ephemeral-storage'];
/** What is counted: of these there are no halves. */
const COUNTS = [
  'configmaps',
  'persistentvolumeclaims',
  'pods',
  'replicationcontrollers',
  'resourcequotas',
  'secrets',
  'services',
  'services.loadbalancers',
  'services.nodeports',
];
const AMOUNTS = [...COMPUTE, ...COMPUTE.flatMap((name) => [`requests.${name}`, `limits.${name}`]), 'requests.storage'];

export const isHugePages = (name: string): boolean => name.startsWith('hugepages-');
export const isCount = (name: string): boolean => COUNTS.includes(name) || name.startsWith('count/');
/** Kubernetes' own. */
const isNative = (name: string): boolean => !name.includes('/') || name.includes('kubernetes.io/');
/** Whether more of it can be promised than there is: of Kubernetes' own resources, save huge pages. */
export const isOvercommitted = (name: string): boolean => isNative(name) && !isHugePages(name);
const isExtended = (name: string): boolean =>
  !isNative(name) && !name.startsWith('requests.') && isQualifiedName(`requests.${name}`).length === 0;

/** Of a quota that sums up amounts; it knows those of huge pages by both names. */
export const isQuotaAmount = (name: string): boolean => AMOUNTS.includes(name);
export const isQuotaResource = (name: string): boolean =>
  isCount(name) || isQuotaAmount(name) || /^(requests\.)?hugepages-/.test(name);

/** A resource: one of Kubernetes' own, or somebody's, with their domain. */
export function resourceNameProblems(field: string, name: string): readonly StatusCause[] {
  const problems = checkName(field, name, isQualifiedName);
  if (problems.length > 0 || name.includes('/')) return problems;
  const isStandard = isQuotaResource(name) || name === 'storage';
  return when(!isStandard, invalidValue(field, name, 'must be a standard resource type or fully qualified'));
}

/** One that a container can have. */
export const containerResourceProblems = (field: string, name: string): readonly StatusCause[] => [
  ...resourceNameProblems(field, name),
  ...(name.includes('/')
    ? when(
        !isNative(name) && !isExtended(name),
        invalidValue(field, name, "doesn't follow extended resource name standard"),
      )
    : when(
        !COMPUTE.includes(name) && !isHugePages(name),
        invalidValue(field, name, 'must be a standard resource for containers'),
      )),
];

/** No less than nothing, and no halves of what is counted. */
export function amountProblems(field: string, name: string, text: string): readonly StatusCause[] {
  const { nanos } = parseQuantity(text);
  return [
    ...when(nanos < 0n, invalidValue(field, text, 'must be greater than or equal to 0')),
    ...when((isCount(name) || isExtended(name)) && nanos % ONE !== 0n, invalidValue(field, text, 'must be an integer')),
  ];
}
