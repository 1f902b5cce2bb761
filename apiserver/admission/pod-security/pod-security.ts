import type { ApiObject, Container, ObjectMeta, Pod, PodSpec, StoredObject } from '../../../shared/api/objects';
import { isSameJson } from '../../../shared/same-json';
import { forbidden, invalid } from '../../../shared/status-error';
import type { AdmissionPlugin, AdmissionRequest } from '../admission';
import { refusedName } from '../admission';
import { detailText, violations } from './evaluate';
import { warningsAbout } from './existing-pods';
import type { Level, Policy } from './levels';
import { isStricter, policyOf, standardText } from './levels';

/** Where the cluster's own pods are. */
const EXEMPT = ['kube-system'];
const ANNOTATIONS = 'pod-security.kubernetes.io/';

/** Kinds with a template of pods, and where it is. */
const TEMPLATES: Readonly<Record<string, readonly string[]>> = {
  podtemplates: ['template'],
  replicationcontrollers: ['spec', 'template'],
  'deployments.apps': ['spec', 'template'],
  'replicasets.apps': ['spec', 'template'],
  'statefulsets.apps': ['spec', 'template'],
  'daemonsets.apps': ['spec', 'template'],
  'jobs.batch': ['spec', 'template'],
  'cronjobs.batch': ['spec', 'jobTemplate', 'spec', 'template'],
};

/** What is judged: a pod, or what pods are going to be made from. */
interface Judged {
  readonly metadata: ObjectMeta;
  readonly spec: PodSpec;
}

/**
 * Kubernetes' Pod Security admission: refuses pods that violate what their namespace enforces, warns of those and of
 * templates that violate what it warns about, and checks the labels that say so (k8s.io/pod-security-admission).
 * `fallback`: what namespaces without labels enforce, and warn about.
 */
export const createPodSecurity = (fallback: Level): AdmissionPlugin => ({
  name: 'PodSecurity',
  checkCreate(request, object) {
    if (isNamespace(request)) checkLabels(object, undefined, fallback);
    else check(request, object, fallback);
  },
  checkUpdate(request, object, old) {
    const { subresource } = request;
    if (isNamespace(request)) {
      if (subresource !== undefined) return;
      checkLabels(object, old, fallback);
      for (const text of tighteningWarnings(request, object, old, fallback)) request.warn(text);
    } else if (isPod(request)) {
      if (subresource !== 'status' && isSignificant(object, old)) check(request, object, fallback);
    } else if (subresource === undefined) check(request, object, fallback);
  },
});

const isPod = ({ kind }: AdmissionRequest): boolean => kind.kind === 'Pod' && kind.group === '';
const isNamespace = ({ kind }: AdmissionRequest): boolean => kind.kind === 'Namespace' && kind.group === '';
const labelsOf = ({ metadata }: StoredObject): Readonly<Record<string, string>> | undefined => metadata.labels;

/** Throws Invalid for labels that mean nothing, unless they were there before. */
function checkLabels(object: StoredObject, old: StoredObject | undefined, fallback: Level): void {
  const { problems } = policyOf(labelsOf(object), fallback);
  if (problems.length === 0) return;
  if (old !== undefined && isSameJson(problems, policyOf(labelsOf(old), fallback).problems)) return;
  throw invalid({ group: '', kind: 'Namespace' }, object.metadata.name, problems);
}

function tighteningWarnings(
  { lookup }: AdmissionRequest,
  object: StoredObject,
  old: StoredObject,
  fallback: Level,
): readonly string[] {
  const { name } = object.metadata;
  const [{ enforce }, { enforce: before }] = [
    policyOf(labelsOf(object), fallback).policy,
    policyOf(labelsOf(old), fallback).policy,
  ];
  const isRelaxed = enforce.minor === before.minor && !isStricter(enforce.level, before.level);
  if (enforce.level === 'privileged' || isRelaxed || EXEMPT.includes(name)) return [];
  return warningsAbout(name, lookup.list('Pod', name), enforce);
}

function check(request: AdmissionRequest, object: StoredObject, fallback: Level): void {
  const { namespace } = object.metadata;
  if (namespace === undefined || EXEMPT.includes(namespace)) return;
  const judged = isPod(request) ? (object as unknown as Pod) : templateOf(request, object);
  if (judged === undefined) return;
  const { policy } = policyOf(request.lookup.get('Namespace', { name: namespace })?.metadata.labels, fallback);
  if (isPod(request)) enforce(request, object, judged, policy);

  const noted = violations(policy.audit, judged.metadata, judged.spec);
  if (noted.length > 0) request.annotate(`${ANNOTATIONS}audit-violations`, wouldViolate(policy.audit, noted));
  const warned = violations(policy.warn, judged.metadata, judged.spec);
  if (warned.length > 0) request.warn(wouldViolate(policy.warn, warned));
}

const wouldViolate = (standard: Policy['warn'], findings: Parameters<typeof detailText>[0]): string =>
  `would violate PodSecurity ${JSON.stringify(standardText(standard))}: ${detailText(findings)}`;

function enforce({ kind, annotate }: AdmissionRequest, object: StoredObject, judged: Judged, policy: Policy): void {
  annotate(`${ANNOTATIONS}enforce-policy`, standardText(policy.enforce));
  const findings = violations(policy.enforce, judged.metadata, judged.spec);
  if (findings.length === 0) return;
  throw forbidden(
    { group: kind.group, resource: kind.plural },
    refusedName(object),
    `violates PodSecurity ${JSON.stringify(standardText(policy.enforce))}: ${detailText(findings)}`,
  );
}

function templateOf({ kind }: AdmissionRequest, object: ApiObject): Judged | undefined {
  const path = TEMPLATES[kind.group === '' ? kind.plural : `${kind.plural}.${kind.group}`];
  const template = path?.reduce<unknown>(
    (value, field) => (typeof value === 'object' && value !== null ? Reflect.get(value, field) : undefined),
    object,
  ) as Partial<Judged> | undefined;
  return template?.spec?.containers === undefined
    ? undefined
    : { metadata: template.metadata ?? {}, spec: template.spec };
}

/** Whether an update changes something that is judged: images, containers that are added, profiles by annotation. */
function isSignificant(object: StoredObject, old: StoredObject): boolean {
  const judged = (each: StoredObject): unknown => {
    const { metadata, spec } = each as unknown as Pod;
    const images = (containers: readonly Container[] | undefined): unknown =>
      (containers ?? []).map(({ name, image }) => ({ name, image }));
    return {
      containers: images(spec.containers),
      initContainers: images(spec.initContainers),
      ephemeralContainers: images(spec.ephemeralContainers as Container[] | undefined),
      annotations: Object.entries(metadata.annotations ?? {}).filter(([key]) =>
        key.includes('seccomp.security.alpha.kubernetes.io/'),
      ),
    };
  };
  return !isSameJson(judged(object), judged(old));
}
