import type { StatefulSetSpec } from 'kubernetes-types/apps/v1';
import type { ApiObject, StoredObject } from '../../../shared/api/objects';
import { isSameJson } from '../../../shared/same-json';
import type { StatusCause } from '../../../shared/status-error';
import { ageColumn, column, nameColumn } from '../columns';
import { defineKind } from '../define-kind';
import type { PodTemplate } from '../pod-template/pod-template';
import {
  lastingTemplateProblems,
  selectionProblems,
  selectorProblems,
  setTemplateDefaults,
} from '../pod-template/pod-template';
import { setDefault } from '../set-default';
import { setClaimDefaults } from '../storage/claim-defaults';
import { each, forbiddenField, invalidValue, oneOfIfSet, requiredName, when } from '../validation/field-errors';
import { isZeroNumberOrPercent, notMoreThanAll, notNegative, numberOrPercent } from '../validation/numbers';
import { isAskedAnew, workloadWarnings } from '../pod-template/template-warnings';
import { claimWarnings } from '../storage/claim-warnings';
import { SCALE, STATUS } from '../verbs';
import { containerColumns, statusNumber, workloadSpec } from './workload';

const HISTORY = 10;
const MANAGEMENT = ['OrderedReady', 'Parallel'];
const RETENTION = ['Retain', 'Delete'];
/** What of a StatefulSet's spec may change (kubernetes/pkg/apis/apps/validation). */
const MUTABLE = [
  'replicas',
  'ordinals',
  'template',
  'updateStrategy',
  'revisionHistoryLimit',
  'persistentVolumeClaimRetentionPolicy',
  'minReadySeconds',
];

type Spec = Partial<StatefulSetSpec>;
const specOf = (object: ApiObject | StoredObject): Spec => workloadSpec<Spec>(object);

export const statefulSet = defineKind({
  group: 'apps',
  version: 'v1',
  kind: 'StatefulSet',
  plural: 'statefulsets',
  shortNames: ['sts'],
  categories: ['all'],
  subresources: [STATUS, SCALE],
  schema: 'io.k8s.api.apps.v1.StatefulSet',
  nameRule: 'dns1123-label',
  columns: [
    nameColumn,
    column('Ready', (object) => `${statusNumber(object, 'readyReplicas')}/${specOf(object).replicas ?? 0}`, {
      description: 'Number of the pod with ready state',
    }),
    ageColumn,
    ...containerColumns.slice(0, 2),
  ],
  hasStatus: true,
  hasGeneration: true,
  scale: { replicas: 'spec.replicas', statusReplicas: 'status.replicas', selector: 'spec.selector' },
  setDefaults(object) {
    const spec = (object['spec'] ??= {}) as Spec;
    setDefault(spec, 'podManagementPolicy', 'OrderedReady');
    const strategy = (spec.updateStrategy ??= {});
    setDefault(strategy, 'type', 'RollingUpdate');
    if (strategy.type === 'RollingUpdate') (strategy.rollingUpdate ??= {}).partition ??= 0;
    const retention = (spec.persistentVolumeClaimRetentionPolicy ??= {});
    retention.whenDeleted ??= 'Retain';
    retention.whenScaled ??= 'Retain';
    spec.replicas ??= 1;
    spec.revisionHistoryLimit ??= HISTORY;
    setTemplateDefaults(spec.template);
    for (const claim of spec.volumeClaimTemplates ?? []) {
      claim.apiVersion ??= 'v1';
      claim.kind ??= 'PersistentVolumeClaim';
      setClaimDefaults(claim as Parameters<typeof setClaimDefaults>[0]);
    }
  },
  validate,
  warnings(object, old) {
    const { volumeClaimTemplates = [], revisionHistoryLimit: limit = 0 } = specOf(object);
    return [
      ...workloadWarnings('spec.template')(object, old),
      ...(isAskedAnew(object, old)
        ? volumeClaimTemplates.flatMap(({ spec }, index) =>
            claimWarnings(spec ?? {}, `spec.volumeClaimTemplates[${index}].Spec`),
          )
        : []),
      ...(limit < 0
        ? ['spec.revisionHistoryLimit: a negative value retains all historical revisions; a value >= 0 is recommended']
        : []),
    ];
  },
  validateUpdate(object, old) {
    const frozen = (of: Spec): object =>
      Object.fromEntries(Object.entries(of).filter(([field]) => !MUTABLE.includes(field)));
    return isSameJson(frozen(specOf(object)), frozen(specOf(old)))
      ? []
      : [
          forbiddenField(
            'spec',
            "updates to statefulset spec for fields other than 'replicas', 'ordinals', 'template', 'updateStrategy', 'revisionHistoryLimit', 'persistentVolumeClaimRetentionPolicy' and 'minReadySeconds' are forbidden",
          ),
        ];
  },
});

