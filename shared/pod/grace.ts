import type { PodSpec } from '../api/objects';

const DEFAULT_SECONDS = 30;

/** So long a pod has to end. Less than nothing counts as one second, as in Kubernetes. */
export const graceSecondsOf = ({ terminationGracePeriodSeconds: seconds = DEFAULT_SECONDS }: PodSpec): number =>
  seconds < 0 ? 1 : seconds;
