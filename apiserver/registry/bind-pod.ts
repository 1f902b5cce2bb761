import type { ApiObject, Pod, PodStatus } from '../../shared/api/objects';
import { toTimestamp } from '../../shared/clock';
import { badRequest, conflict, invalid } from '../../shared/status-error';
import { observedGeneration } from './observed-generation';

const BINDINGS = { group: '', resource: 'pods/binding' };

export interface BindTarget {
  readonly nodeName: string;
  readonly uid?: string;
  readonly resourceVersion?: string;
  readonly labels?: Readonly<Record<string, string>>;
  readonly annotations?: Readonly<Record<string, string>>;
}

/** What a Binding asks for. Throws BadRequest and Invalid for what is no binding. */
export function readBinding(name: string, binding: ApiObject): BindTarget {
  const { metadata = {} } = binding;
  const target = binding['target'];
  if (metadata.name !== undefined && metadata.name !== '' && metadata.name !== name) {
    throw badRequest('name in URL does not match name in Binding object');
  }
  const { kind = '', name: nodeName = '' } = (typeof target === 'object' && target !== null ? target : {}) as Record<
    string,
    unknown
  >;
  if (kind !== '' && kind !== 'Node') {
    throw invalid({ group: '', kind: 'Binding' }, name, [
      {
        field: 'target.kind',
        reason: 'FieldValueNotSupported',
        message: `Unsupported value: ${JSON.stringify(kind)}: supported values: "Node", "<empty>"`,
      },
    ]);
  }
  if (typeof nodeName !== 'string' || nodeName === '') {
    throw invalid({ group: '', kind: 'Binding' }, name, [
      { field: 'target.name', reason: 'FieldValueRequired', message: 'Required value' },
    ]);
  }
  return {
    nodeName,
    ...(metadata.uid === undefined ? {} : { uid: metadata.uid }),
    ...(metadata.resourceVersion === undefined ? {} : { resourceVersion: metadata.resourceVersion }),
    ...(metadata.labels === undefined ? {} : { labels: metadata.labels }),
    ...(metadata.annotations === undefined ? {} : { annotations: metadata.annotations }),
  };
}

/** The pod, assigned to its node. Throws Conflict for another pod of that name, a bound one and one being deleted. */
export function boundPod(pod: Pod, target: BindTarget, nowMs: number): Pod {
  const { name, uid, resourceVersion } = pod.metadata;
  const refuse = (why: string): Error => conflict(BINDINGS, name, why);
  if (target.uid !== undefined && target.uid !== uid) {
    throw refuse(`Precondition failed: UID in precondition: ${target.uid}, UID in object meta: ${uid}`);
  }
  if (pod.metadata.deletionTimestamp !== undefined) {
    throw refuse(`pod ${name} is being deleted, cannot be assigned to a host`);
  }
  if ((pod.spec.nodeName ?? '') !== '') {
    throw refuse(`pod ${name} is already assigned to node "${pod.spec.nodeName ?? ''}"`);
  }
  if ((pod.spec.schedulingGates ?? []).length > 0) throw refuse(`pod ${name} has non-empty .spec.schedulingGates`);
  if (target.resourceVersion !== undefined && target.resourceVersion !== resourceVersion) {
    throw refuse('the object has been modified; please apply your changes to the latest version and try again');
  }
  return {
    ...pod,
    metadata: {
      ...pod.metadata,
      ...(target.labels === undefined ? {} : { labels: { ...pod.metadata.labels, ...target.labels } }),
      ...(target.annotations === undefined
        ? {}
        : { annotations: { ...pod.metadata.annotations, ...target.annotations } }),
    },
    spec: { ...pod.spec, nodeName: target.nodeName },
    status: scheduled(pod, nowMs),
  };
}

function scheduled({ metadata, status }: Pod, nowMs: number): PodStatus {
  const others = (status?.conditions ?? []).filter(({ type }) => type !== 'PodScheduled');
  const condition = { type: 'PodScheduled', status: 'True', lastTransitionTime: toTimestamp(nowMs) };
  return { ...status, conditions: [...others, { ...condition, ...observedGeneration(metadata) }] };
}
