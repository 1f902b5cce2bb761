import type { Job, Pod, ReplicaSet } from '../shared/api/objects';
import type { StoredObject } from './api-object';
import { UsageError } from './client/resources';
import { rolloutStatusOf } from './rollout/status-text';

/** How far an object is from being of use. */
export interface Readiness {
  /** In a word or two, as a list shows it. */
  readonly word: string;
  readonly done: boolean;
  /** It will not become ready by itself. */
  readonly failed: boolean;
}

type Condition = {
  readonly type?: string;
  readonly status?: string;
  readonly reason?: string;
  readonly message?: string;
};

const ready = (word = 'Ready'): Readiness => ({ word, done: true, failed: false });
const waiting = (word: string): Readiness => ({ word, done: false, failed: false });
const failed = (word: string): Readiness => ({ word, done: false, failed: true });

/** Of every kind; one that has nothing to become is ready at once. */
export function readinessOf(object: StoredObject): Readiness {
  if (object.metadata.deletionTimestamp !== undefined) return failed('Terminating');
  switch (object.kind) {
    case 'Pod':
      return ofPod(object as unknown as Pod);
    case 'Deployment':
    case 'DaemonSet':
    case 'StatefulSet':
      return ofRollout(object);
    case 'ReplicaSet':
    case 'ReplicationController':
      return ofReplicas(object as unknown as ReplicaSet);
    case 'Job':
      return ofJob(object as unknown as Job);
    case 'PersistentVolumeClaim':
    case 'PersistentVolume':
      return ofVolume(object);
    case 'Namespace':
      return ofPhase(object, ['Active']);
    case 'CustomResourceDefinition':
      return ofCondition(object, 'Established');
    case 'APIService':
      return ofCondition(object, 'Available');
    case 'Service':
      return ofService(object);
    default:
      return conditionsOf(object).some(({ type }) => type === 'Ready') ? ofCondition(object, 'Ready') : ready();
  }
}

const statusOf = (object: StoredObject): Readonly<Record<string, unknown>> =>
  (object.status ?? {}) as Readonly<Record<string, unknown>>;
const conditionsOf = (object: StoredObject): readonly Condition[] =>
  (statusOf(object).conditions ?? []) as readonly Condition[];

function ofCondition(object: StoredObject, type: string): Readiness {
  const found = conditionsOf(object).find((each) => each.type === type);
  return found?.status === 'True' ? ready(type) : waiting(found?.reason ?? `not ${type}`);
}

function ofPhase(object: StoredObject, good: readonly string[]): Readiness {
  const phase = String(statusOf(object).phase ?? 'Pending');
  return good.includes(phase) ? ready(phase) : waiting(phase);
}

function ofVolume(object: StoredObject): Readiness {
  const found = ofPhase(object, ['Bound', 'Available']);
  return found.word === 'Lost' || found.word === 'Failed' ? failed(found.word) : found;
}

function ofPod({ status }: Pod): Readiness {
  const stuck = status?.containerStatuses?.find(({ state }) => state?.waiting?.reason !== undefined)?.state?.waiting
    ?.reason;
  const isReady = status?.conditions?.some(({ type, status: value }) => type === 'Ready' && value === 'True') === true;
  const phase = status?.phase ?? 'Pending';
  if (isReady) return ready(stuck ?? 'Ready');
  if (phase === 'Succeeded') return ready(phase);
  return phase === 'Failed' ? failed(stuck ?? phase) : waiting(stuck ?? phase);
}

function ofRollout(object: StoredObject): Readiness {
  const { updateStrategy } = (object.spec ?? {}) as { readonly updateStrategy?: { readonly type?: string } };
  if (updateStrategy?.type === 'OnDelete') return ready('changes as its pods are deleted');
  try {
    const { text, done } = rolloutStatusOf(object);
    return done
      ? ready('rolled out')
      : waiting(/(\d+ (?:out )?of \d+ .*?|\d+ (?:old|pods) .*?)\.\.\.$/m.exec(text)?.[1] ?? 'rolling out');
  } catch (error) {
    if (error instanceof UsageError) return failed(error.message);
    throw error;
  }
}

function ofReplicas({ metadata, spec, status }: ReplicaSet): Readiness {
  const [wanted, there] = [spec?.replicas ?? 1, status?.readyReplicas ?? 0];
  const isSeen = (status?.observedGeneration ?? 0) >= (metadata.generation ?? 0);
  return isSeen && there >= wanted ? ready() : waiting(`${there} of ${wanted} pods are ready`);
}

function ofJob({ status }: Job): Readiness {
  const holds = (name: string): Condition | undefined =>
    status?.conditions?.find(({ type, status: value }) => type === name && value === 'True');
  const failure = holds('Failed');
  if (failure !== undefined) return failed(failure.reason ?? 'Failed');
  return holds('Complete') === undefined ? waiting(`active pods: ${status?.active ?? 0}`) : ready('Complete');
}

function ofService(object: StoredObject): Readiness {
  const { type } = (object.spec ?? {}) as { readonly type?: string };
  if (type !== 'LoadBalancer') return ready();
  const { ingress = [] } = (statusOf(object).loadBalancer ?? {}) as { readonly ingress?: readonly unknown[] };
  return ingress.length > 0 ? ready() : waiting('waits for an address');
}
