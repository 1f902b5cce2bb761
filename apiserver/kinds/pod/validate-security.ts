import type {
  AppArmorProfile,
  PodSecurityContext,
  PodSpec,
  SeccompProfile,
  SecurityContext,
  Sysctl,
} from 'kubernetes-types/core/v1';
import type { StatusCause } from '../../../shared/status-error';
import {
  duplicate,
  each,
  forbiddenField,
  invalidValue,
  notSupported,
  oneOfIfSet,
  required,
  tooLong,
  when,
} from '../validation/field-errors';
import { idProblems } from '../validation/numbers';
import { descendingPath } from './local-paths';

const PROFILES = ['Localhost', 'RuntimeDefault', 'Unconfined'];
const MAX_PROFILE = 4095;
const MAX_SYSCTL = 253;
const SYSCTL_SEGMENT = '[a-z0-9]([-_a-z0-9]*[a-z0-9])?';
const SYSCTL = `^(${SYSCTL_SEGMENT}[\\./])*${SYSCTL_SEGMENT}$`;
const isSysctl = (name: string): boolean => name.length <= MAX_SYSCTL && new RegExp(SYSCTL).test(name);
const IPC_SYSCTL = /^(kernel\.(shm|msg|sem)|fs\.mqueue\.)/;

/** Fields of a pod's securityContext that the types of our library do not know yet. */
type PodContext = PodSecurityContext & {
  readonly supplementalGroupsPolicy?: string;
  readonly seLinuxChangePolicy?: string;
};

/** Who a pod's processes are, and what of the kernel they see. */
export function podSecurityProblems(spec: PodSpec): readonly StatusCause[] {
  const at = 'spec.securityContext';
  const context: PodContext = spec.securityContext ?? {};
  return [
    ...idProblems(`${at}.fsGroup`, context.fsGroup),
    ...idProblems(`${at}.runAsUser`, context.runAsUser),
    ...idProblems(`${at}.runAsGroup`, context.runAsGroup),
    ...each(`${at}.supplementalGroups`, context.supplementalGroups, (group, path) => idProblems(path, group)),
    ...when(
      spec.shareProcessNamespace === true && spec.hostPID === true,
      invalidValue(`${at}.shareProcessNamespace`, true, 'ShareProcessNamespace and HostPID cannot both be enabled'),
    ),
    ...sysctlProblems(`${at}.sysctls`, context.sysctls, spec),
    ...oneOfIfSet(`${at}.fsGroupChangePolicy`, context.fsGroupChangePolicy, ['Always', 'OnRootMismatch']),
    ...seccompProblems(`${at}.seccompProfile`, context.seccompProfile),
    ...appArmorProblems(`${at}.appArmorProfile`, context.appArmorProfile),
    ...oneOfIfSet(`${at}.supplementalGroupsPolicy`, context.supplementalGroupsPolicy, ['Merge', 'Strict']),
    ...oneOfIfSet(`${at}.seLinuxChangePolicy`, context.seLinuxChangePolicy, ['MountOption', 'Recursive']),
  ];
}

function sysctlProblems(field: string, sysctls: readonly Sysctl[] | undefined, spec: PodSpec): readonly StatusCause[] {
  const seen = new Set<string>();
  return each(field, sysctls, ({ name = '' }, path) => {
    const at = `${path}.name`;
    const isAgain = seen.has(name);
    const dotted = name.replaceAll('/', '.');
    seen.add(name);
    return [
      ...(name === ''
        ? [required(at)]
        : !isSysctl(name)
          ? [invalidValue(at, name, `must have at most ${MAX_SYSCTL} characters and match regex ${SYSCTL}`)]
          : when(isAgain, duplicate(at, name))),
      ...when(
        spec.hostNetwork === true && dotted.startsWith('net.'),
        invalidValue(at, name, "may not be specified when 'hostNetwork' is true"),
      ),
      ...when(
        spec.hostIPC === true && IPC_SYSCTL.test(dotted),
        invalidValue(at, name, "may not be specified when 'hostIPC' is true"),
      ),
    ];
  });
}

function seccompProblems(field: string, profile: SeccompProfile | undefined): readonly StatusCause[] {
  if (profile === undefined) return [];
  const { type = '', localhostProfile } = profile;
  const at = `${field}.localhostProfile`;
  return [
    ...(type === ''
      ? [required(`${field}.type`, 'type is required when seccompProfile is set')]
      : oneOfIfSet(`${field}.type`, type, PROFILES)),
    ...(type !== 'Localhost'
      ? when(
          localhostProfile !== undefined,
          invalidValue(at, profile, 'can only be set when seccomp type is Localhost'),
        )
      : localhostProfile === undefined
        ? [required(at, 'must be set when seccomp type is Localhost')]
        : descendingPath(at, localhostProfile)),
  ];
}

