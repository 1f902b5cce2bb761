import { forbidden } from '../../shared/status-error';
import type { ApiObject, PodSpec, PriorityClass } from '../../shared/api/objects';
import type { AdmissionPlugin, Lookup } from './admission';
import { shownName } from './admission';

const PODS = { group: '', resource: 'pods' };
const CLASSES = { group: 'scheduling.k8s.io', resource: 'priorityclasses' };

/** A pod's priority is its PriorityClass's, or the global default's, or 0; nobody sets the number by hand. */
export const priority: AdmissionPlugin = {
  name: 'Priority',
  admitCreate({ kind, lookup }, object) {
    if (kind.kind === 'Pod' && kind.group === '') admitPod(lookup, object);
    else if (kind.kind === 'PriorityClass') admitClass(lookup, object);
  },
  admitUpdate({ kind, lookup }, object, old) {
    if (kind.kind === 'PriorityClass' && old['globalDefault'] !== true) admitClass(lookup, object);
  },
};

function admitPod(lookup: Lookup, object: ApiObject): void {
  const spec = object['spec'] as PodSpec | undefined;
  if (spec === undefined) return;
  const name = shownName(object);
  const chosen = classOf(lookup, spec);
  if (chosen === undefined && (spec.priorityClassName ?? '') !== '') {
    throw forbidden(PODS, name, `no PriorityClass with name ${spec.priorityClassName ?? ''} was found`);
  }
  const value = chosen?.value ?? 0;
  if (spec.priority !== undefined && spec.priority !== value) {
    throw forbidden(
      PODS,
      name,
      `the integer value of priority (${spec.priority}) must not be provided in pod spec; priority admission controller computed ${value} from the given PriorityClass name`,
    );
  }
  const policy = chosen?.preemptionPolicy ?? 'PreemptLowerPriority';
  if (spec.preemptionPolicy !== undefined && spec.preemptionPolicy !== policy) {
    throw forbidden(
      PODS,
      name,
      `the string value of PreemptionPolicy (${spec.preemptionPolicy}) must not be provided in pod spec; priority admission controller computed ${policy} from the given PriorityClass name`,
    );
  }
  spec.priority = value;
  spec.preemptionPolicy = policy;
  if (chosen !== undefined) spec.priorityClassName = chosen.metadata.name;
}

function classOf(lookup: Lookup, spec: PodSpec): PriorityClass | undefined {
  const name = spec.priorityClassName ?? '';
  if (name !== '') return lookup.get('PriorityClass', { name });
  // Of several global defaults the lowest counts, as in Kubernetes.
  return lookup
    .list('PriorityClass')
    .filter(({ globalDefault }) => globalDefault === true)
    .reduce<PriorityClass | undefined>(
      (lowest, each) => (lowest === undefined || each.value < lowest.value ? each : lowest),
      undefined,
    );
}

function admitClass(lookup: Lookup, object: ApiObject): void {
  if (object['globalDefault'] !== true) return;
  const name = shownName(object);
  const other = lookup.list('PriorityClass').find((each) => each.globalDefault === true && each.metadata.name !== name);
  if (other !== undefined) {
    throw forbidden(
      CLASSES,
      name,
      `PriorityClass ${other.metadata.name} is already marked as default. Only one default can exist`,
    );
  }
}
