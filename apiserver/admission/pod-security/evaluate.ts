import type { ObjectMeta, PodSpec } from '../../../shared/api/objects';
import { BASELINE_CHECKS } from './baseline-checks';
import type { Finding } from './check';
import type { Standard } from './levels';
import { RESTRICTED_CHECKS } from './restricted-checks';

/** The version whose standards these are; what asks for a later one is judged by them. */
const LATEST_MINOR = 34;

/** How a pod violates a standard, rule by rule; nothing where it does not (k8s.io/pod-security-admission/policy). */
export function violations(
  { level, minor = LATEST_MINOR }: Standard,
  metadata: ObjectMeta,
  spec: PodSpec,
): readonly Finding[] {
  if (level === 'privileged') return [];
  const context = { metadata, minor: Math.min(minor, LATEST_MINOR) };
  const restricted = level === 'restricted' ? RESTRICTED_CHECKS.filter(({ since }) => since <= context.minor) : [];
  const replaced = restricted.map(({ replaces }) => replaces);
  const baseline = BASELINE_CHECKS.filter(({ since, id }) => since <= context.minor && !replaced.includes(id));
  return [...baseline, ...restricted].flatMap(({ check }) => check(spec, context) ?? []);
}

/** `host ports (container "a" uses hostPort 80), privileged (…)`. */
export const detailText = (findings: readonly Finding[]): string =>
  findings.map(({ reason, detail }) => `${reason} (${detail})`).join(', ');

export const reasonText = (findings: readonly Finding[]): string => findings.map(({ reason }) => reason).join(', ');
