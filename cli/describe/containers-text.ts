import type { Container, ContainerState, ContainerStatus, PodSpec } from '../../shared/api/objects';
import { sortedPairs } from './maps';
import { timeText } from './times';

type Probe = NonNullable<Container['livenessProbe']>;

/** What containers are and do, for alignTabs. `space`: how far the heading is indented. */
export function containersText(
  heading: string,
  containers: readonly Container[],
  statuses: readonly ContainerStatus[] | undefined,
  space = '',
): string {
  const inner = containers.map((container) => {
    const status = statuses?.find(({ name }) => name === container.name);
    return [
      `  ${space === '' ? '' : ' '}${container.name}:\n`,
      ...(status === undefined ? [] : [`    Container ID:\t${status.containerID ?? ''}\n`]),
      `    Image:\t${container.image ?? ''}\n`,
      ...(status === undefined ? [] : [`    Image ID:\t${status.imageID}\n`]),
      portsText(container),
      argumentsText('Command', container.command),
      argumentsText('Args', container.args),
      ...(status === undefined ? [] : [statusText(status)]),
      amountsText('Limits', container.resources?.limits),
      amountsText('Requests', container.resources?.requests),
      probeText('Liveness', container.livenessProbe),
      probeText('Readiness', container.readinessProbe),
      probeText('Startup', container.startupProbe),
      envFromText(container),
      envText(container),
      mountsText(container),
    ].join('');
  });
  return `${space}${heading}:${containers.length === 0 ? ' <none>' : ''}\n${inner.join('')}`;
}

function portsText({ ports = [] }: Container): string {
  const inside = ports.map(
    ({ containerPort, protocol = 'TCP', name }) =>
      `${containerPort}/${protocol}${name === undefined ? '' : ` (${name})`}`,
  );
  const outside = ports.map(({ hostPort = 0, protocol = 'TCP' }) => `${hostPort}/${protocol}`);
  const ending = ports.length > 1 ? 's' : '';
  return `    Port${ending}:\t${inside.join(', ') || '<none>'}\n    Host Port${ending}:\t${outside.join(', ') || '<none>'}\n`;
}

const argumentsText = (heading: string, words: readonly string[] = []): string =>
  words.length === 0
    ? ''
    : `    ${heading}:\n${words.flatMap((word) => word.split('\n').map((line) => `      ${line}\n`)).join('')}`;

function statusText({ state, lastState, ready, restartCount }: ContainerStatus): string {
  const last = lastState?.terminated === undefined ? '' : stateText('Last State', lastState);
  return `${stateText('State', state)}${last}    Ready:\t${ready ? 'True' : 'False'}\n    Restart Count:\t${restartCount}\n`;
}

function stateText(heading: string, state: ContainerState | undefined): string {
  const line = (label: string, value: string | number | undefined): string =>
    value === undefined || value === '' ? '' : `      ${label}:\t${value}\n`;
  if (state?.running !== undefined)
    return `    ${heading}:\tRunning\n      Started:\t${timeText(state.running.startedAt)}\n`;
  const ended = state?.terminated;
  if (ended === undefined)
    return `    ${heading}:\tWaiting\n${line('Reason', state?.waiting?.reason)}${line('Message', state?.waiting?.message)}`;
  return [
    `    ${heading}:\tTerminated\n`,
    line('Reason', ended.reason),
    line('Message', ended.message),
    `      Exit Code:\t${ended.exitCode}\n`,
    ended.signal === undefined || ended.signal === 0 ? '' : line('Signal', ended.signal),
    `      Started:\t${timeText(ended.startedAt)}\n      Finished:\t${timeText(ended.finishedAt)}\n`,
  ].join('');
}

const amountsText = (heading: string, amounts: Readonly<Record<string, string>> | undefined): string =>
  amounts === undefined || Object.keys(amounts).length === 0
    ? ''
    : `    ${heading}:\n${sortedPairs(amounts)
        .map(([name, amount]) => `      ${name}:\t${amount}\n`)
        .join('')}`;

