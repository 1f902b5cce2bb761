type Expression = { readonly key: string; readonly operator: string; readonly values?: readonly string[] };

/** A label selector's fields, or a map of labels, as one line: `a=b,c in (d,e)`. */
export function selectorText(selector: object): string {
  const { matchLabels, matchExpressions } = selector as {
    readonly matchLabels?: Readonly<Record<string, string>>;
    readonly matchExpressions?: readonly Expression[];
  };
  const isMap = matchLabels === undefined && matchExpressions === undefined;
  const labels = isMap ? (selector as Readonly<Record<string, string>>) : (matchLabels ?? {});
  return [
    ...Object.entries(labels)
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([key, value]) => `${key}=${value}`),
    ...(matchExpressions ?? []).map(expressionText),
  ].join(',');
}

function expressionText({ key, operator, values = [] }: Expression): string {
  if (operator === 'Exists') return key;
  if (operator === 'DoesNotExist') return `!${key}`;
  return `${key} ${operator === 'In' ? 'in' : 'notin'} (${[...values].sort().join(',')})`;
}
