import type { NodeDemand } from '../model/node-demand';
import type { NodeConstraint } from './node-constraint';
import type { NamedLabels } from './node-terms';
import { matchesTerm } from './node-terms';

type Wanted = Pick<NodeDemand, 'nodeSelector' | 'terms'>;

const missing = ({ nodeSelector }: Wanted, { labels }: NamedLabels): [key: string, value: string][] =>
  Object.entries(nodeSelector).filter(([key, value]) => labels[key] !== value);

/** Whether nodeSelector and the required node affinity let the pod run there. */
export const wantsNode = (wanted: Wanted, node: NamedLabels): boolean =>
  missing(wanted, node).length === 0 &&
  (wanted.terms === undefined || wanted.terms.some((term) => matchesTerm(node, term)));

/** nodeSelector and the required node affinity. */
export const matchesNodeAffinity: NodeConstraint = {
  name: 'matches-node-affinity',
  allows: wantsNode,
  refusal: (wanted, node) => {
    const labels = missing(wanted, node).map(
      ([key, value]) => `${key}=${value}${node.labels[key] === undefined ? '' : ` (it has ${node.labels[key] ?? ''})`}`,
    );
    return {
      reason: "node(s) didn't match Pod's node affinity/selector",
      detail:
        labels.length > 0 ? `label ${labels.join(', ')} is missing` : 'no term of the required node affinity matches',
      remedy:
        labels.length > 0
          ? `label ${missing(wanted, node)
              .map((pair) => pair.join('='))
              .join(', ')} on the node`
          : 'labels on the node that its node affinity asks for',
    };
  },
};
