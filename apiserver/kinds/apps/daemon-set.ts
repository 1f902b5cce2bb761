import type { DaemonSetSpec } from 'kubernetes-types/apps/v1';
import type { ApiObject, StoredObject } from '../../../shared/api/objects';
import type { StatusCause } from '../../../shared/status-error';
import { ageColumn, column, labelsText, nameColumn } from '../columns';
import { defineKind } from '../define-kind';
import type { Column } from '../kind';
import { lastingTemplateProblems, selectionProblems, setTemplateDefaults } from '../pod-template/pod-template';
import { setDefault } from '../set-default';
import { invalidValue, notSupported, required, when } from '../validation/field-errors';
import { isEmptySelector, validateLabelSelector } from '../validation/label-selector';
import { isZeroNumberOrPercent, notMoreThanAll, notNegative, numberOrPercent } from '../validation/numbers';
import { immutable } from '../validation/object-meta';
import { isAskedAnew } from '../pod-template/template-warnings';
import { podWarnings } from '../pod/pod-warnings';
import type { PodTemplate } from '../pod-template/pod-template';
import { STATUS } from '../verbs';
import { containerColumns, statusNumber, workloadSpec } from './workload';

const HISTORY = 10;
const STRATEGIES = ['RollingUpdate', 'OnDelete'];

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
    setDefault(strategy, 'type', 'RollingUpdate');
    if (strategy.type === 'RollingUpdate') {
      const rolling = (strategy.rollingUpdate ??= {});
      rolling.maxUnavailable ??= 1;
      rolling.maxSurge ??= 0;
    }
    spec.revisionHistoryLimit ??= HISTORY;
    setTemplateDefaults(spec.template);
  },
  validate,
  warnings: (object, old) =>
    isAskedAnew(object, old) ? podWarnings(specOf(object).template as PodTemplate, 'spec.template.') : [],
  validateUpdate: (object, old) => immutable('spec.selector', specOf(object).selector, specOf(old).selector),
});

function validate(object: ApiObject): readonly StatusCause[] {
  const { selector, template, ...spec } = specOf(object);
  return [
    ...(selector === undefined ? [required('spec.selector')] : validateLabelSelector('spec.selector', selector)),
    ...selectionProblems(selector, template),
    ...when(
      selector !== undefined && isEmptySelector(selector),
      invalidValue('spec.selector', selector, 'empty selector is invalid for daemonset'),
    ),
    ...lastingTemplateProblems('spec.template', template, 'DaemonSet'),
    ...notNegative('spec.minReadySeconds', spec.minReadySeconds),
    ...strategyProblems(spec),
    ...notNegative('spec.revisionHistoryLimit', spec.revisionHistoryLimit),
  ];
}

/** Either more pods than nodes for a while, or fewer. */
function strategyProblems({ updateStrategy = {} }: Spec): readonly StatusCause[] {
  const { type = '', rollingUpdate } = updateStrategy;
  if (!STRATEGIES.includes(type)) return [notSupported('spec.updateStrategy', updateStrategy, STRATEGIES)];
  if (type !== 'RollingUpdate') return [];
  const { maxUnavailable, maxSurge } = rollingUpdate ?? {};
  const field = 'spec.updateStrategy.rollingUpdate';
  const [isDown, isUp] = [!isZeroNumberOrPercent(maxUnavailable), !isZeroNumberOrPercent(maxSurge)];
  return [
    ...numberOrPercent(`${field}.maxUnavailable`, maxUnavailable),
    ...numberOrPercent(`${field}.maxSurge`, maxSurge),
    ...notMoreThanAll(`${field}.maxUnavailable`, maxUnavailable),
    ...notMoreThanAll(`${field}.maxSurge`, maxSurge),
    ...when(
      isDown && isUp,
      invalidValue(`${field}.maxSurge`, maxSurge, 'may not be set when maxUnavailable is non-zero'),
    ),
    ...when(!isDown && !isUp, required(`${field}.maxUnavailable`, 'cannot be 0 when maxSurge is 0')),
  ];
}