function appArmorProblems(field: string, profile: AppArmorProfile | undefined): readonly StatusCause[] {
  if (profile === undefined) return [];
  const { type = '', localhostProfile: local } = profile;
  const at = `${field}.localhostProfile`;
  if (type === '') return [required(`${field}.type`, 'type is required when appArmorProfile is set')];
  if (!PROFILES.includes(type)) return [notSupported(`${field}.type`, type, PROFILES)];
  if (type !== 'Localhost')
    return when(local !== undefined, invalidValue(at, local, 'can only be set when AppArmor type is Localhost'));
  if (local === undefined) return [required(at, 'must be set when AppArmor type is Localhost')];
  return [
    ...(local !== local.trim()
      ? [invalidValue(at, local, 'must not be padded with whitespace')]
      : when(local === '', required(at, 'must be set when AppArmor type is Localhost'))),
    ...when(Buffer.byteLength(local) > MAX_PROFILE, tooLong(at, MAX_PROFILE)),
  ];
}

/** `hasOwnUsers`: the pod's users are not the host's. */
export function containerSecurityProblems(
  context: SecurityContext | undefined,
  at: string,
  { hasOwnUsers }: { readonly hasOwnUsers: boolean },
): readonly StatusCause[] {
  if (context === undefined) return [];
  const { privileged, allowPrivilegeEscalation, procMount, capabilities } = context;
  const cannot = (what: string): StatusCause =>
    invalidValue(at, context, `cannot set \`allowPrivilegeEscalation\` to false and ${what}`);
  return [
    ...idProblems(`${at}.runAsUser`, context.runAsUser),
    ...idProblems(`${at}.runAsGroup`, context.runAsGroup),
    ...oneOfIfSet(`${at}.procMount`, procMount, ['Default', 'Unmasked']),
    ...when(
      procMount === 'Unmasked' && !hasOwnUsers,
      invalidValue(`${at}.procMount`, procMount, '`hostUsers` must be false to use `Unmasked`'),
    ),
    ...seccompProblems(`${at}.seccompProfile`, context.seccompProfile),
    ...(allowPrivilegeEscalation !== false
      ? []
      : [
          ...when(privileged === true, cannot('`privileged` to true')),
          ...when(capabilities?.add?.includes('CAP_SYS_ADMIN') === true, cannot('`capabilities.Add` CAP_SYS_ADMIN')),
        ]),
    ...appArmorProblems(`${at}.appArmorProfile`, context.appArmorProfile),
  ];
}

/** A pod with users of its own has the other namespaces of its own as well. */
export const hostUsersProblems = (spec: PodSpec): readonly StatusCause[] =>
  spec.hostUsers === false
    ? [
        ...when(spec.hostNetwork === true, forbiddenField('spec.hostNetwork', 'when `pod.Spec.HostUsers` is false')),
        ...when(spec.hostPID === true, forbiddenField('spec.HostPID', 'when `pod.Spec.HostUsers` is false')),
        ...when(spec.hostIPC === true, forbiddenField('spec.HostIPC', 'when `pod.Spec.HostUsers` is false')),
      ]
    : [];

const NOT_ON_WINDOWS = ['hostUsers', 'hostPID', 'hostIPC', 'shareProcessNamespace'] as const;

/** What only makes sense on the other operating system. */
export function systemProblems(spec: PodSpec): readonly StatusCause[] {
  const { name = '' } = spec.os ?? {};
  if (spec.os === undefined) return [];
  if (name === '') return [required('spec.os.name', 'cannot be empty')];
  if (name !== 'linux' && name !== 'windows') return [notSupported('spec.os', name, ['linux', 'windows'])];
  const why = name === 'linux' ? 'windows options cannot be set for a linux pod' : 'cannot be set for a windows pod';
  const isForeign = (field: string): boolean => (name === 'linux') === (field === 'windowsOptions');
  const foreign = (context: object | undefined, at: string): readonly StatusCause[] =>
    Object.entries(context ?? {})
      .filter(([field, value]) => isForeign(field) && field !== 'runAsNonRoot' && value !== undefined)
      .map(([field]) => forbiddenField(`${at}.securityContext.${field}`, why));
  const lists = ['initContainers', 'containers', 'ephemeralContainers'] as const;
  return [
    ...foreign(spec.securityContext, 'spec'),
    ...(name === 'windows' ? NOT_ON_WINDOWS : [])
      .filter((field) => spec[field] !== undefined)
      .map((field) => forbiddenField(`spec.${field}`, why)),
    ...lists.flatMap((list) =>
      each<{ securityContext?: object }>(`spec.${list}`, spec[list], ({ securityContext }, at) =>
        foreign(securityContext, at),
      ),
    ),
  ];
}
