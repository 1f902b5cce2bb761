import type { CronJob, DaemonSet, Deployment, Job, Pod, ReplicaSet, StatefulSet } from '../../shared/api/objects';
import type { PodTemplateFields } from '../pod-template';
import { selectorText } from '../selector-text';
import { controlledBy } from './head-text';
import { annotationLines, labelLines } from './maps';
import { podTemplateText } from './pod-template-text';
import { timeText } from './times';

type Selector = object | undefined;
const selectorLine = (selector: Selector): string =>
  `Selector:\t${selector === undefined ? '<unset>' : selectorText(selector) || '<none>'}\n`;
const templateOf = (template: unknown): string => podTemplateText((template ?? {}) as PodTemplateFields);

/** How many of the pods are how far. */
export function podCounts(pods: readonly Pod[]): string {
  const count = (phase: string): number => pods.filter(({ status }) => (status?.phase ?? 'Pending') === phase).length;
  return `${count('Running')} Running / ${count('Pending')} Waiting / ${count('Succeeded')} Succeeded / ${count('Failed')} Failed`;
}

/** `sets`: the replica sets that it owns, oldest first. */
export function deploymentText({ metadata, spec, status = {} }: Deployment, sets: readonly ReplicaSet[]): string {
  const strategy = spec?.strategy?.type ?? 'RollingUpdate';
  const { maxUnavailable = '25%', maxSurge = '25%' } = spec?.strategy?.rollingUpdate ?? {};
  const conditions = status.conditions ?? [];
  return [
    `Name:\t${metadata.name}\nNamespace:\t${metadata.namespace}\nCreationTimestamp:\t${timeText(metadata.creationTimestamp)}\n`,
    labelLines('Labels', metadata.labels),
    annotationLines('Annotations', metadata.annotations),
    selectorLine(spec?.selector),
    `Replicas:\t${spec?.replicas ?? 1} desired | ${status.updatedReplicas ?? 0} updated | ${status.replicas ?? 0} total | ${status.availableReplicas ?? 0} available | ${status.unavailableReplicas ?? 0} unavailable\n`,
    `StrategyType:\t${strategy}\nMinReadySeconds:\t${spec?.minReadySeconds ?? 0}\n`,
    strategy === 'RollingUpdate'
      ? `RollingUpdateStrategy:\t${String(maxUnavailable)} max unavailable, ${String(maxSurge)} max surge\n`
      : '',
    templateOf(spec?.template),
    conditions.length === 0
      ? ''
      : `Conditions:\n  Type\tStatus\tReason\n  ----\t------\t------\n${conditions.map(({ type, status: value, reason }) => `  ${type} \t${value}\t${reason ?? ''}\n`).join('')}`,
    setsText(metadata, sets),
  ].join('');
}

function setsText(metadata: Deployment['metadata'], sets: readonly ReplicaSet[]): string {
  const revision = metadata.annotations?.['deployment.kubernetes.io/revision'];
  const isNew = (set: ReplicaSet): boolean =>
    set.metadata.annotations?.['deployment.kubernetes.io/revision'] === revision;
  const shown = (of: readonly ReplicaSet[]): string =>
    of
      .map(
        ({ metadata: { name }, spec, status }) =>
          `${name} (${status?.replicas ?? 0}/${spec?.replicas ?? 0} replicas created)`,
      )
      .join(', ') || '<none>';
  return `OldReplicaSets:\t${shown(sets.filter((set) => !isNew(set)))}\nNewReplicaSet:\t${shown(sets.filter(isNew))}\n`;
}

export const replicaSetText = ({ metadata, spec, status }: ReplicaSet, pods: readonly Pod[]): string =>
  [
    `Name:\t${metadata.name}\nNamespace:\t${metadata.namespace}\n`,
    selectorLine(spec?.selector),
    labelLines('Labels', metadata.labels),
    annotationLines('Annotations', metadata.annotations),
    controlledBy(metadata),
    `Replicas:\t${status?.replicas ?? 0} current / ${spec?.replicas ?? 0} desired\nPods Status:\t${podCounts(pods)}\n`,
    templateOf(spec?.template),
  ].join('');

export const daemonSetText = ({ metadata, spec, status }: DaemonSet, pods: readonly Pod[]): string =>
  [
    `Name:\t${metadata.name}\nNamespace:\t${metadata.namespace}\n`,
    selectorLine(spec?.selector),
    `Node-Selector:\t${selectorText(spec?.template.spec?.nodeSelector ?? {}) || '<none>'}\n`,
    labelLines('Labels', metadata.labels),
    annotationLines('Annotations', metadata.annotations),
    `Desired Number of Nodes Scheduled: ${status?.desiredNumberScheduled ?? 0}\n`,
    `Current Number of Nodes Scheduled: ${status?.currentNumberScheduled ?? 0}\n`,
    `Number of Nodes Scheduled with Up-to-date Pods: ${status?.updatedNumberScheduled ?? 0}\n`,
    `Number of Nodes Scheduled with Available Pods: ${status?.numberAvailable ?? 0}\n`,
    `Number of Nodes Misscheduled: ${status?.numberMisscheduled ?? 0}\n`,
    `Pods Status:\t${podCounts(pods)}\n`,
    templateOf(spec?.template),
  ].join('');