function validate(object: ApiObject): readonly StatusCause[] {
  const spec = specOf(object);
  const { whenDeleted = '', whenScaled = '' } = spec.persistentVolumeClaimRetentionPolicy ?? {};
  const management = spec.podManagementPolicy ?? '';
  return [
    ...when(
      !MANAGEMENT.includes(management),
      invalidValue('spec.podManagementPolicy', management, "must be 'OrderedReady' or 'Parallel'"),
    ),
    ...strategyProblems(spec),
    ...oneOfIfSet('spec.persistentVolumeClaimRetentionPolicy.whenDeleted', whenDeleted, RETENTION),
    ...oneOfIfSet('spec.persistentVolumeClaimRetentionPolicy.whenScaled', whenScaled, RETENTION),
    ...notNegative('spec.replicas', spec.replicas),
    ...notNegative('spec.minReadySeconds', spec.minReadySeconds),
    ...notNegative('spec.ordinals.start', spec.ordinals?.start),
    ...selectorProblems(spec.selector, 'statefulset'),
    ...selectionProblems(spec.selector, spec.template),
    ...lastingTemplateProblems('spec.template', withClaimedVolumes(spec), 'StatefulSet'),
    ...each('spec.volumeClaimTemplates', spec.volumeClaimTemplates, ({ metadata }, path) =>
      requiredName(`${path}.metadata.name`, metadata?.name),
    ),
  ];
}

function strategyProblems({ updateStrategy = {} }: Spec): readonly StatusCause[] {
  const { type = '', rollingUpdate } = updateStrategy;
  const field = 'spec.updateStrategy';
  switch (type) {
    case 'OnDelete':
      return when(
        rollingUpdate !== undefined,
        invalidValue(`${field}.rollingUpdate`, rollingUpdate, "only allowed for updateStrategy 'RollingUpdate'"),
      );
    case 'RollingUpdate': {
      const { partition, maxUnavailable } = rollingUpdate ?? {};
      const at = `${field}.rollingUpdate.maxUnavailable`;
      return [
        ...notNegative(`${field}.rollingUpdate.partition`, partition),
        ...numberOrPercent(at, maxUnavailable),
        ...when(isZeroNumberOrPercent(maxUnavailable), invalidValue(at, maxUnavailable, 'cannot be 0')),
        ...notMoreThanAll(at, maxUnavailable),
      ];
    }
    default:
      return [invalidValue(field, updateStrategy, "must be 'RollingUpdate' or 'OnDelete'")];
  }
}

/** Its pods have a volume for each claim that is made for them, whether the template says so or not. */
function withClaimedVolumes({ template, volumeClaimTemplates = [] }: Spec): PodTemplate | undefined {
  if (template?.spec === undefined) return template as PodTemplate | undefined;
  const names = volumeClaimTemplates.flatMap(({ metadata }) => metadata?.name ?? []);
  const others = (template.spec.volumes ?? []).filter(({ name }) => !names.includes(name));
  const claimed = names.map((name) => ({ name, persistentVolumeClaim: { claimName: name } }));
  return { ...template, spec: { ...template.spec, volumes: [...others, ...claimed] } } as PodTemplate;
}
