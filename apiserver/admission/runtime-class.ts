import type { PodSpec } from '../../shared/api/objects';
import { isSameJson } from '../../shared/same-json';
import { forbidden } from '../../shared/status-error';
import type { AdmissionPlugin } from './admission';
import { shownName } from './admission';

/** A pod takes the overhead and the places of its RuntimeClass, which must be there; nobody sets an overhead by hand. */
export const runtimeClass: AdmissionPlugin = {
  name: 'RuntimeClass',
  admitCreate({ kind, lookup }, object) {
    const spec = object['spec'] as PodSpec | undefined;
    if (kind.kind !== 'Pod' || kind.group !== '' || spec === undefined) return;
    const refuse = (why: string): Error =>
      forbidden({ group: '', resource: 'pods' }, shownName(object), `pod rejected: ${why}`);
    const name = spec.runtimeClassName ?? '';
    const chosen = name === '' ? undefined : lookup.get('RuntimeClass', { name });
    if (name !== '' && chosen === undefined) throw refuse(`RuntimeClass ${JSON.stringify(name)} not found`);
    const overhead = chosen?.overhead?.podFixed;
    if (overhead === undefined) {
      if (Object.keys(spec.overhead ?? {}).length > 0)
        throw refuse('Pod Overhead set without corresponding RuntimeClass defined Overhead');
    } else {
      if (spec.overhead !== undefined && !isSameJson(spec.overhead, overhead))
        throw refuse("Pod's Overhead doesn't match RuntimeClass's defined Overhead");
      spec.overhead = structuredClone(overhead);
    }
    const { nodeSelector = {}, tolerations = [] } = chosen?.scheduling ?? {};
    for (const [label, value] of Object.entries(nodeSelector)) {
      const own = (spec.nodeSelector ??= {})[label];
      if (own !== undefined && own !== value)
        throw refuse(
          `conflict: runtimeClass.scheduling.nodeSelector[${label}] = ${value}; pod.spec.nodeSelector[${label}] = ${own}`,
        );
      spec.nodeSelector[label] = value;
    }
    const missing = tolerations.filter((each) => !(spec.tolerations ?? []).some((own) => isSameJson(own, each)));
    if (missing.length > 0) spec.tolerations = [...(spec.tolerations ?? []), ...structuredClone(missing)];
  },
};
