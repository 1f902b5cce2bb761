import type { Container, EnvVar } from '../../../shared/api/objects';
import { isConfigKey, isDns1123Label, isEnvName, isPortName } from '../../../shared/names';
import type { StatusCause } from '../../../shared/status-error';
import {
  checkName,
  duplicate,
  each,
  invalidValue,
  notFoundField,
  notSupported,
  required,
} from '../validation/field-errors';
import { idProblems, portRange } from '../validation/numbers';
import { handlerProblems } from './validate-handlers';
import { resourceProblems } from './validate-resources';

export interface ContainerContext {
  readonly volumes: ReadonlySet<string>;
  readonly hostNetwork: boolean;
  readonly isInit: boolean;
  /** The pod's. */
  readonly restartPolicy?: string | undefined;
  readonly graceSeconds?: number | undefined;
}

const PULL_POLICIES = ['Always', 'IfNotPresent', 'Never'];
const MESSAGE_POLICIES = ['File', 'FallbackToLogsOnError'];
const PROTOCOLS = ['SCTP', 'TCP', 'UDP'];
const isSidecar = (container: Container): boolean => restartPolicyOf(container) === 'Always';
const restartPolicyOf = (container: Container): string | undefined =>
  (container as { restartPolicy?: string }).restartPolicy;

export function validateContainer(
  container: Container,
  path: string,
  context: ContainerContext,
): readonly StatusCause[] {
  return [
    ...((container.name ?? '') === ''
      ? [required(`${path}.name`)]
      : checkName(`${path}.name`, container.name, isDns1123Label)),
    ...imageProblems(container, path),
    ...(MESSAGE_POLICIES.includes(container.terminationMessagePolicy ?? 'File')
      ? []
      : [
          invalidValue(
            `${path}.terminationMessagePolicy`,
            container.terminationMessagePolicy,
            "must be 'File' or 'FallbackToLogsOnError'",
          ),
        ]),
    ...portProblems(container, path, context.hostNetwork),
    ...each(`${path}.env`, container.env, envProblems),
    ...each(`${path}.envFrom`, container.envFrom, ({ prefix, configMapRef, secretRef }, at) => [
      ...checkName(`${at}.prefix`, prefix === '' ? undefined : prefix, isEnvName),
      ...sourceCountProblems(at, [configMapRef, secretRef]),
      ...(configMapRef !== undefined && (configMapRef.name ?? '') === '' ? [required(`${at}.configMapRef.name`)] : []),
      ...(secretRef !== undefined && (secretRef.name ?? '') === '' ? [required(`${at}.secretRef.name`)] : []),
    ]),
    ...mountProblems(container, path, context.volumes),
    ...handlerProblems(container, path, {
      runsOnce: context.isInit && !isSidecar(container),
      graceSeconds: context.graceSeconds,
    }),
    ...resourceProblems(container, path, context.restartPolicy),
    ...securityProblems(container, path),
  ];
}

/** Only init containers have a restart policy of their own, and only one that makes them sidecars. */
export function validateSidecarPolicy(container: Container, path: string): readonly StatusCause[] {
  const policy = restartPolicyOf(container);
  return policy === undefined || policy === 'Always' ? [] : [notSupported(`${path}.restartPolicy`, policy, ['Always'])];
}

function imageProblems({ image = '', imagePullPolicy = '' }: Container, path: string): readonly StatusCause[] {
  return [
    ...(image === '' ? [required(`${path}.image`)] : []),
    ...(image !== image.trim()
      ? [invalidValue(`${path}.image`, image, 'must not have leading or trailing whitespace')]
      : []),
    ...(PULL_POLICIES.includes(imagePullPolicy)
      ? []
      : [notSupported(`${path}.imagePullPolicy`, imagePullPolicy, PULL_POLICIES)]),
  ];
}

function portProblems({ ports }: Container, path: string, hostNetwork: boolean): readonly StatusCause[] {
  const names = new Set<string>();
  return each(`${path}.ports`, ports, ({ name, containerPort, hostPort, protocol = '' }, at) => {
    const isAgain = name !== undefined && names.has(name);
    if (name !== undefined) names.add(name);
    return [
      ...checkName(`${at}.name`, name === '' ? undefined : name, isPortName),
      ...(isAgain ? [duplicate(`${at}.name`, name)] : []),
      ...(containerPort === undefined || containerPort === 0
        ? [required(`${at}.containerPort`)]
        : portRange(`${at}.containerPort`, containerPort)),
      ...(hostPort === undefined || hostPort === 0 ? [] : portRange(`${at}.hostPort`, hostPort)),
      ...(hostNetwork && hostPort !== undefined && hostPort !== 0 && hostPort !== containerPort
        ? [invalidValue(`${at}.hostPort`, hostPort, 'must match `containerPort` when `hostNetwork` is true')]
        : []),
      ...(PROTOCOLS.includes(protocol) ? [] : [notSupported(`${at}.protocol`, protocol, PROTOCOLS)]),
    ];
  });
}

