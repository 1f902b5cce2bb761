import type { ApiObject, Pod } from '../../shared/api/objects';
import { badRequest } from '../../shared/status-error';
import type { Kind } from '../kinds/kind';
import type { Decoder } from '../openapi/decode';

/** So many pods are planned for in one request. */
const MOST_PODS = 10_000;

/** `{ "items": [{ "pod": Pod, "count": 3 }] }`: pods that are asked about, `count` of each kind of them. */
interface PlanItem {
  readonly pod?: unknown;
  readonly count?: unknown;
}

/** The pods that a request asks about, with their defaults, as `name-0`, `name-1` where there are several. Throws BadRequest. */
export function readPlanRequest(body: ApiObject, podKind: Kind, decoder: Decoder): readonly Pod[] {
  const { items } = body as { readonly items?: unknown };
  if (!Array.isArray(items)) throw badRequest('items: must be a list of {"pod": …, "count": …}');
  const pods = items.flatMap((item: PlanItem, index) => {
    const { pod, count = 1 } = item;
    if (typeof pod !== 'object' || pod === null) throw badRequest(`items[${index}].pod: must be a pod`);
    if (typeof count !== 'number' || !Number.isInteger(count) || count < 0 || count > MOST_PODS)
      throw badRequest(`items[${index}].count: must be a whole number from 0 to ${MOST_PODS}`);
    return copies(readPod(pod as ApiObject, podKind, decoder), count);
  });
  if (pods.length > MOST_PODS) throw badRequest(`items: at most ${MOST_PODS} pods at once, these are ${pods.length}`);
  return pods;
}

function readPod(given: ApiObject, podKind: Kind, decoder: Decoder): Pod {
  const { object } = decoder.decode(podKind, structuredClone(given));
  podKind.setDefaults?.(object);
  const { name = 'pod', namespace = 'default' } = object.metadata ?? {};
  const [problem] = podKind.validate?.({ ...object, metadata: { ...object.metadata, name, namespace } }) ?? [];
  if (problem !== undefined) throw badRequest(`pod ${JSON.stringify(name)}: ${problem.field}: ${problem.message}`);
  return { ...object, metadata: { ...object.metadata, name, namespace, uid: `plan-${name}` } } as unknown as Pod;
}

const copies = (pod: Pod, count: number): readonly Pod[] =>
  count === 1
    ? [pod]
    : Array.from({ length: count }, (_, index) => {
        const name = `${pod.metadata.name}-${index}`;
        return { ...pod, metadata: { ...pod.metadata, name, uid: `plan-${name}` } };
      });
