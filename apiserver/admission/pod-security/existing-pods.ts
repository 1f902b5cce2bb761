import type { Pod } from '../../../shared/api/objects';
import { reasonText, violations } from './evaluate';
import type { Standard } from './levels';
import { standardText } from './levels';

/** More are not looked at while somebody waits for an answer. */
const MOST_CHECKED = 3_000;

/** What to tell who makes a namespace stricter: which pods in it would not be let in any more. */
export function warningsAbout(namespace: string, pods: readonly Pod[], enforce: Standard): readonly string[] {
  const checked = byDifference(pods).slice(0, MOST_CHECKED);
  const namesByReason = new Map<string, string[]>();
  for (const { metadata, spec } of checked) {
    const findings = violations(enforce, metadata, spec);
    if (findings.length === 0) continue;
    const reason = reasonText(findings);
    namesByReason.set(reason, [...(namesByReason.get(reason) ?? []), metadata.name]);
  }
  const partly = `new PodSecurity enforce level only checked against the first ${checked.length} of ${pods.length} existing pods`;
  return [
    ...(checked.length < pods.length ? [partly] : []),
    ...(namesByReason.size === 0
      ? []
      : [
          `existing pods in namespace ${JSON.stringify(namespace)} violate the new PodSecurity enforce level ${JSON.stringify(standardText(enforce))}`,
        ]),
    ...[...namesByReason].map(([reason, names]) => `${namedShortly(names)}: ${reason}`).sort(),
  ];
}

function namedShortly(names: readonly string[]): string {
  const [first = '', ...others] = [...names].sort();
  if (others.length === 0) return first;
  return `${first} (and ${others.length} other ${others.length === 1 ? 'pod' : 'pods'})`;
}

/** One pod of each controller first: its others are most likely the same. */
function byDifference(pods: readonly Pod[]): readonly Pod[] {
  const seen = new Set<string>();
  const isFirst = ({ metadata }: Pod): boolean => {
    const owner = metadata.ownerReferences?.find(({ controller }) => controller === true)?.uid;
    if (owner === undefined) return true;
    if (seen.has(owner)) return false;
    seen.add(owner);
    return true;
  };
  const ranked = pods.map((pod) => ({ pod, first: isFirst(pod) }));
  return [...ranked.filter(({ first }) => first), ...ranked.filter(({ first }) => !first)].map(({ pod }) => pod);
}
