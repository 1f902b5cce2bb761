import type { ApiObject, Container, PodSpec, Toleration } from '../../../shared/api/objects';
import { isDns1123Label, isDns1123Subdomain, isLabelValue, isQualifiedName } from '../../../shared/names';
import type { StatusCause } from '../../../shared/status-error';
import {
  checkName,
  duplicate,
  each,
  forbiddenField,
  invalidValue,
  notSupported,
  required,
} from '../validation/field-errors';
import { validateLabels } from '../validation/object-meta';
import { validateEphemeralContainer } from './ephemeral-containers';
import { podLevelProblems } from './pod-level-resources';
import type { ContainerContext } from './validate-container';
import { validateContainer, validateSidecarPolicy } from './validate-container';
import { placementProblems } from './validate-placement';
import { validateVolumes } from './validate-volumes';
import { ipAddress } from '../validation/addresses';
import { idProblems } from '../validation/numbers';

const RESTART_POLICIES = ['Always', 'OnFailure', 'Never'];
const DNS_POLICIES = ['ClusterFirstWithHostNet', 'ClusterFirst', 'Default', 'None'];
const EFFECTS = ['NoSchedule', 'PreferNoSchedule', 'NoExecute'];
const MAX_DEADLINE = 2 ** 31 - 1;

/** A pod's spec in the words of kubernetes/pkg/apis/core/validation. */
export function validatePod(object: ApiObject): readonly StatusCause[] {
  const spec = object['spec'] as PodSpec | undefined;
  if (spec?.containers === undefined || spec.containers.length === 0) return [required('spec.containers')];
  return [
    ...volumeAndContainerProblems(spec),
    ...podLevelProblems(spec),
    ...(RESTART_POLICIES.includes(spec.restartPolicy ?? '')
      ? []
      : [notSupported('spec.restartPolicy', spec.restartPolicy ?? '', RESTART_POLICIES)]),
    ...(DNS_POLICIES.includes(spec.dnsPolicy ?? '')
      ? []
      : [notSupported('spec.dnsPolicy', spec.dnsPolicy ?? '', DNS_POLICIES)]),
    ...(spec.dnsPolicy === 'None' && (spec.dnsConfig?.nameservers ?? []).length === 0
      ? [required('spec.dnsConfig', 'must provide `dnsConfig` when `dnsPolicy` is None')]
      : []),
    ...((spec.terminationGracePeriodSeconds ?? 0) < 0
      ? [
          invalidValue(
            'spec.terminationGracePeriodSeconds',
            spec.terminationGracePeriodSeconds,
            'must be greater than or equal to 0',
          ),
        ]
      : []),
    ...deadlineProblems(spec),
    ...identityProblems(spec),
    ...checkName('spec.nodeName', spec.nodeName === '' ? undefined : spec.nodeName, isDns1123Subdomain),
    ...checkName(
      'spec.serviceAccountName',
      spec.serviceAccountName === '' ? undefined : spec.serviceAccountName,
      isDns1123Subdomain,
    ),
    ...checkName('spec.hostname', spec.hostname === '' ? undefined : spec.hostname, isDns1123Label),
    ...checkName('spec.subdomain', spec.subdomain === '' ? undefined : spec.subdomain, isDns1123Label),
    ...each('spec.hostAliases', spec.hostAliases, ({ ip, hostnames }, path) => [
      ...ipAddress(`${path}.ip`, ip ?? ''),
      ...each(`${path}.hostnames`, hostnames, (hostname, at) => checkName(at, hostname, isDns1123Subdomain)),
    ]),
    ...validateLabels('spec.nodeSelector', spec.nodeSelector),
    ...each('spec.tolerations', spec.tolerations, tolerationProblems),
    ...each('spec.imagePullSecrets', spec.imagePullSecrets, ({ name }, path) =>
      (name ?? '') === '' ? [required(`${path}.name`)] : [],
    ),
    ...affinityProblems(spec),
    ...placementProblems(spec),
  ];
}

function volumeAndContainerProblems(spec: PodSpec): readonly StatusCause[] {
  const volumes = new Set((spec.volumes ?? []).map(({ name }) => name));
  const lasting = new Set([...spec.containers, ...(spec.initContainers ?? [])].map(({ name }) => name));
  const context = (isInit: boolean): ContainerContext => ({
    volumes,
    hostNetwork: spec.hostNetwork === true,
    isInit,
    restartPolicy: spec.restartPolicy,
    graceSeconds: spec.terminationGracePeriodSeconds,
  });
  const names = new Set<string>();
  const unique = (name: string | undefined, path: string): readonly StatusCause[] => {
    if (name === undefined || name === '') return [];
    if (names.has(name)) return [duplicate(`${path}.name`, name)];
    names.add(name);
    return [];
  };
  return [
    ...validateVolumes(spec.volumes),
    ...each('spec.containers', spec.containers, (container, path) => [
      ...validateContainer(container, path, context(false)),
      ...unique(container.name, path),
    ]),
    ...hostPortProblems(spec),
    ...each('spec.initContainers', spec.initContainers, (container, path) => [
      ...validateSidecarPolicy(container, path),
      ...validateContainer(container, path, context(true)),
      ...unique(container.name, path),
    ]),
    ...each('spec.ephemeralContainers', spec.ephemeralContainers, (container, path) => [
      ...validateContainer(container as Container, path, { volumes, hostNetwork: false, isInit: false }),
      ...validateEphemeralContainer(container, path, lasting),
      ...unique(container.name, path),
    ]),
  ];
}

