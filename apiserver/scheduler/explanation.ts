import type { Exclusion } from './core/explain/exclusions';

/** Kubernetes' limit on an Event's message (k8s.io/api/events: NoteLengthLimit). */
const EVENT_LIMIT = 1024;

/**
 * Why a pod is pending: the count by reason in kube-scheduler's words, then every node with the one rule that
 * excluded it. `0/2 nodes are available: 1 Insufficient cpu, 1 node(s) were unschedulable. n1: …; n2: …`
 */
export function explain(exclusions: readonly Exclusion[]): string {
  if (exclusions.length === 0) return '0/0 nodes are available: no node has joined the cluster yet.';
  return `${summary(exclusions)} ${exclusions.map(line).join('; ')}.`;
}

/** The same for an Event: names as many nodes as its length allows and counts the rest. */
export function explainBriefly(exclusions: readonly Exclusion[]): string {
  const whole = explain(exclusions);
  if (whole.length <= EVENT_LIMIT) return whole;
  let text = summary(exclusions);
  for (const [index, exclusion] of exclusions.entries()) {
    const next = `${index === 0 ? ' ' : '; '}${line(exclusion)}`;
    const rest = `; and ${exclusions.length - index} more nodes.`;
    if (text.length + next.length + rest.length > EVENT_LIMIT) return `${text}${rest}`;
    text += next;
  }
  return text;
}

const line = ({ nodeName, detail }: Exclusion): string => `${nodeName}: ${detail}`;

function summary(exclusions: readonly Exclusion[]): string {
  const counts = new Map<string, number>();
  for (const { reason } of exclusions) counts.set(reason, (counts.get(reason) ?? 0) + 1);
  const list = [...counts].map(([reason, count]) => `${count} ${reason}`).sort();
  return `0/${exclusions.length} nodes are available: ${list.join(', ')}.`;
}
