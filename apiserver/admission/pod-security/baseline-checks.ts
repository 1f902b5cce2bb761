import type { Container, PodSpec, Probe } from '../../../shared/api/objects';
import type { Check } from './check';
import { containersOf, namedContainers, plural, quoted, setters, sorted } from './check';
import { seccompBaseline } from './seccomp';

const CAPABILITIES = [
  'AUDIT_WRITE',
  'CHOWN',
  'DAC_OVERRIDE',
  'FOWNER',
  'FSETID',
  'KILL',
  'MKNOD',
  'NET_BIND_SERVICE',
  'SETFCAP',
  'SETGID',
  'SETPCAP',
  'SETUID',
  'SYS_CHROOT',
];

/** With the minor version since which each is allowed. */
const SYSCTLS: Readonly<Record<string, number>> = {
  'kernel.shm_rmid_forced': 0,
  'net.ipv4.ip_local_port_range': 0,
  'net.ipv4.tcp_syncookies': 0,
  'net.ipv4.ping_group_range': 0,
  'net.ipv4.ip_unprivileged_port_start': 0,
  'net.ipv4.ip_local_reserved_ports': 27,
  'net.ipv4.tcp_keepalive_time': 29,
  'net.ipv4.tcp_fin_timeout': 29,
  'net.ipv4.tcp_keepalive_intvl': 29,
  'net.ipv4.tcp_keepalive_probes': 29,
  'net.ipv4.tcp_rmem': 32,
  'net.ipv4.tcp_wmem': 32,
};
const SELINUX_TYPES: Readonly<Record<string, number>> = {
  container_t: 0,
  container_init_t: 0,
  container_kvm_t: 0,
  container_engine_t: 31,
};
const isAllowedIn = (table: Readonly<Record<string, number>>, name: string, minor: number): boolean =>
  Object.hasOwn(table, name) && (table[name] ?? 0) <= minor;

const APP_ARMOR = 'container.apparmor.security.beta.kubernetes.io/';
const isAppArmorType = (type: string): boolean => type === 'RuntimeDefault' || type === 'Localhost';

const appArmorProfile: Check = {
  id: 'appArmorProfile',
  since: 0,
  check(spec, { metadata }) {
    const isBad = (profile: { type: string } | undefined): boolean =>
      profile !== undefined && !isAppArmorType(profile.type);
    const podProfile = spec.securityContext?.appArmorProfile;
    const containers = containersOf(spec).filter(({ securityContext }) => isBad(securityContext?.appArmorProfile));
    const annotations = Object.entries(metadata.annotations ?? {})
      .filter(([key, value]) => key.startsWith(APP_ARMOR) && !/^(|runtime\/default|localhost\/.*)$/.test(value))
      .map(([key, value]) => `${key}=${JSON.stringify(value)}`)
      .sort();
    const types = sorted([
      ...(isBad(podProfile) ? [podProfile?.type ?? ''] : []),
      ...containers.map(({ securityContext }) => securityContext?.appArmorProfile?.type ?? ''),
    ]);
    const values = [...types, ...annotations];
    if (values.length === 0) return undefined;
    const who = [
      ...(types.length === 0 ? [] : [setters(isBad(podProfile), containers)]),
      ...(annotations.length === 0 ? [] : [plural('annotation', 'annotations', annotations)]),
    ].join(' and ');
    return {
      reason: plural('forbidden AppArmor profile', 'forbidden AppArmor profiles', values),
      detail: `${who} must not set AppArmor profile type to ${quoted(values)}`,
    };
  },
};

const capabilities: Check = {
  id: 'capabilities_baseline',
  since: 0,
  check(spec) {
    const added = ({ securityContext }: Container): string[] =>
      (securityContext?.capabilities?.add ?? []).filter((name) => !CAPABILITIES.includes(name));
    const containers = containersOf(spec).filter((container) => added(container).length > 0);
    if (containers.length === 0) return undefined;
    return {
      reason: 'non-default capabilities',
      detail: `${namedContainers(containers)} must not include ${quoted(sorted(containers.flatMap(added)))} in securityContext.capabilities.add`,
    };
  },
};

const hostNamespaces: Check = {
  id: 'hostNamespaces',
  since: 0,
  check(spec) {
    const shared = (['hostNetwork', 'hostPID', 'hostIPC'] as const).filter((field) => spec[field] === true);
    if (shared.length === 0) return undefined;
    return { reason: 'host namespaces', detail: shared.map((field) => `${field}=true`).join(', ') };
  },
};

export const HOST_PATH_VOLUMES = 'hostPathVolumes';
const hostPathVolumes: Check = {
  id: HOST_PATH_VOLUMES,
  since: 0,
  check({ volumes = [] }) {
    const names = volumes.filter(({ hostPath }) => hostPath !== undefined).map(({ name }) => name);
    if (names.length === 0) return undefined;
    return { reason: 'hostPath volumes', detail: `${plural('volume', 'volumes', names)} ${quoted(names)}` };
  },
};

