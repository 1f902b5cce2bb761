import type {
  CronJob,
  Deployment,
  HorizontalPodAutoscaler,
  Job,
  Node,
  PersistentVolume,
  PersistentVolumeClaim,
  Pod,
} from '../../../shared/api/objects';
import { FENCE_ANNOTATION } from '../../node-channel/fencing';
import type { Committed } from './observer';

/** A change of the store as one line for people; undefined for what nobody asks about. */
export function lineOf(change: Committed): string | undefined {
  const { resource, object, previous, isDeletion } = change;
  const { namespace, name } = object.metadata;
  const what = `${resource.split('.')[0] ?? ''} ${namespace === undefined ? '' : `${namespace}/`}${name}`;
  const now = stateOf(resource, object);
  if (now === undefined) return undefined;
  if (isDeletion) return `  ${what} gone`;
  const before = previous === undefined ? undefined : stateOf(resource, previous);
  return now === before ? undefined : `  ${what} ${now}`;
}

function stateOf(resource: string, object: Committed['object']): string | undefined {
  const going = object.metadata.deletionTimestamp === undefined ? '' : ' going';
  switch (resource) {
    case 'pods': {
      const { spec, status } = object as unknown as Pod;
      const isReady = status?.conditions?.some((each) => each.type === 'Ready' && each.status === 'True') === true;
      const why = status?.conditions?.find((each) => each.type === 'DisruptionTarget')?.reason;
      return `${status?.phase ?? ''} on ${spec.nodeName ?? '-'} ${spec.containers[0]?.image ?? ''}${isReady ? ' ready' : ''}${why === undefined ? '' : ` ${why}`}${going}`;
    }
    case 'nodes': {
      const { metadata, spec, status } = object as unknown as Node;
      const ready = status?.conditions?.find(({ type }) => type === 'Ready')?.status ?? '';
      return `ready=${ready}${spec?.unschedulable === true ? ' cordoned' : ''}${metadata.annotations?.[FENCE_ANNOTATION] === undefined ? '' : ' fences'} ${(spec?.taints ?? []).map(({ key, effect }) => `${key}:${effect}`).join(' ')}${going}`;
    }
    case 'deployments.apps':
    case 'replicasets.apps':
    case 'statefulsets.apps':
    case 'daemonsets.apps': {
      const { metadata, spec, status } = object as unknown as Deployment;
      const image = spec?.template.spec?.containers[0]?.image ?? '';
      return `generation ${metadata.generation ?? 0} wants ${spec?.replicas ?? '-'} of ${image}, has ${status?.replicas ?? 0}, ready ${status?.readyReplicas ?? 0}${going}`;
    }
    case 'jobs.batch': {
      const { spec, status } = object as unknown as Job;
      return `${status?.succeeded ?? 0} of ${spec?.completions ?? '-'} done, ${status?.failed ?? 0} failed, ${status?.active ?? 0} active${going}`;
    }
    case 'cronjobs.batch':
      return `${(object as unknown as CronJob).status?.active?.length ?? 0} active${going}`;
    case 'horizontalpodautoscalers.autoscaling': {
      const { spec, status } = object as unknown as HorizontalPodAutoscaler;
      return `${spec?.minReplicas ?? 1} to ${spec?.maxReplicas ?? 0}, wants ${status?.desiredReplicas ?? '-'} of ${status?.currentReplicas ?? '-'}${going}`;
    }
    case 'persistentvolumeclaims': {
      const { spec, status } = object as unknown as PersistentVolumeClaim;
      return `${status?.phase ?? ''} ${spec?.volumeName ?? ''}${going}`;
    }
    case 'persistentvolumes':
      return `${(object as unknown as PersistentVolume).status?.phase ?? ''}${going}`;
    case 'namespaces':
      return `${object['status'] === undefined ? '' : JSON.stringify((object['status'] as { phase?: string }).phase)}${going}`;
    case 'poddisruptionbudgets.policy':
      return `there${going}`;
    default:
      return undefined;
  }
}
