import type { HorizontalPodAutoscaler, Pod, Scale } from '../../../shared/api/objects';
import type { Selector } from '../../../shared/selectors/label-selector';
import { matchesLabels, parseLabelSelector, SelectorError } from '../../../shared/selectors/label-selector';
import type { Client, ObjectKey } from '../../registry/client';
import { keyOf, keyString } from '../../registry/client';
import type { Look } from './look';
import type { Because } from './scaling-pace';

/** Finds the pods that autoscalers look at, and keeps two of them from the same. */
export class TargetPods {
  /** By the autoscaler's key: the pods of its target. */
  private readonly selectors = new Map<string, Selector>();

  constructor(private readonly client: Client) {}

  /** Undefined where they cannot be told, or another autoscaler has them too; a condition and an Event say so. */
  podsOf(autoscaler: HorizontalPodAutoscaler, scale: Scale, look: Look): readonly Pod[] | undefined {
    const { namespace } = autoscaler.metadata;
    const text = scale.status?.selector ?? '';
    const refuse = (event: string, message: string, because: Because): undefined => {
      look.tell('Warning', event, message);
      look.set('ScalingActive', 'False', because);
      return undefined;
    };
    if (text === '') {
      const message = "the HPA target's scale is missing a selector";
      return refuse('SelectorRequired', 'selector is required', { reason: 'InvalidSelector', message });
    }
    let selector: Selector;
    try {
      selector = parseLabelSelector(text);
    } catch (error) {
      if (!(error instanceof SelectorError)) throw error;
      const message = `couldn't convert selector into a corresponding internal selector object: ${error.message}`;
      return refuse('InvalidSelector', message, { reason: 'InvalidSelector', message });
    }
    this.selectors.set(keyString(keyOf(autoscaler)), selector);
    const matches = (each: Selector, pod: Pod): boolean => matchesLabels(each, pod.metadata.labels);
    const pods = this.client.view('Pod').list({ namespace, where: (pod) => matches(selector, pod) });
    const owners = [...this.selectors]
      .filter(([key, theirs]) => key.startsWith(`${namespace}/`) && pods.some((pod) => matches(theirs, pod)))
      .map(([key]) => key);
    if (owners.length <= 1) return pods;
    const message = `pods by selector ${text} are controlled by multiple HPAs: [${owners.sort().join(' ')}]`;
    return refuse('AmbiguousSelector', message, { reason: 'AmbiguousSelector', message });
  }

  forget(key: ObjectKey): void {
    this.selectors.delete(keyString(key));
  }
}
