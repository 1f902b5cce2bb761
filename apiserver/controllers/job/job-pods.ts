import type { ApiObject, Container, Job, Pod, PodSpec } from '../../../shared/api/objects';
import type { PodTemplate } from '../../kinds/pod-template/pod-template';
import { podFrom } from '../workloads/pod-control';

/** Keeps an ended pod until its Job has counted it. */
export const TRACKING = 'batch.kubernetes.io/job-tracking';
const INDEX = 'batch.kubernetes.io/job-completion-index';
const INDEX_ENV = 'JOB_COMPLETION_INDEX';

export const isIndexed = ({ spec }: Job): boolean => spec?.completionMode === 'Indexed';
export const isTracked = ({ metadata }: Pod): boolean => (metadata.finalizers ?? []).includes(TRACKING);
export const isEnded = ({ status }: Pod): boolean => status?.phase === 'Succeeded' || status?.phase === 'Failed';

export function indexOf({ metadata }: Pod): number | undefined {
  const text = metadata.annotations?.[INDEX];
  return text === undefined ? undefined : Number(text);
}

/** Whether a pod has an index that the Job has. */
export const hasValidIndex = ({ spec }: Job, pod: Pod): boolean =>
  (indexOf(pod) ?? Infinity) < (spec?.completions ?? 0);

/** Whether a pod is on its way out without having ended. */
export const isTerminating = (pod: Pod): boolean => pod.metadata.deletionTimestamp !== undefined && !isEnded(pod);

/** Whether a pod on its way out is replaced only when it has ended. */
export const replacesOnlyFailed = ({ spec }: Job): boolean =>
  spec?.podReplacementPolicy === 'Failed' || spec?.podFailurePolicy !== undefined;

/** The pod that does the work of one index, or any work of a Job without indexes. */
export function jobPod(
  job: Job,
  {
    index,
    annotations = {},
  }: { readonly index?: number; readonly annotations?: Readonly<Record<string, string>> } = {},
): ApiObject {
  const pod = podFrom(job, (job.spec?.template ?? {}) as PodTemplate);
  const metadata = { ...pod.metadata, finalizers: [...(pod.metadata?.finalizers ?? []), TRACKING] };
  if (index === undefined) return { ...pod, metadata };
  const spec = pod['spec'] as PodSpec;
  const withIndex = (container: Container): Container =>
    (container.env ?? []).some(({ name }) => name === INDEX_ENV)
      ? container
      : {
          ...container,
          env: [
            ...(container.env ?? []),
            { name: INDEX_ENV, valueFrom: { fieldRef: { fieldPath: `metadata.annotations['${INDEX}']` } } },
          ],
        };
  return {
    ...pod,
    metadata: {
      ...metadata,
      generateName: `${job.metadata.name}-${index}-`,
      labels: { ...metadata.labels, [INDEX]: String(index) },
      annotations: { ...metadata.annotations, ...annotations, [INDEX]: String(index) },
    },
    spec: {
      ...spec,
      hostname: `${job.metadata.name}-${index}`,
      containers: spec.containers.map(withIndex),
      ...(spec.initContainers === undefined ? {} : { initContainers: spec.initContainers.map(withIndex) }),
    },
  };
}