function probeText(heading: string, probe: Probe | undefined): string {
  if (probe === undefined) return '';
  const {
    initialDelaySeconds = 0,
    timeoutSeconds = 1,
    periodSeconds = 10,
    successThreshold = 1,
    failureThreshold = 3,
  } = probe;
  const times = `delay=${initialDelaySeconds}s timeout=${timeoutSeconds}s period=${periodSeconds}s #success=${successThreshold} #failure=${failureThreshold}`;
  return `    ${heading}:\t${probeTarget(probe)} ${times}\n`;
}

function probeTarget({ exec, httpGet, tcpSocket, grpc }: Probe): string {
  if (exec !== undefined) return `exec [${(exec.command ?? []).join(' ')}]`;
  if (httpGet !== undefined)
    return `http-get ${(httpGet.scheme ?? 'HTTP').toLowerCase()}://${httpGet.host ?? ''}:${String(httpGet.port)}${httpGet.path ?? ''}`;
  if (tcpSocket !== undefined) return `tcp-socket ${tcpSocket.host ?? ''}:${String(tcpSocket.port)}`;
  return grpc === undefined ? 'unknown' : `grpc <pod>:${grpc.port} ${grpc.service ?? ''}`;
}

function envFromText({ envFrom = [] }: Container): string {
  if (envFrom.length === 0) return '';
  const lines = envFrom.map(({ prefix, configMapRef, secretRef }) => {
    const source = configMapRef ?? secretRef;
    const kind = configMapRef === undefined ? 'Secret' : 'ConfigMap';
    const withPrefix = prefix === undefined || prefix === '' ? '' : ` with prefix '${prefix}'`;
    return `      ${source?.name ?? ''}\t${kind}${withPrefix}\tOptional: ${String(source?.optional ?? false)}\n`;
  });
  return `    Environment Variables from:\n${lines.join('')}`;
}

function envText({ env = [] }: Container): string {
  if (env.length === 0) return '    Environment:\t<none>\n';
  const lines = env.map(({ name, value = '', valueFrom }) => {
    const { fieldRef, resourceFieldRef, secretKeyRef, configMapKeyRef } = valueFrom ?? {};
    if (fieldRef !== undefined) return `      ${name}:\t (${fieldRef.apiVersion ?? 'v1'}:${fieldRef.fieldPath})\n`;
    if (resourceFieldRef !== undefined) return `      ${name}:\t (${resourceFieldRef.resource})\n`;
    if (secretKeyRef !== undefined)
      return `      ${name}:\t<set to the key '${secretKeyRef.key}' in secret '${secretKeyRef.name ?? ''}'>\tOptional: ${String(secretKeyRef.optional ?? false)}\n`;
    if (configMapKeyRef !== undefined)
      return `      ${name}:\t<set to the key '${configMapKeyRef.key}' of config map '${configMapKeyRef.name ?? ''}'>\tOptional: ${String(configMapKeyRef.optional ?? false)}\n`;
    const [first = '', ...more] = value.split('\n');
    return `      ${name}:\t${first}\n${more.map((line) => `      \t${line}\n`).join('')}`;
  });
  return `    Environment:\n${lines.join('')}`;
}

function mountsText({ volumeMounts = [], volumeDevices = [] }: Container): string {
  const mounts = [...volumeMounts]
    .sort((a, b) => (a.mountPath < b.mountPath ? -1 : 1))
    .map(({ mountPath, name, subPath, readOnly }) => {
      const flags = [readOnly === true ? 'ro' : 'rw', ...(subPath === undefined ? [] : [`path="${subPath}"`])];
      return `      ${mountPath} from ${name} (${flags.join(',')})\n`;
    });
  const devices = volumeDevices.map(({ devicePath, name }) => `      ${devicePath} from ${name}\n`);
  return `    Mounts:${mounts.length === 0 ? '\t<none>' : ''}\n${mounts.join('')}${devices.length === 0 ? '' : `    Devices:\n${devices.join('')}`}`;
}