const hostPorts: Check = {
  id: 'hostPorts',
  since: 0,
  check(spec) {
    const portsOf = ({ ports = [] }: Container): string[] =>
      ports.flatMap(({ hostPort = 0 }) => (hostPort === 0 ? [] : [String(hostPort)]));
    const containers = containersOf(spec).filter((container) => portsOf(container).length > 0);
    if (containers.length === 0) return undefined;
    const ports = sorted(containers.flatMap(portsOf));
    return {
      reason: 'hostPort',
      detail: `${namedContainers(containers)} ${plural('uses', 'use', containers)} ${plural('hostPort', 'hostPorts', ports)} ${ports.join(', ')}`,
    };
  },
};

type Handler = Pick<Probe, 'httpGet' | 'tcpSocket'>;

const hostProbes: Check = {
  id: 'hostProbesAndHostLifecycle',
  since: 34,
  check(spec) {
    const hostsOf = ({ livenessProbe, readinessProbe, startupProbe, lifecycle }: Container): string[] =>
      [livenessProbe, readinessProbe, startupProbe, lifecycle?.postStart, lifecycle?.preStop].flatMap(
        (handler: Handler | undefined) =>
          [handler?.httpGet?.host ?? '', handler?.tcpSocket?.host ?? ''].filter((host) => host !== ''),
      );
    const containers = containersOf(spec).filter((container) => hostsOf(container).length > 0);
    if (containers.length === 0) return undefined;
    const hosts = sorted(containers.flatMap(hostsOf));
    const names = sorted(containers.map(({ name }) => name));
    return {
      reason: 'probe or lifecycle host',
      detail: `${plural('container', 'containers', names)} ${quoted(names)} ${plural('uses', 'use', names)} ${plural('probe or lifecycle host', 'probe or lifecycle hosts', hosts)} ${quoted(hosts)}`,
    };
  },
};

const privileged: Check = {
  id: 'privileged',
  since: 0,
  check(spec) {
    const containers = containersOf(spec).filter(({ securityContext }) => securityContext?.privileged === true);
    if (containers.length === 0) return undefined;
    return {
      reason: 'privileged',
      detail: `${namedContainers(containers)} must not set securityContext.privileged=true`,
    };
  },
};

const procMount: Check = {
  id: 'procMount',
  since: 0,
  check(spec) {
    const typeOf = ({ securityContext }: Container): string => securityContext?.procMount ?? 'Default';
    const containers = containersOf(spec).filter((container) => typeOf(container) !== 'Default');
    if (containers.length === 0) return undefined;
    return {
      reason: 'procMount',
      detail: `${namedContainers(containers)} must not set securityContext.procMount to ${quoted(sorted(containers.map(typeOf)))}`,
    };
  },
};

type SeLinuxOptions = NonNullable<NonNullable<PodSpec['securityContext']>['seLinuxOptions']>;

const seLinuxOptions: Check = {
  id: 'seLinuxOptions',
  since: 0,
  check(spec, { minor }) {
    const isBadType = (type: string | undefined): type is string =>
      type !== undefined && type !== '' && !isAllowedIn(SELINUX_TYPES, type, minor);
    const isBad = (options: SeLinuxOptions | undefined): options is SeLinuxOptions =>
      options !== undefined && (isBadType(options.type) || (options.user ?? '') !== '' || (options.role ?? '') !== '');
    const ofPod = spec.securityContext?.seLinuxOptions;
    const containers = containersOf(spec).filter(({ securityContext }) => isBad(securityContext?.seLinuxOptions));
    const bad = [ofPod, ...containers.map(({ securityContext }) => securityContext?.seLinuxOptions)].filter(isBad);
    if (bad.length === 0) return undefined;
    const types = sorted(bad.flatMap(({ type }) => (isBadType(type) ? [type] : [])));
    const problems = [
      ...(types.length === 0 ? [] : [`${plural('type', 'types', types)} ${quoted(types)}`]),
      ...(bad.some(({ user = '' }) => user !== '') ? ['user may not be set'] : []),
      ...(bad.some(({ role = '' }) => role !== '') ? ['role may not be set'] : []),
    ];
    return {
      reason: 'seLinuxOptions',
      detail: `${setters(isBad(ofPod), containers)} set forbidden securityContext.seLinuxOptions: ${problems.join('; ')}`,
    };
  },
};

const sysctls: Check = {
  id: 'sysctls',
  since: 0,
  check({ securityContext }, { minor }) {
    const names = (securityContext?.sysctls ?? [])
      .map(({ name }) => name)
      .filter((name) => !isAllowedIn(SYSCTLS, name, minor));
    return names.length === 0 ? undefined : { reason: 'forbidden sysctls', detail: names.join(', ') };
  },
};

const windowsHostProcess: Check = {
  id: 'windowsHostProcess',
  since: 0,
  check(spec) {
    const podSets = spec.securityContext?.windowsOptions?.hostProcess === true;
    const containers = containersOf(spec).filter(
      ({ securityContext }) => securityContext?.windowsOptions?.hostProcess === true,
    );
    if (!podSets && containers.length === 0) return undefined;
    return {
      reason: 'hostProcess',
      detail: `${setters(podSets, containers)} must not set securityContext.windowsOptions.hostProcess=true`,
    };
  },
};

/** In the order in which Kubernetes names what they find. */
export const BASELINE_CHECKS: readonly Check[] = [
  appArmorProfile,
  capabilities,
  hostNamespaces,
  hostPathVolumes,
  hostPorts,
  hostProbes,
  privileged,
  procMount,
  seLinuxOptions,
  seccompBaseline,
  sysctls,
  windowsHostProcess,
];
