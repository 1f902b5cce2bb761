import type { ApiObject, Pod } from '../../shared/api/objects';
import { badRequest, StatusError } from '../../shared/status-error';
import type { DeleteQuery } from './registry';

/** Whether a pod may be disrupted now; `reason` is what a disruption budget says against it. */
export type DisruptionCheck = (
  pod: Pod,
) => { readonly allowed: true } | { readonly allowed: false; readonly reason: string };

export const allowDisruption: DisruptionCheck = () => ({ allowed: true });

type EvictionDelete = Pick<DeleteQuery, 'gracePeriodSeconds' | 'propagationPolicy' | 'preconditions'>;

/** The deletion that an Eviction asks for. Throws BadRequest for what is none, TooManyRequests where a budget forbids it. */
export function checkEviction(pod: Pod, eviction: ApiObject, mayDisrupt: DisruptionCheck): EvictionDelete {
  const named = eviction.metadata?.name ?? '';
  if (named !== '' && named !== pod.metadata.name)
    throw badRequest('name in URL does not match name in Eviction object');
  const isOver = pod.status?.phase === 'Succeeded' || pod.status?.phase === 'Failed';
  const isUnderway = pod.metadata.deletionTimestamp !== undefined;
  // Budgets count pods that serve: one that is over, going or not running yet disrupts nothing.
  const verdict = isOver || isUnderway || pod.status?.phase === 'Pending' ? undefined : mayDisrupt(pod);
  if (verdict?.allowed === false) {
    throw new StatusError('TooManyRequests', "Cannot evict pod as it would violate the pod's disruption budget.", {
      causes: [{ reason: 'DisruptionBudget', message: verdict.reason }],
    });
  }
  return readDeleteOptions(eviction['deleteOptions']);
}

function readDeleteOptions(value: unknown): EvictionDelete {
  if (typeof value !== 'object' || value === null) return {};
  const { gracePeriodSeconds, propagationPolicy, preconditions } = value as Record<string, unknown>;
  const { uid, resourceVersion } = (
    typeof preconditions === 'object' && preconditions !== null ? preconditions : {}
  ) as Record<string, unknown>;
  const isPolicy = (text: unknown): text is 'Foreground' | 'Background' | 'Orphan' =>
    text === 'Foreground' || text === 'Background' || text === 'Orphan';
  return {
    ...(typeof gracePeriodSeconds === 'number' ? { gracePeriodSeconds } : {}),
    ...(isPolicy(propagationPolicy) ? { propagationPolicy } : {}),
    preconditions: {
      ...(typeof uid === 'string' ? { uid } : {}),
      ...(typeof resourceVersion === 'string' ? { resourceVersion } : {}),
    },
  };
}
