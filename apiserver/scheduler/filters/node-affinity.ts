import type { Node, NodeSelectorTerm, Pod } from '../../../shared/api/objects';
import type { Filter } from './filter';

type Expression = NonNullable<NodeSelectorTerm['matchExpressions']>[number];

/** One requirement on a label (or field) value; rules of k8s.io/component-helpers nodeaffinity. */
function meets(value: string | undefined, { operator, values = [] }: Expression): boolean {
  switch (operator) {
    case 'In':
      return value !== undefined && values.includes(value);
    case 'NotIn':
      return value === undefined || !values.includes(value);
    case 'Exists':
      return value !== undefined;
    case 'DoesNotExist':
      return value === undefined;
    case 'Gt':
      return value !== undefined && Number.parseInt(value, 10) > Number.parseInt(values[0] ?? '', 10);
    case 'Lt':
      return value !== undefined && Number.parseInt(value, 10) < Number.parseInt(values[0] ?? '', 10);
    default:
      return false;
  }
}

/** A term without requirements matches nothing; requirements within a term must all hold. */
export function matchesTerm(node: Node, term: NodeSelectorTerm): boolean {
  const expressions = term.matchExpressions ?? [];
  const fields = term.matchFields ?? [];
  return (
    expressions.length + fields.length > 0 &&
    expressions.every((each) => meets(node.metadata.labels?.[each.key], each)) &&
    fields.every((each) => each.key === 'metadata.name' && meets(node.metadata.name, each))
  );
}

function selects(pod: Pod, node: Node): boolean {
  const labels = node.metadata.labels ?? {};
  if (!Object.entries(pod.spec.nodeSelector ?? {}).every(([key, value]) => labels[key] === value)) return false;
  const required = pod.spec.affinity?.nodeAffinity?.requiredDuringSchedulingIgnoredDuringExecution;
  return required === undefined || required.nodeSelectorTerms.some((term) => matchesTerm(node, term));
}

/** nodeSelector and the required node affinity. */
export const matchesNodeAffinity: Filter = {
  name: 'matches-node-affinity',
  cures: ['node'],
  check: (pod, { node }) =>
    selects(pod, node)
      ? undefined
      : {
          reason: "node(s) didn't match Pod's node affinity/selector",
          detail: missingLabels(pod, node),
        },
};

function missingLabels(pod: Pod, node: Node): string {
  const labels = node.metadata.labels ?? {};
  const missing = Object.entries(pod.spec.nodeSelector ?? {})
    .filter(([key, value]) => labels[key] !== value)
    .map(([key, value]) => `${key}=${value}${labels[key] === undefined ? '' : ` (it has ${labels[key]})`}`);
  return missing.length > 0
    ? `label ${missing.join(', ')} is missing`
    : 'no term of the required node affinity matches';
}
