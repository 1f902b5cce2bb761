import type { LabelSelector } from '../../shared/api/objects';

/** A label selector as `kubectl get -o wide` prints it (metav1.FormatLabelSelector). */
export function selectorText(selector: LabelSelector | undefined): string {
  if (selector === undefined) return '<none>';
  const labels = Object.entries(selector.matchLabels ?? {})
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([key, value]) => `${key}=${value}`);
  const expressions = (selector.matchExpressions ?? []).map(({ key, operator, values = [] }) => {
    switch (operator) {
      case 'Exists':
        return key;
      case 'DoesNotExist':
        return `!${key}`;
      case 'NotIn':
        return `${key} notin (${[...values].sort().join(',')})`;
      default:
        return `${key} in (${[...values].sort().join(',')})`;
    }
  });
  return [...labels, ...expressions].join(',') || '<none>';
}
