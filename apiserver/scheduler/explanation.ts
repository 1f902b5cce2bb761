import type { Exclusion } from './core/explain/exclusions';
import type { NearestMiss } from './core/explain/nearest-miss';
import type { NamedChoice, NamedScore } from './core/explain/choice-log';
import { UNIT } from './core/scores/cost';

/** Kubernetes' limit on an Event's message (k8s.io/api/events: NoteLengthLimit). */
const EVENT_LIMIT = 1024;
/** Of it is kept free for what is said about preemption. */
const PREEMPTION_LIMIT = 160;
const NODES_LIMIT = EVENT_LIMIT - PREEMPTION_LIMIT;

/** As kube-scheduler says it (pkg/scheduler/framework/preemption). */
const NO_VICTIMS = 'No preemption victims found for incoming pod';
const NOT_HELPFUL = 'Preemption is not helpful for scheduling';
export const VICTIMS_ARE_LEAVING = 'preemption: not eligible due to a terminating pod on the nominated node.';

/**
 * Why a pod is pending: the count by reason in kube-scheduler's words, then every node with the one rule that
 * excluded it, then what would help.
 * `0/2 nodes are available: 1 Insufficient cpu, 1 node(s) were unschedulable. n1: …; n2: …. Nearest miss: n1 …`
 */
export function explain(exclusions: readonly Exclusion[], nearest?: NearestMiss): string {
  if (exclusions.length === 0) return '0/0 nodes are available: no node has joined the cluster yet.';
  const miss = nearest === undefined ? '' : ` ${missText(nearest)}`;
  return `${summary(exclusions)} ${exclusions.map(line).join('; ')}.${miss}`;
}

const missText = ({ nodeName, remedies }: NearestMiss): string =>
  `Nearest miss: ${nodeName} would take it with ${remedies.join(' and ')}.`;

const TERMS: Readonly<Record<string, (scored: NamedScore) => number>> = {
  'use of room': ({ room }) => room,
  preferences: ({ preferences }) => preferences,
  'pods around': ({ around }) => around,
  load: ({ load }) => load,
};

/** A node in a choice, with what it costs and the terms that add up to it; the lower cost wins. */
export interface ChosenNode {
  readonly nodeName: string;
  readonly cost: number;
  readonly terms: Readonly<Record<string, number>>;
}

/** Why a pod is where it is, in words and in figures. */
export interface ChoiceReport {
  readonly choice: string;
  readonly winner: ChosenNode;
  /** Absent: no other node would have taken it. */
  readonly runnerUp?: ChosenNode;
}

export const reportChoice = (choice: NamedChoice): ChoiceReport => ({
  choice: explainChoice(choice),
  winner: chosenNode(choice.winner),
  ...(choice.runnerUp === undefined ? {} : { runnerUp: chosenNode(choice.runnerUp) }),
});

function chosenNode(scored: NamedScore): ChosenNode {
  const terms = Object.entries(TERMS).map(([term, of]) => [term, of(scored) / UNIT] as const);
  return { nodeName: scored.nodeName, cost: scored.cost / UNIT, terms: Object.fromEntries(terms) };
}

/** Why a pod is where it is: the node that won, the one that came second, and the terms in which they differ. */
export function explainChoice({ winner, runnerUp }: NamedChoice): string {
  const cost = ({ cost: amount }: NamedScore): string => (amount / UNIT).toFixed(3);
  const won = `${winner.nodeName} costs ${cost(winner)}`;
  if (runnerUp === undefined) return `${won}; no other node would take it.`;
  const terms = Object.entries(TERMS)
    .map(([term, of]) => ({ term, gap: of(runnerUp) - of(winner) }))
    .filter(({ gap }) => gap !== 0)
    .sort((a, b) => Math.abs(b.gap) - Math.abs(a.gap))
    .map(({ term, gap }) => `${term} ${gap > 0 ? '+' : ''}${(gap / UNIT).toFixed(3)}`);
  const why = terms.length === 0 ? 'equal in everything' : terms.join(', ');
  return `${won}; ${runnerUp.nodeName} comes second with ${cost(runnerUp)} (${why}).`;
}

/**
 * The same as `explain` for an Event: names as many nodes as its length allows, with room for
 * what is said about preemption, and counts the rest.
 */
export function explainBriefly(exclusions: readonly Exclusion[], nearest?: NearestMiss): string {
  const whole = explain(exclusions, nearest);
  if (whole.length <= NODES_LIMIT) return whole;
  let text = summary(exclusions);
  for (const [index, exclusion] of exclusions.entries()) {
    const next = `${index === 0 ? ' ' : '; '}${line(exclusion)}`;
    const rest = `; and ${exclusions.length - index} more nodes.`;
    if (text.length + next.length + rest.length > NODES_LIMIT) return `${text}${rest}`;
    text += next;
  }
  return text;
}

const line = ({ nodeName, detail }: Exclusion): string => `${nodeName}: ${detail}`;

/**
 * Why nobody leaves for a pod, in kube-scheduler's words; undefined: there are no nodes. Evicting helps only where
 * other pods stand in the way, and never beyond what the node has in all.
 */
export function explainNoPreemption(exclusions: readonly Exclusion[], mayPreempt: boolean): string | undefined {
  if (exclusions.length === 0) return undefined;
  if (!mayPreempt) return 'preemption: not eligible due to preemptionPolicy=Never.';
  const verdicts = exclusions.map(({ constraint, isBeyondNode = false }) => ({
    reason: constraint.curedByPreemption && !isBeyondNode ? NO_VICTIMS : NOT_HELPFUL,
  }));
  return `preemption: ${summary(verdicts)}`;
}

function summary(exclusions: readonly Pick<Exclusion, 'reason'>[]): string {
  const counts = new Map<string, number>();
  for (const { reason } of exclusions) counts.set(reason, (counts.get(reason) ?? 0) + 1);
  const list = [...counts].map(([reason, count]) => `${count} ${reason}`).sort();
  return `0/${exclusions.length} nodes are available: ${list.join(', ')}.`;
}
