import type { LimitRangeItem } from 'kubernetes-types/core/v1';
import type {
  ApiObject,
  Container,
  LimitRange,
  PersistentVolumeClaim,
  PodSpec,
  StoredObject,
} from '../../shared/api/objects';
import type { Resources } from '../../shared/pod/pod-resources';
import { podLimits, podRequests } from '../../shared/pod/pod-resources';
import type { Quantity } from '../../shared/quantity';
import { compareQuantities, formatQuantity, parseQuantity } from '../../shared/quantity';
import { forbidden } from '../../shared/status-error';
import type { AdmissionPlugin, AdmissionRequest } from './admission';
import { refusedName } from './admission';

const ANNOTATION = 'kubernetes.io/limit-ranger';
const NANO = 1_000_000_000n;

type Amounts = Readonly<Record<string, string>> | undefined;

/**
 * What a namespace's LimitRanges give containers that say nothing, and what they let containers, pods and claims ask for
 * (k8s.io/kubernetes/plugin/pkg/admission/limitranger). Of a pod that exists only a resize is looked at: nothing else
 * changes what it asks for.
 */
export const limitRanger: AdmissionPlugin = {
  name: 'LimitRanger',
  admitCreate(request, object) {
    if (isPod(request)) fillPod(request, object);
  },
  admitUpdate(request, object) {
    if (isPod(request) && request.subresource === 'resize') fillPod(request, object as ApiObject);
  },
  checkCreate(request, object) {
    if (isPod(request)) checkPod(request, object);
    else if (isClaim(request)) checkClaim(request, object);
  },
  checkUpdate(request, object, old) {
    // What is being deleted has to get rid of its finalizers, whatever limits have come since.
    if (old.metadata.deletionTimestamp !== undefined) return;
    if (isPod(request) && request.subresource === 'resize') checkPod(request, object);
    else if (isClaim(request) && request.subresource === undefined) checkClaim(request, object);
  },
};

const isPod = ({ kind }: AdmissionRequest): boolean => kind.kind === 'Pod' && kind.group === '';
const isClaim = ({ kind }: AdmissionRequest): boolean => kind.kind === 'PersistentVolumeClaim' && kind.group === '';

const limitRangesFor = ({ lookup }: AdmissionRequest, { metadata }: ApiObject): readonly LimitRange[] =>
  metadata?.namespace === undefined ? [] : lookup.list('LimitRange', metadata.namespace);

const limitsOf = ({ spec }: LimitRange): readonly LimitRangeItem[] => spec?.limits ?? [];
const specOf = (object: ApiObject): PodSpec | undefined => object['spec'] as PodSpec | undefined;

function fillPod(request: AdmissionRequest, object: ApiObject): void {
  const spec = specOf(object);
  if (spec === undefined) return;
  for (const range of limitRangesFor(request, object)) {
    const items = limitsOf(range).filter(({ type }) => type === 'Container');
    const limits = Object.assign({}, ...items.map((item) => item.default ?? {})) as Amounts;
    const requests = Object.assign({}, ...items.map((item) => item.defaultRequest ?? {})) as Amounts;
    const fill = (containers: readonly Container[] | undefined, what: string): string[] =>
      (containers ?? []).flatMap((container) => fillContainer(container, what, { requests, limits }));
    const filled = [...fill(spec.containers, 'container'), ...fill(spec.initContainers, 'init container')];
    if (filled.length === 0) continue;
    const metadata = (object.metadata ??= {});
    metadata.annotations = { ...metadata.annotations, [ANNOTATION]: `LimitRanger plugin set: ${filled.join('; ')}` };
  }
}

/** What was filled, in the words of the annotation. */
function fillContainer(
  container: Container,
  what: string,
  defaults: { readonly requests: Amounts; readonly limits: Amounts },
): string[] {
  const texts: string[] = [];
  for (const [field, word] of [
    ['requests', 'request'],
    ['limits', 'limit'],
  ] as const) {
    const given = container.resources?.[field] ?? {};
    const missing = Object.entries(defaults[field] ?? {}).filter(([name]) => !Object.hasOwn(given, name));
    if (missing.length === 0) continue;
    container.resources = { ...container.resources, [field]: { ...given, ...Object.fromEntries(missing) } };
    const names = missing.map(([name]) => name).sort();
    texts.push(`${names.join(', ')} ${word} for ${what} ${container.name}`);
  }
  return texts;
}

/** What is asked for by a container, a pod or a claim. */
interface Demand {
  readonly requests: Resources;
  readonly limits: Resources;
}

