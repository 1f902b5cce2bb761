import type { User } from '../auth/user';

/** How much of a request is noted, from nothing to everything. */
export const AUDIT_LEVELS = ['None', 'Metadata', 'Request', 'RequestResponse'] as const;
export type AuditLevel = (typeof AUDIT_LEVELS)[number];

/** When: on arrival, when a long answer begins, at the end, or when the server failed. */
export const AUDIT_STAGES = ['RequestReceived', 'ResponseStarted', 'ResponseComplete', 'Panic'] as const;
export type AuditStage = (typeof AUDIT_STAGES)[number];

export interface GroupResources {
  readonly group: string;
  /** As `pods`, `pods/log`, `pods/*`, `*` and a subresource, `*`; none: all of the group. */
  readonly resources: readonly string[];
  readonly resourceNames: readonly string[];
}

/** A rule is about a request that all of its lists are about; an empty list is about all. */
export interface AuditRule {
  readonly level: AuditLevel;
  readonly users: readonly string[];
  readonly userGroups: readonly string[];
  readonly verbs: readonly string[];
  readonly resources: readonly GroupResources[];
  /** '' is what lies in no namespace. */
  readonly namespaces: readonly string[];
  readonly nonResourceURLs: readonly string[];
  readonly omitStages: readonly AuditStage[];
  readonly omitManagedFields?: boolean;
}

/** An audit.k8s.io/v1 Policy: the first rule about a request decides; where none is, nothing is noted. */
export interface AuditPolicy {
  readonly rules: readonly AuditRule[];
  readonly omitStages: readonly AuditStage[];
  readonly omitManagedFields: boolean;
}

/** What rules look at. */
export interface AuditedAttributes {
  /** Absent: nobody, because who it is could not be found out. */
  readonly user?: Pick<User, 'name' | 'groups'>;
  readonly verb: string;
  readonly path: string;
  /** Absent where the path is no resource's. */
  readonly resource?: {
    readonly group: string;
    readonly resource: string;
    readonly subresource?: string;
    readonly namespace?: string;
    readonly name?: string;
  };
}

export interface AuditDecision {
  readonly level: AuditLevel;
  readonly omitStages: ReadonlySet<AuditStage>;
  readonly omitManagedFields: boolean;
}

/** What a policy says of a request (k8s.io/apiserver/pkg/audit/policy). */
export function decide(policy: AuditPolicy, attributes: AuditedAttributes): AuditDecision {
  const rule = policy.rules.find((each) => isAbout(each, attributes));
  return {
    level: rule?.level ?? 'None',
    omitStages: new Set([...policy.omitStages, ...(rule?.omitStages ?? [])]),
    omitManagedFields: rule?.omitManagedFields ?? policy.omitManagedFields,
  };
}

const has = (list: readonly string[], value: string): boolean => list.length === 0 || list.includes(value);

function isAbout(rule: AuditRule, { user, verb, path, resource }: AuditedAttributes): boolean {
  if (rule.users.length > 0 && (user === undefined || !rule.users.includes(user.name))) return false;
  if (rule.userGroups.length > 0 && user?.groups.some((group) => rule.userGroups.includes(group)) !== true)
    return false;
  if (!has(rule.verbs, verb)) return false;
  if (rule.namespaces.length > 0 || rule.resources.length > 0) {
    return (
      resource !== undefined &&
      has(rule.namespaces, resource.namespace ?? '') &&
      (rule.resources.length === 0 || rule.resources.some((each) => names(each, resource)))
    );
  }
  if (rule.nonResourceURLs.length > 0) {
    return resource === undefined && rule.nonResourceURLs.some((pattern) => matchesPath(pattern, path));
  }
  return true;
}

const matchesPath = (pattern: string, path: string): boolean =>
  pattern.endsWith('*') ? path.startsWith(pattern.slice(0, -1)) : path === pattern;

function names(
  { group, resources, resourceNames }: GroupResources,
  wanted: NonNullable<AuditedAttributes['resource']>,
): boolean {
  if (group !== wanted.group) return false;
  if (resources.length === 0) return true;
  const { resource, subresource, name = '' } = wanted;
  const combined = subresource === undefined ? resource : `${resource}/${subresource}`;
  const isNamed = resources.some(
    (each) =>
      each === '*' ||
      each === combined ||
      each === `${resource}/*` ||
      (subresource !== undefined && each === `*/${subresource}`),
  );
  return isNamed && has(resourceNames, name);
}
