import type { ApiObject } from '../../shared/api/objects';
import type { Kind } from './kind';

/** What a status says from the start, where that is more than nothing: clients read these fields without asking. */
const STATUSES: Readonly<Record<string, object>> = {
  DaemonSet: { currentNumberScheduled: 0, desiredNumberScheduled: 0, numberMisscheduled: 0, numberReady: 0 },
  HorizontalPodAutoscaler: { currentReplicas: 0, desiredReplicas: 0 },
  Ingress: { loadBalancer: {} },
  PodDisruptionBudget: { currentHealthy: 0, desiredHealthy: 0, disruptionsAllowed: 0, expectedPods: 0 },
  ReplicaSet: { replicas: 0 },
  ReplicationController: { replicas: 0 },
  Service: { loadBalancer: {} },
  StatefulSet: { availableReplicas: 0, replicas: 0 },
};

/** A built-in object that has a status has one from its creation on; a custom one when somebody writes it. */
export function fillNewStatus(kind: Kind, object: ApiObject): void {
  if (!kind.hasStatus || kind.custom !== undefined) return;
  object['status'] = { ...structuredClone(STATUSES[kind.kind]), ...(object['status'] as object | undefined) };
}
