import type { DaemonSetSpec } from 'kubernetes-types/apps/v1';
import type { ApiObject, StoredObject } from '../../../shared/api/objects';
import type { StatusCause } from '../../../shared/status-error';
import { ageColumn, column, labelsText, nameColumn } from '../columns';
import { defineKind } from '../define-kind';
import type { Column } from '../kind';
import { setTemplateDefaults, validateSelector, validateTemplate } from '../pod-template/pod-template';
import { invalidValue, notSupported } from '../validation/field-errors';
import { isZeroNumberOrPercent, notNegative, numberOrShare } from '../validation/numbers';
import { immutable } from '../validation/object-meta';
import { STATUS } from '../verbs';
import { containerColumns, statusNumber, workloadSpec } from './workload';

const HISTORY = 10;
const STRATEGIES = ['OnDelete', 'RollingUpdate'];

type Spec = Partial<DaemonSetSpec>;
const specOf = (object: ApiObject | StoredObject): Spec => workloadSpec<Spec>(object);

const count = (name: string, field: string, description: string): Column =>
  column(name, (object) => statusNumber(object, field), { type: 'integer', description });

export const daemonSet = defineKind({
  group: 'apps',
  version: 'v1',
  kind: 'DaemonSet',
  plural: 'daemonsets',
  shortNames: ['ds'],
  categories: ['all'],
  subresources: [STATUS],
  schema: 'io.k8s.api.apps.v1.DaemonSet',
  columns: [
    nameColumn,
    count('Desired', 'desiredNumberScheduled', 'Nodes that should run the daemon pod'),
    count('Current', 'currentNumberScheduled', 'Nodes that run at least one daemon pod and should'),
    count('Ready', 'numberReady', 'Nodes whose daemon pod is ready'),
    count('Up-to-date', 'updatedNumberScheduled', 'Nodes that run the updated daemon pod'),
    count('Available', 'numberAvailable', 'Nodes whose daemon pod is ready for minReadySeconds'),
    column('Node Selector', (object) => labelsText(specOf(object).template?.spec?.nodeSelector), {
      description: 'The nodes that are meant',
    }),
    ageColumn,
    ...containerColumns,
  ],
  hasStatus: true,
  hasGeneration: true,
  setDefaults(object) {
    const spec = (object['spec'] ??= {}) as Spec;
    const strategy = (spec.updateStrategy ??= {});
    strategy.type ??= 'RollingUpdate';
    if (strategy.type === 'RollingUpdate') {
      const rolling = (strategy.rollingUpdate ??= {});
      rolling.maxUnavailable ??= 1;
      rolling.maxSurge ??= 0;
    }
    spec.revisionHistoryLimit ??= HISTORY;
    setTemplateDefaults(spec.template);
  },
  validate,
  validateUpdate: (object, old) => immutable('spec.selector', specOf(object).selector, specOf(old).selector),
});

function validate(object: ApiObject): readonly StatusCause[] {
  const spec = specOf(object);
  const { type = '', rollingUpdate } = spec.updateStrategy ?? {};
  const field = 'spec.updateStrategy.rollingUpdate';
  const bothSet =
    rollingUpdate !== undefined &&
    !isZeroNumberOrPercent(rollingUpdate.maxUnavailable) &&
    !isZeroNumberOrPercent(rollingUpdate.maxSurge);
  const bothZero =
    isZeroNumberOrPercent(rollingUpdate?.maxUnavailable) && isZeroNumberOrPercent(rollingUpdate?.maxSurge);
  return [
    ...validateSelector(spec.selector, spec.template),
    ...validateTemplate('spec.template', spec.template, ['Always']),
    ...notNegative('spec.minReadySeconds', spec.minReadySeconds),
    ...notNegative('spec.revisionHistoryLimit', spec.revisionHistoryLimit),
    ...(STRATEGIES.includes(type) ? [] : [notSupported('spec.updateStrategy.type', type, STRATEGIES)]),
    ...(bothSet
      ? [invalidValue(`${field}.maxSurge`, rollingUpdate.maxSurge, 'may not be set when maxUnavailable is non-zero')]
      : []),
    ...numberOrShare(`${field}.maxUnavailable`, rollingUpdate?.maxUnavailable),
    ...numberOrShare(`${field}.maxSurge`, rollingUpdate?.maxSurge),
    ...(bothZero
      ? [invalidValue(`${field}.maxUnavailable`, rollingUpdate?.maxUnavailable, 'cannot be 0 when maxSurge is 0')]
      : []),
  ];
}
