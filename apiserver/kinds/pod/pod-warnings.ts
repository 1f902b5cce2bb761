import type { Container, ContainerPort, NodeSelectorTerm, PodAffinityTerm, PodSpec } from 'kubernetes-types/core/v1';
import type { ObjectMeta, StoredObject } from '../../../shared/api/objects';
import { isDns1123Label } from '../../../shared/names';
import { claimWarnings, fractionWarnings } from '../storage/claim-warnings';
import { NEEDED, WISHED } from './validate-affinity';

/** Labels of nodes that have other names today. */
const FORMER_LABELS: Readonly<Record<string, string>> = {
  'beta.kubernetes.io/arch': 'deprecated since v1.14; use "kubernetes.io/arch" instead',
  'beta.kubernetes.io/os': 'deprecated since v1.14; use "kubernetes.io/os" instead',
  'failure-domain.beta.kubernetes.io/region': 'deprecated since v1.17; use "topology.kubernetes.io/region" instead',
  'failure-domain.beta.kubernetes.io/zone': 'deprecated since v1.17; use "topology.kubernetes.io/zone" instead',
  'beta.kubernetes.io/instance-type': 'deprecated since v1.17; use "node.kubernetes.io/instance-type" instead',
  'app.kubernetes.io/created-by': 'deprecated since v1.9',
  'scheduler.alpha.kubernetes.io/preferAvoidPods': 'deprecated since v1.22; use Taints and Tolerations instead',
  'node-role.kubernetes.io/master': 'use "node-role.kubernetes.io/control-plane" instead',
};

const FORMER_ANNOTATIONS: Readonly<Record<string, string>> = {
  'scheduler.alpha.kubernetes.io/critical-pod': 'non-functional in v1.16+; use the "priorityClassName" field instead',
  'security.alpha.kubernetes.io/sysctls': 'non-functional in v1.11+; use the "sysctls" field instead',
  'security.alpha.kubernetes.io/unsafe-sysctls': 'non-functional in v1.11+; use the "sysctls" field instead',
};

/** Sources of volumes that come to nothing any more. */
const FORMER_SOURCES: Readonly<Record<string, string>> = {
  photonPersistentDisk: 'deprecated in v1.11, non-functional in v1.16+',
  gitRepo: 'deprecated in v1.11, and disabled by default in v1.33+',
  scaleIO: 'deprecated in v1.16, non-functional in v1.22+',
  flocker: 'deprecated in v1.22, non-functional in v1.25+',
  storageos: 'deprecated in v1.22, non-functional in v1.25+',
  quobyte: 'deprecated in v1.22, non-functional in v1.25+',
  glusterfs: 'deprecated in v1.25, non-functional in v1.26+',
  cephfs: 'deprecated in v1.28, non-functional in v1.31+',
  rbd: 'deprecated in v1.28, non-functional in v1.31+',
};

const SECCOMP_OF_POD = 'seccomp.security.alpha.kubernetes.io/pod';
const SECCOMP_OF_CONTAINER = 'container.seccomp.security.alpha.kubernetes.io/';
const APP_ARMOR_OF_CONTAINER = 'container.apparmor.security.beta.kubernetes.io/';
const NO_SECCOMP = 'non-functional in v1.27+; use the "seccompProfile" field instead';
const NO_APP_ARMOR = 'deprecated since v1.30; use the "appArmorProfile" field instead';
const BYTES = ['memory', 'ephemeral-storage'];

/** What a template, or with no prefix a pod, asks for that is not what its author will get, in Kubernetes' words (pkg/api/pod). */
export function podWarnings(
  { metadata = {}, spec = { containers: [] } }: { metadata?: ObjectMeta | undefined; spec?: PodSpec | undefined },
  prefix = '',
): readonly string[] {
  const { annotations = {} } = metadata;
  return [
    ...placementWarnings(spec, prefix),
    ...Object.entries(FORMER_ANNOTATIONS)
      .filter(([key]) => Object.hasOwn(annotations, key))
      .map(([key, what]) => `${prefix}metadata.annotations[${key}]: ${what}`),
    ...volumeWarnings(spec, `${prefix}spec.volumes`),
    ...doubles(spec.hostAliases, ({ ip = '' }) => ip).map(
      ([index, ip]) => `${prefix}spec.hostAliases[${index}].ip: duplicate ip ${JSON.stringify(ip)}`,
    ),
    ...doubles(spec.imagePullSecrets, ({ name = '' }) => name).map(
      ([index, name]) => `${prefix}spec.imagePullSecrets[${index}].name: duplicate name ${JSON.stringify(name)}`,
    ),
    ...(spec.imagePullSecrets ?? []).flatMap(({ name = '' }, index) =>
      name === '' ? [`${prefix}spec.imagePullSecrets[${index}].name: invalid empty name ""`] : [],
    ),
    ...fractionWarnings(spec.overhead, `${prefix}spec.overhead`, BYTES),
    ...(spec.securityContext?.seccompProfile === undefined && Object.hasOwn(annotations, SECCOMP_OF_POD)
      ? [`${prefix}metadata.annotations[${SECCOMP_OF_POD}]: ${NO_SECCOMP}`]
      : []),
    ...containersOf(spec, prefix).flatMap(([path, container]) =>
      containerWarnings(container, path, { annotations, spec, prefix }),
    ),
    ...portWarnings(spec, prefix),
    ...((spec.terminationGracePeriodSeconds ?? 0) < 0
      ? [
          `${prefix}spec.terminationGracePeriodSeconds: must be >= 0; negative values are invalid and will be treated as 1`,
        ]
      : []),
    ...affinityWarnings(spec, `${prefix}spec.affinity`),
  ];
}

