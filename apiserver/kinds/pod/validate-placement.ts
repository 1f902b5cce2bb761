import type { PodSpec } from '../../../shared/api/objects';
import { isQualifiedName } from '../../../shared/names';
import type { StatusCause } from '../../../shared/status-error';
import { checkName, duplicate, each, invalidValue, notSupported, required } from '../validation/field-errors';

const WHEN = ['DoNotSchedule', 'ScheduleAnyway'];
const SYSTEMS = ['linux', 'windows'];
const MAX_WEIGHT = 100;

/** What a pod says of where it runs beside its node affinity: near whom, how spread, behind which gates. */
export const placementProblems = (spec: PodSpec): readonly StatusCause[] => [
  ...podAffinityProblems('spec.affinity.podAffinity', spec.affinity?.podAffinity),
  ...podAffinityProblems('spec.affinity.podAntiAffinity', spec.affinity?.podAntiAffinity),
  ...spreadProblems(spec),
  ...gateProblems(spec),
  ...each('spec.readinessGates', spec.readinessGates, ({ conditionType }, path) =>
    checkName(`${path}.conditionType`, conditionType, isQualifiedName),
  ),
  ...(spec.os === undefined || SYSTEMS.includes(spec.os.name)
    ? []
    : [notSupported('spec.os.name', spec.os.name, SYSTEMS)]),
];

type PodAffinity = NonNullable<NonNullable<PodSpec['affinity']>['podAffinity']>;

const podAffinityProblems = (field: string, affinity: PodAffinity | undefined): readonly StatusCause[] => [
  ...each(
    `${field}.requiredDuringSchedulingIgnoredDuringExecution`,
    affinity?.requiredDuringSchedulingIgnoredDuringExecution,
    ({ topologyKey }, path) => topologyKeyProblems(`${path}.topologyKey`, topologyKey),
  ),
  ...each(
    `${field}.preferredDuringSchedulingIgnoredDuringExecution`,
    affinity?.preferredDuringSchedulingIgnoredDuringExecution,
    ({ weight, podAffinityTerm }, path) => [
      ...(weight < 1 || weight > MAX_WEIGHT
        ? [invalidValue(`${path}.weight`, weight, 'must be in the range 1-100')]
        : []),
      ...topologyKeyProblems(`${path}.podAffinityTerm.topologyKey`, podAffinityTerm?.topologyKey),
    ],
  ),
];

const topologyKeyProblems = (field: string, key = ''): readonly StatusCause[] =>
  key === '' ? [required(field, 'can not be empty')] : checkName(field, key, isQualifiedName);

function spreadProblems({ topologySpreadConstraints }: PodSpec): readonly StatusCause[] {
  const seen = new Set<string>();
  return each('spec.topologySpreadConstraints', topologySpreadConstraints, (constraint, path) => {
    const { maxSkew = 0, topologyKey = '', whenUnsatisfiable = '', minDomains } = constraint;
    const pair = `{${topologyKey}, ${whenUnsatisfiable}}`;
    const isAgain = seen.has(pair);
    seen.add(pair);
    return [
      ...(maxSkew <= 0 ? [invalidValue(`${path}.maxSkew`, maxSkew, 'must be greater than zero')] : []),
      ...topologyKeyProblems(`${path}.topologyKey`, topologyKey),
      ...(WHEN.includes(whenUnsatisfiable) ? [] : [notSupported(`${path}.whenUnsatisfiable`, whenUnsatisfiable, WHEN)]),
      ...(isAgain ? [duplicate(`${path}.{topologyKey, whenUnsatisfiable}`, pair)] : []),
      ...(minDomains !== undefined && minDomains <= 0
        ? [invalidValue(`${path}.minDomains`, minDomains, 'must be greater than zero')]
        : []),
      ...(minDomains !== undefined && whenUnsatisfiable !== 'DoNotSchedule'
        ? [
            invalidValue(
              `${path}.minDomains`,
              minDomains,
              `can only use minDomains if whenUnsatisfiable=DoNotSchedule, not ${whenUnsatisfiable}`,
            ),
          ]
        : []),
    ];
  });
}

function gateProblems({ schedulingGates }: PodSpec): readonly StatusCause[] {
  const seen = new Set<string>();
  return each('spec.schedulingGates', schedulingGates, ({ name }, path) => {
    if (seen.has(name)) return [duplicate(path, name)];
    seen.add(name);
    return checkName(path, name, isQualifiedName);
  });
}