type Volume = NonNullable<PodSpec['volumes']>[number];

export function volumesText(volumes: readonly Volume[] = [], space = ''): string {
  if (volumes.length === 0) return `${space}Volumes:\t<none>\n`;
  return `${space}Volumes:\n${volumes.map((volume) => `  ${space === '' ? '' : ' '}${volume.name}:\n${volumeSourceText(volume)}`).join('')}`;
}

/** Of what a volume is made. */
export function volumeSourceText(volume: Volume): string {
  const type = (kind: string, what: string, more: readonly (readonly [string, unknown])[]): string =>
    `    Type:\t${kind} (${what})\n${more.map(([label, value]) => `    ${label}:\t${String(value)}\n`).join('')}`;
  const {
    hostPath,
    emptyDir,
    secret,
    configMap,
    persistentVolumeClaim: claim,
    projected,
    downwardAPI,
    nfs,
    csi,
  } = volume;
  if (hostPath !== undefined)
    return type('HostPath', 'bare host directory volume', [
      ['Path', hostPath.path],
      ['HostPathType', hostPath.type ?? ''],
    ]);
  if (emptyDir !== undefined)
    return type('EmptyDir', "a temporary directory that shares a pod's lifetime", [
      ['Medium', emptyDir.medium ?? ''],
      ['SizeLimit', emptyDir.sizeLimit ?? '<unset>'],
    ]);
  if (secret !== undefined)
    return type('Secret', 'a volume populated by a Secret', [
      ['SecretName', secret.secretName],
      ['Optional', secret.optional ?? false],
    ]);
  if (configMap !== undefined)
    return type('ConfigMap', 'a volume populated by a ConfigMap', [
      ['Name', configMap.name],
      ['Optional', configMap.optional ?? false],
    ]);
  if (claim !== undefined)
    return type('PersistentVolumeClaim', 'a reference to a PersistentVolumeClaim in the same namespace', [
      ['ClaimName', claim.claimName],
      ['ReadOnly', claim.readOnly ?? false],
    ]);
  if (projected !== undefined)
    return type(
      'Projected',
      'a volume that contains injected data from multiple sources',
      (projected.sources ?? []).flatMap((source): readonly (readonly [string, unknown])[] => {
        if (source.secret !== undefined)
          return [
            ['SecretName', source.secret.name],
            ['Optional', source.secret.optional ?? false],
          ];
        if (source.configMap !== undefined)
          return [
            ['ConfigMapName', source.configMap.name],
            ['Optional', source.configMap.optional ?? false],
          ];
        if (source.downwardAPI !== undefined) return [['DownwardAPI', true]];
        if (source.serviceAccountToken !== undefined)
          return [['TokenExpirationSeconds', source.serviceAccountToken.expirationSeconds ?? 3600]];
        return [];
      }),
    );
  if (downwardAPI !== undefined)
    return `    Type:\tDownwardAPI (a volume populated by information about the pod)\n    Items:\n${(downwardAPI.items ?? []).map(({ fieldRef, path }) => `      ${fieldRef?.fieldPath ?? ''} -> ${path}\n`).join('')}`;
  if (nfs !== undefined)
    return type('NFS', 'an NFS mount that lasts the lifetime of a pod', [
      ['Server', nfs.server],
      ['Path', nfs.path],
      ['ReadOnly', nfs.readOnly ?? false],
    ]);
  if (csi !== undefined)
    return type('CSI', 'a Container Storage Interface (CSI) volume source', [
      ['Driver', csi.driver],
      ['ReadOnly', csi.readOnly ?? false],
    ]);
  return `    Type:\t${Object.keys(volume).find((key) => key !== 'name') ?? '<unknown>'}\n`;
}
