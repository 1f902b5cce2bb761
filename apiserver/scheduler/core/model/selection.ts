import type { LabelSelector } from '../../../../shared/api/objects';
import type { Labels, Selector } from '../../../../shared/selectors/label-selector';
import { matchesLabels, selectorOf } from '../../../../shared/selectors/label-selector';

/** What a selection looks at in a pod. */
export interface Selectable {
  readonly namespace: string;
  readonly labels: Labels;
}

/** The labels of namespaces, for selections by namespace. */
export type NamespaceLabels = ReadonlyMap<string, Labels>;

/** A set of pods: by namespace and labels. Two with the same `signature` are the same set. */
export interface Selection {
  readonly signature: string;
  matches(pod: Selectable, namespaces: NamespaceLabels): boolean;
}

/** The part of a pod affinity term or spread constraint that says which pods it means. */
export interface SelectionSource {
  readonly labelSelector?: LabelSelector | undefined;
  readonly namespaces?: readonly string[] | undefined;
  readonly namespaceSelector?: LabelSelector | undefined;
  readonly matchLabelKeys?: readonly string[] | undefined;
  readonly mismatchLabelKeys?: readonly string[] | undefined;
}

/**
 * Pods that a term of `owner` means: those of its own namespace unless it names others; no selector selects none. The
 * values of matchLabelKeys are the owner's own.
 */
export function selectionOf(source: SelectionSource, owner: Selectable): Selection {
  const selector = selectorOf(source.labelSelector);
  const keys = [
    ...(source.matchLabelKeys ?? []).map((key) => ({ key, operator: 'in' as const })),
    ...(source.mismatchLabelKeys ?? []).map((key) => ({ key, operator: 'notin' as const })),
  ].flatMap(({ key, operator }) => {
    const value = Object.hasOwn(owner.labels, key) ? owner.labels[key] : undefined;
    return value === undefined ? [] : [{ key, operator, values: [value] }];
  });
  const labels: Selector | undefined = selector === undefined ? undefined : [...selector, ...keys];
  const named = source.namespaces ?? [];
  const byLabel = selectorOf(source.namespaceSelector);
  const namespaces = named.length === 0 && byLabel === undefined ? [owner.namespace] : named;
  return {
    signature: JSON.stringify([labels ?? 'none', [...namespaces].sort(), byLabel ?? 'none']),
    matches: (pod, labelsOf) =>
      labels !== undefined &&
      (namespaces.includes(pod.namespace) ||
        (byLabel !== undefined && matchesLabels(byLabel, labelsOf.get(pod.namespace)))) &&
      matchesLabels(labels, pod.labels),
  };
}

/** Pods that belong to all of them. */
export const intersection = (selections: readonly Selection[]): Selection => ({
  signature: JSON.stringify(selections.map(({ signature }) => signature).sort()),
  matches: (pod, namespaces) => selections.every((each) => each.matches(pod, namespaces)),
});
