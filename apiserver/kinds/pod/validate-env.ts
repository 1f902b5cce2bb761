import type { EnvFromSource, EnvVar, ObjectFieldSelector, ResourceFieldSelector } from 'kubernetes-types/core/v1';
import { isConfigKey, isDns1123Subdomain, isEnvName, isQualifiedName } from '../../../shared/names';
import { formatQuantity, parseQuantity } from '../../../shared/quantity';
import type { StatusCause } from '../../../shared/status-error';
import {
  checkName,
  checkNameIfSet,
  each,
  invalidValue,
  notSupported,
  required,
  requiredName,
  when,
} from '../validation/field-errors';

const ENV_FIELDS = [
  'metadata.name',
  'metadata.namespace',
  'metadata.uid',
  'spec.nodeName',
  'spec.serviceAccountName',
  'status.hostIP',
  'status.hostIPs',
  'status.podIP',
  'status.podIPs',
];
/** Fields of a pod that have a name, whether or not they can be handed to its containers. */
const LABELS = [
  ...ENV_FIELDS,
  'metadata.annotations',
  'metadata.labels',
  'spec.host',
  'spec.restartPolicy',
  'spec.schedulerName',
  'status.phase',
];
const RESOURCES = ['cpu', 'ephemeral-storage', 'memory'];
const RESOURCE_FIELDS = ['limits', 'requests'].flatMap((which) => RESOURCES.map((name) => `${which}.${name}`));
const BYTE_DIVISORS = ['1', '1k', '1M', '1G', '1T', '1P', '1E', '1Ki', '1Mi', '1Gi', '1Ti', '1Pi', '1Ei'];

export const envProblems = ({ name, value = '', valueFrom }: EnvVar, path: string): readonly StatusCause[] => {
  const problems = requiredName(`${path}.name`, name, isEnvName);
  if (valueFrom === undefined) return problems;
  const at = `${path}.valueFrom`;
  const { fieldRef, resourceFieldRef, configMapKeyRef, secretKeyRef } = valueFrom;
  const given = [fieldRef, resourceFieldRef, configMapKeyRef, secretKeyRef].filter((source) => source !== undefined);
  return [
    ...problems,
    ...(fieldRef === undefined ? [] : fieldRefProblems(`${at}.fieldRef`, fieldRef, ENV_FIELDS)),
    ...(resourceFieldRef === undefined
      ? []
      : resourceFieldProblems(`${at}.resourceFieldRef`, resourceFieldRef, { isFile: false })),
    ...(configMapKeyRef === undefined ? [] : keyRefProblems(`${at}.configMapKeyRef`, configMapKeyRef)),
    ...(secretKeyRef === undefined ? [] : keyRefProblems(`${at}.secretKeyRef`, secretKeyRef)),
    ...countProblems(at, given.length, {
      none: 'must specify one of: `fieldRef`, `resourceFieldRef`, `configMapKeyRef` or `secretKeyRef`',
      hasValue: value !== '',
    }),
  ];
};

export const envFromProblems = (field: string, sources: readonly EnvFromSource[] | undefined): readonly StatusCause[] =>
  each(field, sources, ({ prefix, configMapRef, secretRef }, at) => [
    ...checkNameIfSet(`${at}.prefix`, prefix, isEnvName),
    ...(configMapRef === undefined ? [] : prefixName(`${at}.configMapRef.name`, configMapRef.name)),
    ...(secretRef === undefined ? [] : prefixName(`${at}.secretRef.name`, secretRef.name)),
    ...countProblems(field, [configMapRef, secretRef].filter((source) => source !== undefined).length, {
      none: 'must specify one of: `configMapRef` or `secretRef`',
      hasValue: false,
    }),
  ]);

/** A trailing dash is let pass here, as Kubernetes does. */
const prefixName = (field: string, name = ''): readonly StatusCause[] =>
  name === ''
    ? [required(field)]
    : isDns1123Subdomain(name.replace(/-+$/, 'a')).map((problem) => invalidValue(field, name, problem));

function countProblems(
  field: string,
  given: number,
  { none, hasValue }: { readonly none: string; readonly hasValue: boolean },
): readonly StatusCause[] {
  if (given === 0) return [invalidValue(field, '', none)];
  if (hasValue) return [invalidValue(field, '', 'may not be specified when `value` is not empty')];
  return when(given > 1, invalidValue(field, '', 'may not have more than one field specified at a time'));
}

/** A field of the pod, one of `known`, or one label or annotation of it: `metadata.labels['app']`. */
export function fieldRefProblems(
  at: string,
  { apiVersion = 'v1', fieldPath = '' }: Partial<ObjectFieldSelector>,
  known: readonly string[],
): readonly StatusCause[] {
  const field = `${at}.fieldPath`;
  const refuse = (why: string): readonly StatusCause[] => [
    invalidValue(field, fieldPath, `error converting fieldPath: ${why}`),
  ];
  if (fieldPath === '') return [required(field)];
  if (apiVersion !== 'v1') return refuse(`unsupported pod version: ${apiVersion}`);
  const [, path = '', subscript = ''] = /^(.+?)\['(.*)'\]$/.exec(fieldPath) ?? [];
  if (path === 'metadata.annotations') return checkName(at, subscript.toLowerCase(), isQualifiedName);
  if (path === 'metadata.labels') return checkName(at, subscript, isQualifiedName);
  if (path !== '') return refuse(`field label does not support subscript: ${fieldPath}`);
  if (!LABELS.includes(fieldPath)) return refuse(`field label not supported: ${fieldPath}`);
  return when(!known.includes(fieldPath), notSupported(field, fieldPath, known));
}

/** An amount that a container asked for. `isFile`: of a volume's, which has to say whose. */
export function resourceFieldProblems(
  at: string,
  { containerName = '', resource = '', divisor = '0' }: Partial<ResourceFieldSelector>,
  { isFile }: { readonly isFile: boolean },
): readonly StatusCause[] {
  const isKnown = RESOURCE_FIELDS.includes(resource) || /^(limits|requests)\.hugepages-/.test(resource);
  const problem =
    isFile && containerName === ''
      ? [required(`${at}.containerName`)]
      : resource === ''
        ? [required(`${at}.resource`)]
        : when(!isKnown, notSupported(`${at}.resource`, resource, RESOURCE_FIELDS));
  return [...problem, ...divisorProblems(`${at}.divisor`, resource, formatQuantity(parseQuantity(divisor)))];
}

function divisorProblems(field: string, resource: string, divisor: string): readonly StatusCause[] {
  const [, name = ''] = /^(?:limits|requests)\.(.+)$/.exec(resource) ?? [];
  if (divisor === '0' || name === '') return [];
  if (name === 'cpu') {
    const why = "only divisor's values 1m and 1 are supported with the cpu resource";
    return when(!['1m', '1'].includes(divisor), invalidValue(field, resource, why));
  }
  const what =
    name === 'ephemeral-storage' ? 'local ephemeral storage' : name.startsWith('hugepages-') ? 'hugepages' : name;
  const why = `only divisor's values ${BYTE_DIVISORS.join(', ')} are supported with the ${what} resource`;
  return when(!BYTE_DIVISORS.includes(divisor), invalidValue(field, resource, why));
}

const keyRefProblems = (
  path: string,
  { name = '', key }: { name?: string | undefined; key: string },
): readonly StatusCause[] => [
  ...checkName(`${path}.name`, name, isDns1123Subdomain),
  ...requiredName(`${path}.key`, key, isConfigKey),
];
