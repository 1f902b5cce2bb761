import type { ApiObject, PodSpec } from '../../../shared/api/objects';
import { isDns1123Label, isDns1123Subdomain, isDns1123SubdomainWithUnderscore } from '../../../shared/names';
import type { StatusCause } from '../../../shared/status-error';
import { ipAddress } from '../validation/addresses';
import {
  checkName,
  checkNameIfSet,
  each,
  forbiddenField,
  invalidValue,
  oneOf,
  required,
  when,
} from '../validation/field-errors';
import { validateLabels } from '../validation/object-meta';
import { podLevelProblems } from './pod-level-resources';
import { affinityProblems } from './validate-affinity';
import { imageProblems } from './validate-container';
import { containersProblems, hostNetworkProblems } from './validate-containers';
import { gateProblems, spreadProblems, tolerationProblems } from './validate-placement';
import { requirementProblems } from './validate-resources';
import { hostUsersProblems, podSecurityProblems, systemProblems } from './validate-security';
import { checkVolumes } from './validate-volumes';

const RESTART_POLICIES = ['Always', 'OnFailure', 'Never'];
const DNS_POLICIES = ['ClusterFirstWithHostNet', 'ClusterFirst', 'Default', 'None'];
const PREEMPTION_POLICIES = ['PreemptLowerPriority', 'Never'];
const MAX_DEADLINE = 2 ** 31 - 1;
const MAX_NAMESERVERS = 3;
const MAX_SEARCHES = 32;
const MAX_SEARCH_CHARACTERS = 2048;
const DELETION_COST = 'controller.kubernetes.io/pod-deletion-cost';

const specOf = (object: ApiObject): PodSpec => (object['spec'] as PodSpec | undefined) ?? { containers: [] };

/** A pod's spec, in the words and the order of kubernetes/pkg/apis/core/validation. */
export function validatePod(object: ApiObject): readonly StatusCause[] {
  const spec = specOf(object);
  return [
    ...annotationProblems(object.metadata?.annotations),
    ...podSpecProblems(spec, { isPod: true, podName: object.metadata?.name }),
    ...each('spec.containers', spec.containers, imageProblems),
    ...each('spec.initContainers', spec.initContainers, imageProblems),
  ];
}

/** What a new pod cannot have. */
export function validateNewPod(object: ApiObject): readonly StatusCause[] {
  const { ephemeralContainers = [], nodeName = '', schedulingGates = [] } = specOf(object);
  return [
    ...when(ephemeralContainers.length > 0, forbiddenField('spec.ephemeralContainers', 'cannot be set on create')),
    ...when(
      nodeName !== '' && schedulingGates.length > 0,
      forbiddenField('spec.nodeName', 'cannot be set until all schedulingGates have been cleared'),
    ),
  ];
}

/** Also of a template, whose annotations are those of the pods to be. */
export function annotationProblems(
  annotations: Readonly<Record<string, string>> | undefined,
  field = 'metadata.annotations',
): readonly StatusCause[] {
  const cost = annotations?.[DELETION_COST];
  const isNumber = cost === undefined || (/^(0|-?[1-9]\d{0,9})$/.test(cost) && Math.abs(Number(cost) + 0.5) < 2 ** 31);
  return when(!isNumber, invalidValue(`${field}[${DELETION_COST}]`, cost, 'must be a 32bit integer'));
}

