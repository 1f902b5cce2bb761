import type { KindName, KindTypes, Namespace } from '../../shared/api/objects';
import { toTimestamp } from '../../shared/clock';
import { isSameJson } from '../../shared/same-json';

/** What is left in a namespace of one kind: at least one object. */
export interface Remains {
  readonly resource: { readonly group: string; readonly resource: string };
  readonly objects: readonly KindTypes[KindName][];
}

interface Finding {
  readonly type: string;
  readonly status: 'True' | 'False';
  readonly reason: string;
  readonly message: string;
}

const finding = (type: string, status: Finding['status'], reason: string, message: string): Finding => ({
  type,
  status,
  reason,
  message,
});

/** The namespace with the conditions that tell what its deletion waits for; undefined where they say so already. */
export function withConditions(
  namespace: Namespace,
  { remains, failures }: { readonly remains: readonly Remains[]; readonly failures: readonly string[] },
  nowMs: number,
): Namespace | undefined {
  const old = namespace.status?.conditions ?? [];
  const conditions = findings(remains, failures).map((each) => {
    const before = old.find(({ type }) => type === each.type);
    const since = before?.status === each.status ? before.lastTransitionTime : undefined;
    return { ...each, lastTransitionTime: since ?? toTimestamp(nowMs) };
  });
  const others = old.filter(({ type }) => !conditions.some((each) => each.type === type));
  const next = [...others, ...conditions];
  return isSameJson(next, old) ? undefined : { ...namespace, status: { ...namespace.status, conditions: next } };
}

/** Types, reasons and texts of Kubernetes' namespace controller; it names resources as `pods.` and `deployments.apps`. */
function findings(remains: readonly Remains[], failures: readonly string[]): readonly Finding[] {
  const counts = remains.map(
    ({ resource, objects }) => `${resource.resource}.${resource.group} has ${objects.length} resource instances`,
  );
  const finalizers = new Map<string, number>();
  for (const name of remains.flatMap(({ objects }) => objects.flatMap(({ metadata }) => metadata.finalizers ?? []))) {
    finalizers.set(name, (finalizers.get(name) ?? 0) + 1);
  }
  const holders = [...finalizers].map(([name, count]) => `${name} in ${count} resource instances`);
  return [
    finding(
      'NamespaceDeletionDiscoveryFailure',
      'False',
      'ResourcesDiscovered',
      'All resources successfully discovered',
    ),
    finding(
      'NamespaceDeletionGroupVersionParsingFailure',
      'False',
      'ParsedGroupVersions',
      'All legacy kube types successfully parsed',
    ),
    failures.length === 0
      ? finding(
          'NamespaceDeletionContentFailure',
          'False',
          'ContentDeleted',
          'All content successfully deleted, may be waiting on finalization',
        )
      : finding(
          'NamespaceDeletionContentFailure',
          'True',
          'ContentDeletionFailed',
          `Failed to delete all resource types, ${failures.length} remaining: ${aggregate(failures)}`,
        ),
    counts.length === 0
      ? finding('NamespaceContentRemaining', 'False', 'ContentRemoved', 'All content successfully removed')
      : finding(
          'NamespaceContentRemaining',
          'True',
          'SomeResourcesRemain',
          `Some resources are remaining: ${counts.sort().join(', ')}`,
        ),
    holders.length === 0
      ? finding(
          'NamespaceFinalizersRemaining',
          'False',
          'ContentHasNoFinalizers',
          'All content-preserving finalizers finished',
        )
      : finding(
          'NamespaceFinalizersRemaining',
          'True',
          'SomeFinalizersRemain',
          `Some content in the namespace has finalizers remaining: ${holders.sort().join(', ')}`,
        ),
  ];
}

/** Several errors as Go joins them. */
function aggregate(messages: readonly string[]): string {
  const [first = '', ...others] = new Set([...messages].sort());
  return others.length === 0 ? first : `[${[first, ...others].join(', ')}]`;
}
