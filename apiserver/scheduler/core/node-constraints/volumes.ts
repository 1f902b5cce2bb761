import type { NodeDemand, VolumeDemand } from '../model/node-demand';
import type { NodeFacts } from '../model/node-facts';
import type { NodeConstraint } from './node-constraint';
import { matchesTerm } from './node-terms';

const elsewhere = ({ volumes }: NodeDemand, node: NodeFacts): VolumeDemand | undefined =>
  volumes.find(({ terms }) => !terms.some((term) => matchesTerm(node, term)));

/** A volume that exists on some nodes only takes its pod there. */
export const reachesVolumes: NodeConstraint = {
  name: 'reaches-volumes',
  allows: (demand, node) => elsewhere(demand, node) === undefined,
  refusal: (demand, node) => ({
    reason: 'node(s) had volume node affinity conflict',
    detail: `the volume of claim ${elsewhere(demand, node)?.claim ?? ''} is on other nodes`,
    remedy: 'its volumes within reach of the node',
  }),
};
