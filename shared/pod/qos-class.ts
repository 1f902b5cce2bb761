import type { PodSpec } from '../api/objects';
import { parseQuantity } from '../quantity';
import { hasPodLevelResources } from './pod-resources';

export type QosClass = 'Guaranteed' | 'Burstable' | 'BestEffort';

const COMPUTE = ['cpu', 'memory'];

/**
 * Kubernetes' quality of service class: which pods go first when a node runs out of memory. What a pod asks for as a whole
 * alone decides, where it asks for something.
 */
export function qosClassOf(spec: PodSpec): QosClass {
  const askers = hasPodLevelResources(spec) ? [spec] : [...spec.containers, ...(spec.initContainers ?? [])];
  const amount = (text: string | undefined): bigint => (text === undefined ? 0n : parseQuantity(text).nanos);
  const isGuaranteed = askers.every(({ resources }) =>
    COMPUTE.every((name) => {
      const limit = amount(resources?.limits?.[name]);
      return limit > 0n && amount(resources?.requests?.[name] ?? resources?.limits?.[name]) === limit;
    }),
  );
  if (isGuaranteed) return 'Guaranteed';
  const asksForAny = askers.some(({ resources }) =>
    COMPUTE.some((name) => amount(resources?.limits?.[name]) > 0n || amount(resources?.requests?.[name]) > 0n),
  );
  return asksForAny ? 'Burstable' : 'BestEffort';
}