export function statefulSetText({ metadata, spec, status }: StatefulSet, pods: readonly Pod[]): string {
  const strategy = spec?.updateStrategy?.type ?? 'RollingUpdate';
  const claims = (spec?.volumeClaimTemplates ?? []).map(({ metadata: of, spec: claim }) =>
    [
      `  Name:\t${of?.name ?? ''}\n  StorageClass:\t${claim?.storageClassName ?? ''}\n`,
      labelLines('  Labels', of?.labels),
      annotationLines('  Annotations', of?.annotations),
      `  Capacity:\t${claim?.resources?.requests?.storage ?? '<default>'}\n  Access Modes:\t[${(claim?.accessModes ?? []).join(' ')}]\n`,
    ].join(''),
  );
  return [
    `Name:\t${metadata.name}\nNamespace:\t${metadata.namespace}\nCreationTimestamp:\t${timeText(metadata.creationTimestamp)}\n`,
    selectorLine(spec?.selector),
    labelLines('Labels', metadata.labels),
    annotationLines('Annotations', metadata.annotations),
    `Replicas:\t${spec?.replicas ?? 1} desired | ${status?.replicas ?? 0} total\nUpdate Strategy:\t${strategy}\n`,
    strategy === 'RollingUpdate' ? `  Partition:\t${spec?.updateStrategy?.rollingUpdate?.partition ?? 0}\n` : '',
    `Pods Status:\t${podCounts(pods)}\n`,
    templateOf(spec?.template),
    claims.length === 0 ? 'Volume Claims:\t<none>\n' : `Volume Claims:\n${claims.join('')}`,
  ].join('');
}

export function jobText({ metadata, spec, status = {} }: Job): string {
  const line = (label: string, value: string | number | undefined): string =>
    value === undefined ? '' : `${label}:\t${value}\n`;
  const { startTime, completionTime } = status;
  const tookMs =
    startTime === undefined || completionTime === undefined ? 0 : Date.parse(completionTime) - Date.parse(startTime);
  return [
    `Name:\t${metadata.name}\nNamespace:\t${metadata.namespace}\n`,
    selectorLine(spec?.selector),
    labelLines('Labels', metadata.labels),
    annotationLines('Annotations', metadata.annotations),
    controlledBy(metadata),
    line('Parallelism', spec?.parallelism),
    spec?.completions === undefined ? 'Completions:\t<unset>\n' : line('Completions', spec.completions),
    line('Completion Mode', spec?.completionMode),
    line('Suspend', String(spec?.suspend ?? false)),
    line('Backoff Limit', spec?.backoffLimit),
    line('TTL Seconds After Finished', spec?.ttlSecondsAfterFinished),
    startTime === undefined ? '' : line('Start Time', timeText(startTime)),
    completionTime === undefined ? '' : line('Completed At', timeText(completionTime)),
    completionTime === undefined ? '' : line('Duration', `${Math.round(tookMs / 1_000)}s`),
    spec?.activeDeadlineSeconds === undefined ? '' : line('Active Deadline Seconds', `${spec.activeDeadlineSeconds}s`),
    `Pods Statuses:\t${status.active ?? 0} Active${status.ready === undefined ? '' : ` (${status.ready} Ready)`} / ${status.succeeded ?? 0} Succeeded / ${status.failed ?? 0} Failed\n`,
    spec?.completionMode === 'Indexed' ? line('Completed Indexes', status.completedIndexes ?? '<none>') : '',
    templateOf(spec?.template),
  ].join('');
}

export function cronJobText({ metadata, spec, status = {} }: CronJob): string {
  const inner = spec?.jobTemplate.spec;
  const orUnset = (value: string | number | undefined): string => (value === undefined ? '<unset>' : String(value));
  const active = (status.active ?? []).map(({ name }) => name ?? '');
  return [
    `Name:\t${metadata.name}\nNamespace:\t${metadata.namespace}\n`,
    labelLines('Labels', metadata.labels),
    annotationLines('Annotations', metadata.annotations),
    `Schedule:\t${spec?.schedule ?? ''}\n`,
    spec?.timeZone === undefined ? '' : `Time Zone:\t${spec.timeZone}\n`,
    `Concurrency Policy:\t${spec?.concurrencyPolicy ?? 'Allow'}\nSuspend:\t${spec?.suspend === true ? 'True' : 'False'}\n`,
    `Successful Job History Limit:\t${orUnset(spec?.successfulJobsHistoryLimit)}\n`,
    `Failed Job History Limit:\t${orUnset(spec?.failedJobsHistoryLimit)}\n`,
    `Starting Deadline Seconds:\t${spec?.startingDeadlineSeconds === undefined ? '<unset>' : `${spec.startingDeadlineSeconds}s`}\n`,
    selectorLine(inner?.selector),
    `Parallelism:\t${orUnset(inner?.parallelism)}\nCompletions:\t${orUnset(inner?.completions)}\n`,
    templateOf(inner?.template),
    `Last Schedule Time:\t${status.lastScheduleTime === undefined ? '<unset>' : timeText(status.lastScheduleTime)}\n`,
    `Active Jobs:\t${active.join(', ') || '<none>'}\n`,
  ].join('');
}
