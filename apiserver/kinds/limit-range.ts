import type { LimitRangeSpec } from 'kubernetes-types/core/v1';
import type { ApiObject } from '../../shared/api/objects';
import type { Quantity } from '../../shared/quantity';
import { compareQuantities, formatQuantity, parseQuantity } from '../../shared/quantity';
import type { StatusCause } from '../../shared/status-error';
import { createdColumn, nameColumn } from './columns';
import { defineKind } from './define-kind';
import { isQualifiedName } from '../../shared/names';
import { checkName, duplicate, each, forbiddenField, invalidValue, required, when } from './validation/field-errors';
import { containerResourceProblems, isOvercommitted, resourceNameProblems } from './validation/resource-names';

type Item = LimitRangeSpec['limits'][number];
type Amounts = Readonly<Record<string, string>> | undefined;

const STORAGE = 'storage';
const TYPES = ['Container', 'PersistentVolumeClaim', 'Pod'];
const NANO = 1_000_000_000n;
const limitsOf = (object: Readonly<Record<string, unknown>>): Item[] =>
  (object['spec'] as LimitRangeSpec | undefined)?.limits ?? [];

export const limitRange = defineKind({
  group: '',
  version: 'v1',
  kind: 'LimitRange',
  plural: 'limitranges',
  shortNames: ['limits'],
  schema: 'io.k8s.api.core.v1.LimitRange',
  createsOnUpdate: true,
  columns: [nameColumn, createdColumn],
  setDefaults(object) {
    for (const item of limitsOf(object)) {
      if (item.type !== 'Container') continue;
      // A default limit is the maximum where none is given, a default request the limit, or else the minimum.
      item.default = { ...item.max, ...item.default };
      item.defaultRequest = { ...item.min, ...item.default, ...item.defaultRequest };
    }
  },
  validate: (object: ApiObject) =>
    each('spec.limits', limitsOf(object), (item, path, index) => [
      ...typeProblems(item.type ?? '', `${path}.type`),
      ...when(
        limitsOf(object).findIndex(({ type }) => type === item.type) < index,
        duplicate(`${path}.type`, item.type),
      ),
      ...problemsOf(item, path),
    ]),
});

/** As ValidateLimitRange of kubernetes/pkg/apis/core/validation. */
function problemsOf(item: Item, path: string): readonly StatusCause[] {
  const ofPod = "may not be specified when `type` is 'Pod'";
  const isPod = item.type === 'Pod';
  const hasNoBound = item.min?.[STORAGE] === undefined && item.max?.[STORAGE] === undefined;
  const ofContainers = isPod || item.type === 'Container';
  const named = (field: Field | 'maxLimitRequestRatio'): readonly StatusCause[] =>
    names(item[field]).flatMap((name) =>
      (ofContainers ? containerResourceProblems : resourceNameProblems)(`${path}.${field}[${name}]`, name),
    );
  return [
    ...named('max'),
    ...named('min'),
    ...(isPod
      ? [
          ...when(isGiven(item.default), forbiddenField(`${path}.default`, ofPod)),
          ...when(isGiven(item.defaultRequest), forbiddenField(`${path}.defaultRequest`, ofPod)),
        ]
      : [...named('default'), ...named('defaultRequest')]),
    ...when(
      item.type === 'PersistentVolumeClaim' && hasNoBound,
      required(`${path}.limits`, 'either minimum or maximum storage value is required, but neither was provided'),
    ),
    ...named('maxLimitRequestRatio'),
    ...ORDERED.flatMap(([low, high, at, lowText, highText, shown]) =>
      names(item[low]).flatMap((name) => {
        const [below, above] = [quantity(item[low], name), quantity(item[high], name)];
        if (below === undefined || above === undefined || compareQuantities(below, above) <= 0) return [];
        const text = `${lowText} value ${formatQuantity(below)} is greater than ${highText} value ${formatQuantity(above)}`;
        return [invalidValue(`${path}.${at}[${name}]`, formatQuantity(shown === 'low' ? below : above), text)];
      }),
    ),
    ...names(item.maxLimitRequestRatio).flatMap((name) => ratioProblems(item, name, path)),
    ...names(item.defaultRequest).flatMap((name) => strictProblems(item, name, path)),
  ];
}

/** A type of its own: one of Kubernetes', or somebody's, with their domain. */
function typeProblems(type: string, field: string): readonly StatusCause[] {
  const problems = checkName(field, type, isQualifiedName);
  if (problems.length > 0 || TYPES.includes(type) || type.includes('/')) return problems;
  return [invalidValue(field, type, 'must be a standard limit type or fully qualified')];
}

/** Of what cannot be promised twice, the request is the limit. */
function strictProblems(item: Item, name: string, path: string): readonly StatusCause[] {
  const [limit, request] = [quantity(item.default, name), quantity(item.defaultRequest, name)];
  if (isOvercommitted(name) || limit === undefined || request === undefined) return [];
  const [limitText, requestText] = [formatQuantity(limit), formatQuantity(request)];
  return when(
    compareQuantities(limit, request) !== 0,
    invalidValue(
      `${path}.defaultRequest[${name}]`,
      requestText,
      `default value ${limitText} must equal to defaultRequest value ${requestText} in ${name}`,
    ),
  );
}

type Field = 'min' | 'max' | 'default' | 'defaultRequest';

/** What must not be above what, the field that is to blame, how the two are called, and which of them is shown. */
const ORDERED: readonly (readonly [Field, Field, Field, string, string, 'low' | 'high'])[] = [
  ['min', 'max', 'min', 'min', 'max', 'low'],
  ['min', 'defaultRequest', 'defaultRequest', 'min', 'default request', 'high'],
  ['defaultRequest', 'max', 'defaultRequest', 'default request', 'max', 'low'],
  ['defaultRequest', 'default', 'defaultRequest', 'default request', 'default limit', 'low'],
  ['min', 'default', 'default', 'min', 'default', 'low'],
  ['default', 'max', 'default', 'default', 'max', 'high'],
];

const isGiven = (amounts: Amounts): boolean => names(amounts).length > 0;
const names = (amounts: Amounts): readonly string[] => Object.keys(amounts ?? {}).sort();
const quantity = (amounts: Amounts, name: string): Quantity | undefined => {
  const text = amounts?.[name];
  return text === undefined ? undefined : parseQuantity(text);
};

function ratioProblems(item: Item, name: string, path: string): readonly StatusCause[] {
  const [ratio, min, max] = [item.maxLimitRequestRatio, item.min, item.max].map((each) => quantity(each, name));
  if (ratio === undefined) return [];
  const refuse = (why: string): StatusCause =>
    invalidValue(
      `${path}.maxLimitRequestRatio[${name}]`,
      formatQuantity(ratio),
      `ratio ${formatQuantity(ratio)} ${why}`,
    );
  if (ratio.nanos < NANO) return [refuse('is less than 1')];
  if (min === undefined || max === undefined || min.nanos === 0n || ratio.nanos * min.nanos <= max.nanos * NANO)
    return [];
  return [refuse(`is greater than max/min = ${(Number(max.nanos) / Number(min.nanos)).toFixed(6)}`)];
}