/** `isPod`: of a pod itself, not of a template. Fields begin with `spec`. */
export function podSpecProblems(
  spec: PodSpec,
  { isPod, podName }: { readonly isPod: boolean; readonly podName?: string | undefined },
): readonly StatusCause[] {
  const volumes = checkVolumes(spec, podName);
  return [
    ...volumes.problems,
    ...containersProblems(spec, volumes.sound, { isPod }),
    ...podLevelProblems(spec),
    ...hostNetworkProblems(spec, { isPod }),
    ...oneOf('spec.restartPolicy', spec.restartPolicy, RESTART_POLICIES),
    ...oneOf('spec.dnsPolicy', spec.dnsPolicy, DNS_POLICIES),
    ...validateLabels('spec.nodeSelector', spec.nodeSelector),
    ...podSecurityProblems(spec),
    ...affinityProblems(spec.affinity ?? {}),
    ...dnsProblems(spec),
    ...gateProblems(spec),
    ...spreadProblems(spec),
    ...hostUsersProblems(spec),
    ...checkNameIfSet('spec.serviceAccountName', spec.serviceAccountName, isDns1123Subdomain),
    ...checkNameIfSet('spec.nodeName', spec.nodeName, isDns1123Subdomain),
    ...deadlineProblems(spec),
    ...checkNameIfSet('spec.hostname', spec.hostname, isDns1123Label),
    ...checkNameIfSet('spec.subdomain', spec.subdomain, isDns1123Label),
    ...each('spec.tolerations', spec.tolerations, tolerationProblems),
    ...each('spec.hostAliases', spec.hostAliases, ({ ip, hostnames }, path) => [
      ...ipAddress(`${path}.ip`, ip ?? ''),
      ...each(`${path}.hostnames`, hostnames, (hostname, at) => checkName(at, hostname, isDns1123Subdomain)),
    ]),
    ...checkNameIfSet('spec.priorityClassName', spec.priorityClassName, isDns1123Subdomain),
    ...checkName('spec.runtimeClassName', spec.runtimeClassName, isDns1123Subdomain),
    ...(spec.preemptionPolicy === undefined
      ? []
      : oneOf('spec.preemptionPolicy', spec.preemptionPolicy, PREEMPTION_POLICIES)),
    ...(spec.overhead === undefined
      ? []
      : requirementProblems({ limits: spec.overhead }, 'spec.overhead', 'container')),
    ...systemProblems(spec),
  ];
}

function deadlineProblems({ activeDeadlineSeconds: seconds }: PodSpec): readonly StatusCause[] {
  return when(
    seconds !== undefined && (seconds < 1 || seconds > MAX_DEADLINE),
    invalidValue('spec.activeDeadlineSeconds', seconds, `must be between 1 and ${MAX_DEADLINE}, inclusive`),
  );
}

/** What the resolver of the C library can take. */
function dnsProblems({ dnsPolicy, dnsConfig }: PodSpec): readonly StatusCause[] {
  const field = 'spec.dnsConfig';
  if (dnsPolicy === 'None' && dnsConfig === undefined)
    return [required(field, 'must provide `dnsConfig` when `dnsPolicy` is None')];
  const { nameservers = [], searches = [], options } = dnsConfig ?? {};
  if (dnsPolicy === 'None' && nameservers.length === 0)
    return [required(`${field}.nameservers`, 'must provide at least one DNS nameserver when `dnsPolicy` is None')];
  const tooMany = (name: string, value: unknown, limit: string): StatusCause =>
    invalidValue(`${field}.${name}`, value, `must not have more than ${limit}`);
  return [
    ...when(
      nameservers.length > MAX_NAMESERVERS,
      tooMany('nameservers', nameservers, `${MAX_NAMESERVERS} nameservers`),
    ),
    ...each(`${field}.nameservers`, nameservers, (server, path) => ipAddress(path, server)),
    ...when(searches.length > MAX_SEARCHES, tooMany('searches', searches, `${MAX_SEARCHES} search paths`)),
    ...when(
      searches.join(' ').length > MAX_SEARCH_CHARACTERS,
      tooMany('searches', searches, `${MAX_SEARCH_CHARACTERS} characters (including spaces) in the search list`),
    ),
    ...each(`${field}.searches`, searches, (search, path) =>
      search === '.' ? [] : checkName(path, search.replace(/\.$/, ''), isDns1123SubdomainWithUnderscore),
    ),
    ...each(`${field}.options`, options, ({ name = '' }, path) =>
      when(name === '', required(path, 'must not be empty')),
    ),
  ];
}
