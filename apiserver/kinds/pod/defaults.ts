import type { Container, LifecycleHandler, PodSpec, Probe, Volume } from '../../../shared/api/objects';
import { setPodLevelDefaults } from './pod-level-resources';
import { setDefault } from '../set-default';

const DEFAULT_MODE = 0o644;
const TOKEN_SECONDS = 3600;

/** The defaults of core/v1 pods (kubernetes/pkg/apis/core/v1/defaults.go), in place. Doing it twice changes nothing. */
export function setPodDefaults(spec: PodSpec): void {
  setPodSpecDefaults(spec);
  for (const { resources = {}, ports = [] } of allContainers(spec)) {
    for (const [name, limit] of Object.entries(resources.limits ?? {})) {
      const requests = (resources.requests ??= {});
      if (!Object.hasOwn(requests, name)) requests[name] = limit;
    }
    if (spec.hostNetwork === true) for (const port of ports) setDefault(port, 'hostPort', port.containerPort);
  }
  setPodLevelDefaults(spec);
  spec.enableServiceLinks ??= true;
}

/** The part of them that the template of a workload gets as well. */
export function setPodSpecDefaults(spec: PodSpec): void {
  setDefault(spec, 'dnsPolicy', 'ClusterFirst');
  setDefault(spec, 'restartPolicy', 'Always');
  spec.securityContext ??= {};
  spec.terminationGracePeriodSeconds ??= 30;
  setDefault(spec, 'schedulerName', 'default-scheduler');
  for (const container of allContainers(spec)) setContainerDefaults(container);
  for (const volume of spec.volumes ?? []) setVolumeDefaults(volume);
}

const allContainers = (spec: PodSpec): Container[] => [
  ...(spec.containers ?? []),
  ...(spec.initContainers ?? []),
  ...((spec.ephemeralContainers ?? []) as Container[]),
];

function setContainerDefaults(container: Container): void {
  setDefault(container, 'terminationMessagePath', '/dev/termination-log');
  setDefault(container, 'terminationMessagePolicy', 'File');
  setDefault(container, 'imagePullPolicy', pullPolicyOf(container.image ?? ''));
  container.resources ??= {};
  for (const port of container.ports ?? []) setDefault(port, 'protocol', 'TCP');
  for (const { valueFrom } of container.env ?? []) {
    if (valueFrom?.fieldRef !== undefined) setDefault(valueFrom.fieldRef, 'apiVersion', 'v1');
    if (valueFrom?.resourceFieldRef !== undefined) valueFrom.resourceFieldRef.divisor ??= '0';
  }
  for (const probe of [container.livenessProbe, container.readinessProbe, container.startupProbe]) {
    if (probe !== undefined) setProbeDefaults(probe);
  }
  setHandlerDefaults(container.lifecycle?.postStart);
  setHandlerDefaults(container.lifecycle?.preStop);
}

/** Only an image that is named by digest or by another tag than `latest` need not be asked for again. */
function pullPolicyOf(image: string): NonNullable<Container['imagePullPolicy']> {
  const [name = '', digest] = image.split('@');
  const tag = /:([^:/]+)$/.exec(name)?.[1];
  return tag === 'latest' || (tag === undefined && digest === undefined) ? 'Always' : 'IfNotPresent';
}

function setProbeDefaults(probe: Probe): void {
  setDefault(probe, 'timeoutSeconds', 1);
  setDefault(probe, 'periodSeconds', 10);
  setDefault(probe, 'successThreshold', 1);
  setDefault(probe, 'failureThreshold', 3);
  if (probe.grpc !== undefined) probe.grpc.service ??= '';
  setHandlerDefaults(probe);
}

function setHandlerDefaults(handler: Pick<LifecycleHandler, 'httpGet'> | undefined): void {
  if (handler?.httpGet === undefined) return;
  setDefault(handler.httpGet, 'path', '/');
  setDefault(handler.httpGet, 'scheme', 'HTTP');
}

function setVolumeDefaults(volume: Volume): void {
  if (Object.keys(volume).every((field) => field === 'name')) volume.emptyDir = {};
  if (volume.secret !== undefined) volume.secret.defaultMode ??= DEFAULT_MODE;
  if (volume.configMap !== undefined) volume.configMap.defaultMode ??= DEFAULT_MODE;
  if (volume.hostPath !== undefined) volume.hostPath.type ??= '';
  const { image } = volume as { image?: { reference?: string; pullPolicy?: Container['imagePullPolicy'] } };
  if (image !== undefined) setDefault(image, 'pullPolicy', pullPolicyOf(image.reference ?? ''));
  if (volume.ephemeral?.volumeClaimTemplate !== undefined) {
    (volume.ephemeral.volumeClaimTemplate.spec ??= {}).volumeMode ??= 'Filesystem';
  }
  if (volume.downwardAPI !== undefined) {
    volume.downwardAPI.defaultMode ??= DEFAULT_MODE;
    setFieldRefDefaults(volume.downwardAPI.items);
  }
  if (volume.projected === undefined) return;
  volume.projected.defaultMode ??= DEFAULT_MODE;
  for (const source of volume.projected.sources ?? []) {
    if (source.serviceAccountToken !== undefined) source.serviceAccountToken.expirationSeconds ??= TOKEN_SECONDS;
    setFieldRefDefaults(source.downwardAPI?.items);
  }
}

type DownwardItems = NonNullable<NonNullable<Volume['downwardAPI']>['items']>;

function setFieldRefDefaults(items: DownwardItems | undefined): void {
  for (const { fieldRef, resourceFieldRef } of items ?? []) {
    if (fieldRef !== undefined) setDefault(fieldRef, 'apiVersion', 'v1');
    if (resourceFieldRef !== undefined) resourceFieldRef.divisor ??= '0';
  }
}