/** `where`: what becomes of the name. */
export function nameWarnings({ metadata }: StoredObject, where = 'Pod names and hostnames'): readonly string[] {
  const problems = isDns1123Label(metadata.name);
  return problems.length === 0
    ? []
    : [
        `metadata.name: this is used in ${where}, which can result in surprising behavior; a DNS label is recommended: [${problems.join(' ')}]`,
      ];
}

/** Init containers first, as Kubernetes visits them. */
function containersOf(spec: PodSpec, prefix: string): readonly (readonly [string, Container])[] {
  const lists = ['initContainers', 'containers', 'ephemeralContainers'] as const;
  return lists.flatMap((list) =>
    ((spec[list] ?? []) as readonly Container[]).map((one, index) => [`${prefix}spec.${list}[${index}]`, one] as const),
  );
}

function placementWarnings(spec: PodSpec, prefix: string): readonly string[] {
  const { nodeAffinity } = spec.affinity ?? {};
  const at = `${prefix}spec.affinity.nodeAffinity`;
  return [
    ...Object.keys(spec.nodeSelector ?? {}).flatMap((key) =>
      formerLabel(key, (what) => `${prefix}spec.nodeSelector[${key}]: ${what}`),
    ),
    ...(nodeAffinity?.[NEEDED]?.nodeSelectorTerms ?? []).flatMap((term, index) =>
      nodeTermWarnings(term, `${at}.${NEEDED}.nodeSelectorTerms[${index}]`),
    ),
    ...(nodeAffinity?.[WISHED] ?? []).flatMap(({ preference }, index) =>
      nodeTermWarnings(preference ?? {}, `${at}.${WISHED}[${index}].preference`),
    ),
    ...(spec.topologySpreadConstraints ?? []).flatMap(({ topologyKey, labelSelector }, index) => {
      const path = `${prefix}spec.topologySpreadConstraints[${index}]`;
      return [
        ...formerLabel(topologyKey, (what) => `${path}.topologyKey: ${topologyKey} is ${what}`),
        ...(labelSelector === undefined ? [matchesNothing(path)] : []),
      ];
    }),
  ];
}

const matchesNothing = (path: string): string =>
  `${path}.labelSelector: a null labelSelector results in matching no pod`;

const formerLabel = (key: string, say: (what: string) => string): readonly string[] => {
  const what = Object.hasOwn(FORMER_LABELS, key) ? FORMER_LABELS[key] : undefined;
  return what === undefined ? [] : [say(what)];
};

/** Also of the nodes that reach a PersistentVolume. */
export const nodeTermWarnings = ({ matchExpressions = [] }: NodeSelectorTerm, path: string): readonly string[] =>
  matchExpressions.flatMap(({ key }, index) =>
    formerLabel(key, (what) => `${path}.matchExpressions[${index}].key: ${key} is ${what}`),
  );

function volumeWarnings({ volumes = [] }: PodSpec, field: string): readonly string[] {
  const tokens = new Set(
    volumes.flatMap(({ projected }) =>
      (projected?.sources ?? []).flatMap(({ serviceAccountToken }) => serviceAccountToken?.path ?? []),
    ),
  );
  return [
    ...volumes.flatMap((volume, index) => [
      ...Object.entries(FORMER_SOURCES)
        .filter(([source]) => (volume as unknown as Readonly<Record<string, unknown>>)[source] !== undefined)
        .map(([source, what]) => `${field}[${index}].${source}: ${what}`),
      ...claimWarnings(
        volume.ephemeral?.volumeClaimTemplate?.spec ?? {},
        `${field}[${index}].ephemeral.volumeClaimTemplate.spec`,
      ),
    ]),
    ...volumes.flatMap(({ projected }, index) =>
      (projected?.sources ?? []).flatMap(({ configMap, secret, downwardAPI }) =>
        Object.entries({ configMap, secrets: secret, downwardAPI }).flatMap(([name, source]) =>
          ((source?.items ?? []) as readonly { path?: string }[]).flatMap(({ path = '' }, at) =>
            tokens.has(path)
              ? [
                  `${field}[${index}].projected.sources.${name}[${at}]: has duplicated path with ServiceAccountToken ${JSON.stringify(path)}`,
                ]
              : [],
          ),
        ),
      ),
    ),
  ];
}

