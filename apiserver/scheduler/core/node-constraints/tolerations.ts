import type { Taint, Toleration } from '../../../../shared/api/objects';

/** Whether a toleration matches a taint; rules of k8s.io/api/core/v1 Toleration.ToleratesTaint. */
export function toleratesTaint(toleration: Toleration, taint: Pick<Taint, 'key' | 'effect' | 'value'>): boolean {
  if ((toleration.effect ?? '') !== '' && toleration.effect !== taint.effect) return false;
  if ((toleration.key ?? '') !== '' && toleration.key !== taint.key) return false;
  const operator = toleration.operator ?? 'Equal';
  if (operator === 'Exists') return true;
  return operator === 'Equal' && (toleration.key ?? '') !== '' && (toleration.value ?? '') === (taint.value ?? '');
}

export const toleratesAny = (
  tolerations: readonly Toleration[],
  taint: Pick<Taint, 'key' | 'effect' | 'value'>,
): boolean => tolerations.some((each) => toleratesTaint(each, taint));

/** The first taint that keeps the pod off the node. */
export const untolerated = (tolerations: readonly Toleration[], taints: readonly Taint[]): Taint | undefined =>
  taints.find((taint) => taint.effect !== 'PreferNoSchedule' && !toleratesAny(tolerations, taint));

/** How many taints would rather not have the pod: PreferNoSchedule, untolerated. */
export const unwantedBy = (tolerations: readonly Toleration[], taints: readonly Taint[]): number =>
  taints.filter((taint) => taint.effect === 'PreferNoSchedule' && !toleratesAny(tolerations, taint)).length;
