import type { Node, Taint } from '../../../../shared/api/objects';
import type { Amounts } from './amounts';
import { amountsOf } from './amounts';

/** What a node says about itself; what runs there is the cluster's to know. */
export interface NodeFacts {
  readonly name: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly taints: readonly Taint[];
  readonly isCordoned: boolean;
  /** Undefined: its agent is connected and well; else what is wrong. */
  readonly notReady?: string;
  readonly allocatable: Amounts;
}

export function factsOf(node: Node): NodeFacts {
  const ready = node.status?.conditions?.find(({ type }) => type === 'Ready');
  const notReady =
    ready === undefined ? 'it has not reported yet' : (ready.message ?? ready.reason ?? 'it is not ready');
  return {
    name: node.metadata.name,
    labels: node.metadata.labels ?? {},
    taints: node.spec?.taints ?? [],
    isCordoned: node.spec?.unschedulable === true,
    ...(ready?.status === 'True' ? {} : { notReady }),
    allocatable: amountsOf(node.status?.allocatable ?? node.status?.capacity ?? {}),
  };
}