/** The later ones of equal items. */
function doubles<T>(items: readonly T[] = [], keyOf: (item: T) => string): readonly (readonly [number, string])[] {
  const keys = items.map(keyOf);
  return keys.flatMap((key, index) => (keys.indexOf(key) < index ? [[index, key] as const] : []));
}

function containerWarnings(
  container: Container,
  path: string,
  { annotations, spec, prefix }: { annotations: Readonly<Record<string, string>>; spec: PodSpec; prefix: string },
): readonly string[] {
  const { name, securityContext, resources = {}, env = [] } = container;
  const [seccomp, appArmor] = [`${SECCOMP_OF_CONTAINER}${name}`, `${APP_ARMOR_OF_CONTAINER}${name}`];
  const hasAppArmor = (securityContext?.appArmorProfile ?? spec.securityContext?.appArmorProfile) !== undefined;
  return [
    ...(securityContext?.seccompProfile === undefined && Object.hasOwn(annotations, seccomp)
      ? [`${prefix}metadata.annotations[${seccomp}]: ${NO_SECCOMP}`]
      : []),
    ...(!hasAppArmor && Object.hasOwn(annotations, appArmor)
      ? [`${prefix}metadata.annotations[${appArmor}]: ${NO_APP_ARMOR}`]
      : []),
    ...fractionWarnings(resources.limits, `${path}.resources.limits`, BYTES),
    ...fractionWarnings(resources.requests, `${path}.resources.requests`, BYTES),
    ...doubles(env, (variable) => variable.name).flatMap(([index, key]) => {
      const { value = '', valueFrom } = env[index] ?? {};
      const reference = `$(${key})`;
      const builds = valueFrom === undefined && value !== reference && value.includes(reference);
      return builds
        ? []
        : [
            `${path}.env[${index}]: hides previous definition of ${JSON.stringify(key)}, which may be dropped when using apply`,
          ];
    }),
  ];
}

/** Ports of containers that are in each other's way. */
function portWarnings(spec: PodSpec, prefix: string): readonly string[] {
  const ports: { readonly path: string; readonly port: ContainerPort }[] = [];
  return containersOf(spec, prefix).flatMap(([at, container]) =>
    (container.ports ?? []).flatMap((port, index) => {
      const path = `${at}.ports[${index}]`;
      const others = ports.filter(
        (other) => other.port.containerPort === port.containerPort && other.port.protocol === port.protocol,
      );
      ports.push({ path, port });
      const { name = '', hostPort = 0, containerPort, protocol = '', hostIP = '' } = port;
      return [
        ...(hostIP !== '' && hostPort === 0
          ? [
              `${path}: hostIP set without hostPort: {Name:${name} HostPort:${hostPort} ContainerPort:${containerPort} Protocol:${protocol} HostIP:${hostIP}}`,
            ]
          : []),
        ...others.flatMap((other) => {
          const how = conflict(port, other.port);
          return how === undefined ? [] : [`${path}: ${how} port definition with ${other.path}`];
        }),
      ];
    }),
  );
}

function conflict(one: ContainerPort, other: ContainerPort): string | undefined {
  const { hostPort = 0, hostIP = '' } = one;
  const { hostPort: otherPort = 0, hostIP: otherIP = '' } = other;
  if (hostIP === otherIP && hostPort === otherPort) return 'duplicate';
  if (hostPort === 0 || otherPort === 0) return 'overlapping';
  return hostPort === otherPort && (hostIP === '') !== (otherIP === '') ? 'dangerously ambiguous' : undefined;
}

function affinityWarnings({ affinity = {} }: PodSpec, field: string): readonly string[] {
  const chooseNobody = (term: Partial<PodAffinityTerm> | undefined, path: string): readonly string[] =>
    term?.labelSelector === undefined ? [matchesNothing(path)] : [];
  return (['podAffinity', 'podAntiAffinity'] as const).flatMap((name) => [
    ...(affinity[name]?.[NEEDED] ?? []).flatMap((term, index) =>
      chooseNobody(term, `${field}.${name}.${NEEDED}[${index}]`),
    ),
    ...(affinity[name]?.[WISHED] ?? []).flatMap(({ podAffinityTerm }, index) =>
      chooseNobody(podAffinityTerm, `${field}.${name}.${WISHED}[${index}].podAffinityTerm`),
    ),
  ]);
}
