import type { Pod } from '../../shared/api/objects';
import { qosClassOf } from '../../shared/pod/qos-class';
import type { Pressure } from '../eviction/pressure';
import { CRITICAL_PRIORITY } from '../eviction/rank';
import type { Refusal } from '../pod-worker/refusal';

const MEMORY_TAINT = 'node.kubernetes.io/memory-pressure';

/**
 * Why a node that is short takes no such pod, as the kubelet decides it (kubelet/eviction Admit); undefined where it
 * does. Short of memory alone it still takes pods that say how much they need.
 */
export function refusalUnder(pressures: readonly Pressure[], { spec }: Pod): Refusal | undefined {
  if (pressures.length === 0 || (spec.priority ?? 0) >= CRITICAL_PRIORITY) return undefined;
  if (pressures.every((pressure) => pressure === 'MemoryPressure')) {
    const isTolerant = (spec.tolerations ?? []).some(
      ({ key, operator, effect = 'NoSchedule' }) =>
        effect === 'NoSchedule' && (key === MEMORY_TAINT || (key === undefined && operator === 'Exists')),
    );
    if (qosClassOf(spec) !== 'BestEffort' || isTolerant) return undefined;
  }
  return { reason: 'Evicted', message: `The node was low on resource: [${pressures.join(' ')}]. ` };
}