/** Two containers of one pod cannot have the same port of the host. */
function hostPortProblems(spec: PodSpec): readonly StatusCause[] {
  const seen = new Set<string>();
  return each('spec.containers', spec.containers, (container, path) =>
    each(`${path}.ports`, container.ports, ({ hostPort = 0, hostIP = '', protocol = '' }, portPath) => {
      if (hostPort === 0) return [];
      const id = `${protocol}/${hostIP}/${hostPort}`;
      if (seen.has(id)) return [duplicate(`${portPath}.hostPort`, id)];
      seen.add(id);
      return [];
    }),
  );
}

function identityProblems({ securityContext = {} }: PodSpec): readonly StatusCause[] {
  const at = 'spec.securityContext';
  const { runAsUser, runAsGroup, fsGroup, supplementalGroups } = securityContext;
  return [
    ...idProblems(`${at}.fsGroup`, fsGroup),
    ...idProblems(`${at}.runAsUser`, runAsUser),
    ...idProblems(`${at}.runAsGroup`, runAsGroup),
    ...each(`${at}.supplementalGroups`, supplementalGroups, (group, path) => idProblems(path, group)),
  ];
}

function deadlineProblems({ activeDeadlineSeconds: seconds }: PodSpec): readonly StatusCause[] {
  return seconds !== undefined && (seconds < 1 || seconds > MAX_DEADLINE)
    ? [invalidValue('spec.activeDeadlineSeconds', seconds, `must be between 1 and ${MAX_DEADLINE}, inclusive`)]
    : [];
}

function tolerationProblems(toleration: Toleration, path: string): readonly StatusCause[] {
  const { key = '', operator = 'Equal', value = '', effect, tolerationSeconds } = toleration;
  return [
    ...(key === '' ? [] : checkName(`${path}.key`, key, isQualifiedName)),
    ...(key === '' && operator !== 'Exists'
      ? [
          invalidValue(
            `${path}.operator`,
            operator,
            'operator must be Exists when `key` is empty, which means "match all values and all keys"',
          ),
        ]
      : []),
    ...(tolerationSeconds !== undefined && effect !== 'NoExecute'
      ? [invalidValue(`${path}.effect`, effect ?? '', "effect must be 'NoExecute' when `tolerationSeconds` is set")]
      : []),
    ...(operator === 'Equal' ? checkName(`${path}.operator`, value, isLabelValue) : []),
    ...(operator === 'Exists' && value !== ''
      ? [invalidValue(`${path}.operator`, value, "value must be empty when `operator` is 'Exists'")]
      : []),
    ...(operator !== 'Equal' && operator !== 'Exists'
      ? [notSupported(`${path}.operator`, operator, ['Equal', 'Exists'])]
      : []),
    ...(effect !== undefined && !EFFECTS.includes(effect) ? [notSupported(`${path}.effect`, effect, EFFECTS)] : []),
  ];
}

const SELECTOR_OPERATORS = ['In', 'NotIn', 'Exists', 'DoesNotExist', 'Gt', 'Lt'];

function affinityProblems({ affinity }: PodSpec): readonly StatusCause[] {
  const field = 'spec.affinity.nodeAffinity';
  const needed = affinity?.nodeAffinity?.requiredDuringSchedulingIgnoredDuringExecution;
  const preferred = affinity?.nodeAffinity?.preferredDuringSchedulingIgnoredDuringExecution;
  return [
    ...(needed !== undefined && (needed.nodeSelectorTerms ?? []).length === 0
      ? [
          required(
            `${field}.requiredDuringSchedulingIgnoredDuringExecution.nodeSelectorTerms`,
            'must have at least one node selector term',
          ),
        ]
      : []),
    ...each(
      `${field}.requiredDuringSchedulingIgnoredDuringExecution.nodeSelectorTerms`,
      needed?.nodeSelectorTerms,
      (term, path) => each(`${path}.matchExpressions`, term.matchExpressions, expressionProblems),
    ),
    ...each(`${field}.preferredDuringSchedulingIgnoredDuringExecution`, preferred, ({ weight, preference }, path) => [
      ...(weight < 1 || weight > 100 ? [invalidValue(`${path}.weight`, weight, 'must be in the range 1-100')] : []),
      ...each(`${path}.preference.matchExpressions`, preference?.matchExpressions, expressionProblems),
    ]),
  ];
}

function expressionProblems(
  { key, operator, values = [] }: { key: string; operator: string; values?: string[] },
  path: string,
): readonly StatusCause[] {
  const isSet = operator === 'In' || operator === 'NotIn';
  const isBound = operator === 'Gt' || operator === 'Lt';
  return [
    ...checkName(`${path}.key`, key ?? '', isQualifiedName),
    ...(SELECTOR_OPERATORS.includes(operator)
      ? []
      : [invalidValue(`${path}.operator`, operator, 'not a valid selector operator')]),
    ...(isSet && values.length === 0
      ? [required(`${path}.values`, "must be specified when `operator` is 'In' or 'NotIn'")]
      : []),
    ...(!isSet && !isBound && values.length > 0
      ? [forbiddenField(`${path}.values`, "may not be specified when `operator` is 'Exists' or 'DoesNotExist'")]
      : []),
    ...(isBound && values.length !== 1
      ? [required(`${path}.values`, "must be specified single value when `operator` is 'Lt' or 'Gt'")]
      : []),
  ];
}