function checkPod(request: AdmissionRequest, object: StoredObject): void {
  const spec = specOf(object);
  if (spec === undefined) return;
  // What a pod takes beside its containers is not its author's to limit.
  const bare = { ...spec, overhead: {} };
  for (const range of limitRangesFor(request, object)) {
    const problems = limitsOf(range).flatMap((item) => {
      switch (item.type) {
        case 'Container':
          return [...spec.containers, ...(spec.initContainers ?? [])].flatMap((container) =>
            problemsOf(item, { requests: amounts(container, 'requests'), limits: amounts(container, 'limits') }),
          );
        case 'Pod':
          return problemsOf(item, { requests: podRequests(bare), limits: podLimits(bare) });
        default:
          return [];
      }
    });
    refuse(request, object, problems);
  }
}

const amounts = ({ resources }: Container, field: 'requests' | 'limits'): Resources => quantities(resources?.[field]);

const quantities = (given: Amounts): Resources =>
  new Map(Object.entries(given ?? {}).map(([name, text]) => [name, parseQuantity(text)]));

function checkClaim(request: AdmissionRequest, object: StoredObject): void {
  const { spec } = object as unknown as PersistentVolumeClaim;
  const demand = { requests: quantities(spec?.resources?.requests), limits: new Map<string, Quantity>() };
  for (const range of limitRangesFor(request, object)) {
    const problems = limitsOf(range)
      .filter(({ type }) => type === 'PersistentVolumeClaim')
      .flatMap((item) => [
        ...each(item.min, (name, bound) => belowMinimum(item.type, name, bound, demand)),
        ...each(item.max, (name, bound) => aboveMaximumRequest(item.type, name, bound, demand)),
      ]);
    refuse(request, object, problems);
  }
}

function refuse({ kind }: AdmissionRequest, object: StoredObject, problems: readonly string[]): void {
  const [first, ...others] = new Set(problems);
  if (first === undefined) return;
  const text = others.length === 0 ? first : `[${[first, ...others].join(', ')}]`;
  throw forbidden({ group: kind.group, resource: kind.plural }, refusedName(object), text);
}

const problemsOf = (item: LimitRangeItem, demand: Demand): readonly string[] => [
  ...each(item.min, (name, bound) => belowMinimum(item.type, name, bound, demand)),
  ...each(item.max, (name, bound) => aboveMaximum(item.type, name, bound, demand)),
  ...each(item.maxLimitRequestRatio, (name, bound) => aboveRatio(item.type, name, bound, demand)),
];

const each = (bounds: Amounts, check: (name: string, bound: Quantity) => string | undefined): readonly string[] =>
  Object.entries(bounds ?? {})
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .flatMap(([name, text]) => check(name, parseQuantity(text)) ?? []);

function belowMinimum(type: string, name: string, bound: Quantity, demand: Demand): string | undefined {
  const [request, limit] = [demand.requests.get(name), demand.limits.get(name)];
  const rule = `minimum ${name} usage per ${type} is ${formatQuantity(bound)}`;
  if (request === undefined) return `${rule}.  No request is specified`;
  if (compareQuantities(request, bound) < 0) return `${rule}, but request is ${formatQuantity(request)}`;
  if (limit !== undefined && compareQuantities(limit, bound) < 0)
    return `${rule}, but limit is ${formatQuantity(limit)}`;
  return undefined;
}

function aboveMaximum(type: string, name: string, bound: Quantity, demand: Demand): string | undefined {
  const limit = demand.limits.get(name);
  const rule = `maximum ${name} usage per ${type} is ${formatQuantity(bound)}`;
  if (limit === undefined) return `${rule}.  No limit is specified`;
  if (compareQuantities(limit, bound) > 0) return `${rule}, but limit is ${formatQuantity(limit)}`;
  return demand.requests.has(name) ? aboveMaximumRequest(type, name, bound, demand) : undefined;
}

function aboveMaximumRequest(type: string, name: string, bound: Quantity, demand: Demand): string | undefined {
  const request = demand.requests.get(name);
  const rule = `maximum ${name} usage per ${type} is ${formatQuantity(bound)}`;
  if (request === undefined) return `${rule}.  No request is specified`;
  return compareQuantities(request, bound) > 0 ? `${rule}, but request is ${formatQuantity(request)}` : undefined;
}

function aboveRatio(type: string, name: string, bound: Quantity, demand: Demand): string | undefined {
  const [request, limit] = [demand.requests.get(name), demand.limits.get(name)];
  const rule = `${name} max limit to request ratio per ${type} is ${formatQuantity(bound)}`;
  if (request === undefined || request.nanos === 0n) return `${rule}, but no request is specified or request is 0`;
  if (limit === undefined || limit.nanos === 0n) return `${rule}, but no limit is specified or limit is 0`;
  if (limit.nanos * NANO <= bound.nanos * request.nanos) return undefined;
  return `${rule}, but provided ratio is ${(Number(limit.nanos) / Number(request.nanos)).toFixed(6)}`;
}
