import type { Pod } from '../../shared/api/objects';
import { containersOf } from '../plan/pod-outline';

/** Image as a pod names it -> `NAMESPACE/NAME` of one that does. */
export function imagesOfPods(pods: readonly Pod[]): ReadonlyMap<string, string> {
  const pairs = pods.flatMap(({ metadata: { namespace, name }, spec }) =>
    containersOf(spec).map(({ image = '' }): [string, string] => [image, `${namespace}/${name}`]),
  );
  return new Map(pairs);
}
