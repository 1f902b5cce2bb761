import type { Labels } from '../../../../shared/selectors/label-selector';
import type { NodeSelectorTerm } from '../../../../shared/api/objects';

type Expression = NonNullable<NodeSelectorTerm['matchExpressions']>[number];

/** What a node selector term looks at. */
export interface NamedLabels {
  readonly name: string;
  readonly labels: Labels;
}

const INTEGER = /^[+-]?\d+$/;

const compared = (value: string | undefined, [bound]: readonly string[]): number | undefined =>
  value !== undefined && bound !== undefined && INTEGER.test(value) && INTEGER.test(bound)
    ? Number(value) - Number(bound)
    : undefined;

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
      return (compared(value, values) ?? 0) > 0;
    case 'Lt':
      return (compared(value, values) ?? 0) < 0;
    default:
      return false;
  }
}

/** A term without requirements matches nothing; requirements within a term must all hold. */
export function matchesTerm({ name, labels }: NamedLabels, term: NodeSelectorTerm): boolean {
  const expressions = term.matchExpressions ?? [];
  const fields = term.matchFields ?? [];
  return (
    expressions.length + fields.length > 0 &&
    expressions.every((each) => meets(Object.hasOwn(labels, each.key) ? labels[each.key] : undefined, each)) &&
    fields.every((each) => each.key === 'metadata.name' && meets(name, each))
  );
}