const sourceCountProblems = (path: string, sources: readonly unknown[]): readonly StatusCause[] => {
  const given = sources.filter((source) => source !== undefined).length;
  if (given === 1) return [];
  return [
    invalidValue(
      path,
      '',
      given === 0
        ? 'must specify one of: `configMapRef` or `secretRef`'
        : 'may not have more than one field specified at a time',
    ),
  ];
};

function envProblems({ name, value, valueFrom }: EnvVar, path: string): readonly StatusCause[] {
  const problems = (name ?? '') === '' ? [required(`${path}.name`)] : checkName(`${path}.name`, name, isEnvName);
  if (valueFrom === undefined) return problems;
  const at = `${path}.valueFrom`;
  const { fieldRef, resourceFieldRef, configMapKeyRef, secretKeyRef } = valueFrom;
  const given = [fieldRef, resourceFieldRef, configMapKeyRef, secretKeyRef].filter(
    (source) => source !== undefined,
  ).length;
  return [
    ...problems,
    ...(given === 0
      ? [
          invalidValue(
            at,
            '',
            'must specify one of: `fieldRef`, `resourceFieldRef`, `configMapKeyRef` or `secretKeyRef`',
          ),
        ]
      : []),
    ...(given > 1 ? [invalidValue(at, '', 'may not have more than one field specified at a time')] : []),
    ...((value ?? '') !== '' && given > 0
      ? [invalidValue(at, '', 'may not be specified when `value` is not empty')]
      : []),
    ...(fieldRef === undefined ? [] : fieldRefProblems(`${at}.fieldRef`, fieldRef.fieldPath)),
    ...(configMapKeyRef === undefined ? [] : keyRefProblems(`${at}.configMapKeyRef`, configMapKeyRef)),
    ...(secretKeyRef === undefined ? [] : keyRefProblems(`${at}.secretKeyRef`, secretKeyRef)),
    ...(resourceFieldRef !== undefined && (resourceFieldRef.resource ?? '') === ''
      ? [required(`${at}.resourceFieldRef.resource`)]
      : []),
  ];
}

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

function fieldRefProblems(path: string, fieldPath: string | undefined): readonly StatusCause[] {
  if (fieldPath === undefined || fieldPath === '') return [required(`${path}.fieldPath`)];
  if (/^metadata\.(labels|annotations)\['.+'\]$/.test(fieldPath) || ENV_FIELDS.includes(fieldPath)) return [];
  const isKnown = /^(metadata|spec|status)\./.test(fieldPath) && !fieldPath.includes('[');
  return [
    isKnown
      ? notSupported(`${path}.fieldPath`, fieldPath, ENV_FIELDS)
      : invalidValue(`${path}.fieldPath`, fieldPath, 'error converting fieldPath: field label not supported'),
  ];
}

const keyRefProblems = (
  path: string,
  { name, key }: { name?: string | undefined; key: string },
): readonly StatusCause[] => [
  ...((name ?? '') === '' ? [required(`${path}.name`)] : []),
  ...((key ?? '') === '' ? [required(`${path}.key`)] : checkName(`${path}.key`, key, isConfigKey)),
];

function mountProblems(
  { volumeMounts }: Container,
  path: string,
  volumes: ReadonlySet<string>,
): readonly StatusCause[] {
  const paths = new Set<string>();
  return each(`${path}.volumeMounts`, volumeMounts, ({ name, mountPath, subPath, subPathExpr }, at) => {
    const isAgain = paths.has(mountPath);
    paths.add(mountPath);
    return [
      ...((name ?? '') === '' ? [required(`${at}.name`)] : []),
      ...((name ?? '') !== '' && !volumes.has(name) ? [notFoundField(`${at}.name`, name)] : []),
      ...((mountPath ?? '') === '' ? [required(`${at}.mountPath`)] : []),
      ...(isAgain ? [invalidValue(`${at}.mountPath`, mountPath, 'must be unique')] : []),
      ...(subPath === undefined ? [] : localPathProblems(`${at}.subPath`, subPath)),
      ...(subPathExpr === undefined ? [] : localPathProblems(`${at}.subPathExpr`, subPathExpr)),
      ...((subPath ?? '') !== '' && (subPathExpr ?? '') !== ''
        ? [invalidValue(`${at}.subPathExpr`, subPathExpr, 'subPathExpr and subPath are mutually exclusive')]
        : []),
    ];
  });
}

/** A path that stays below where it starts. */
export const localPathProblems = (path: string, value: string): readonly StatusCause[] => [
  ...(value.startsWith('/') ? [invalidValue(path, value, 'must be a relative path')] : []),
  ...(value.split('/').includes('..') ? [invalidValue(path, value, "must not contain '..'")] : []),
];

function securityProblems({ securityContext }: Container, path: string): readonly StatusCause[] {
  const at = `${path}.securityContext`;
  const { privileged, allowPrivilegeEscalation, runAsUser, runAsGroup } = securityContext ?? {};
  return [
    ...(privileged === true && allowPrivilegeEscalation === false
      ? [invalidValue(at, securityContext, 'cannot set `allowPrivilegeEscalation` to false and `privileged` to true')]
      : []),
    ...idProblems(`${at}.runAsUser`, runAsUser),
    ...idProblems(`${at}.runAsGroup`, runAsGroup),
  ];
}
