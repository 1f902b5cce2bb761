import type { StatusCause } from '../../../shared/status-error';
import { invalidValue } from '../../kinds/validation/field-errors';

/** Kubernetes' Pod Security Standards, from the least to the most strict. */
export const LEVELS = ['privileged', 'baseline', 'restricted'] as const;
export type Level = (typeof LEVELS)[number];

/** The minor version of Kubernetes whose standard is meant; absent: the latest. */
export interface Standard {
  readonly level: Level;
  readonly minor?: number;
}

/** What a namespace wants of its pods: refused, noted in the audit log, warned about. */
export interface Policy {
  readonly enforce: Standard;
  readonly audit: Standard;
  readonly warn: Standard;
}

const PREFIX = 'pod-security.kubernetes.io/';
const VERSION = /^v1\.(0|[1-9]\d*)$/;

export const standardText = ({ level, minor }: Standard): string =>
  `${level}:${minor === undefined ? 'latest' : `v1.${minor}`}`;

export const isStricter = (one: Level, other: Level): boolean => LEVELS.indexOf(one) > LEVELS.indexOf(other);

/**
 * The policy that a namespace's labels make of the cluster's default, and what is wrong with them. What cannot be read
 * is enforced as the strictest there is, and not warned about. Nobody is warned of what is stricter than a namespace
 * enforces unless its labels ask for that.
 */
export function policyOf(
  labels: Readonly<Record<string, string>> | undefined,
  fallback: Level,
): { readonly policy: Policy; readonly problems: readonly StatusCause[] } {
  const problems: StatusCause[] = [];
  const refuse = (label: string, value: string, why: string): unknown =>
    problems.push(invalidValue(`metadata.labels[${label}]`, value, why));
  const read = (mode: keyof Policy, byDefault: Level, unreadable: Level): Standard => {
    const [levelLabel, versionLabel] = [`${PREFIX}${mode}`, `${PREFIX}${mode}-version`];
    const [given, version] = [labels?.[levelLabel], labels?.[versionLabel]];
    const known = LEVELS.find((level) => level === given);
    if (given !== undefined && known === undefined) refuse(levelLabel, given, `must be one of ${LEVELS.join(', ')}`);
    const minor = version === undefined || version === 'latest' ? undefined : VERSION.exec(version)?.[1];
    if (version !== undefined && version !== 'latest' && minor === undefined) {
      refuse(versionLabel, version, 'must be "latest" or "v1.x"');
    }
    const level = known ?? (given === undefined ? byDefault : unreadable);
    return minor === undefined ? { level } : { level, minor: Number(minor) };
  };
  const enforce = read('enforce', fallback, 'restricted');
  const milder = isStricter(fallback, enforce.level) ? enforce.level : fallback;
  const policy = { enforce, audit: read('audit', milder, 'privileged'), warn: read('warn', milder, 'privileged') };
  return { policy, problems };
}
