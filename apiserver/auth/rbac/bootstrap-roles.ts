import type { PolicyRule, Subject } from 'kubernetes-types/rbac/v1';
import type { ClusterRole, ClusterRoleBinding } from '../../../shared/api/objects';
import { isSameJson } from '../../../shared/same-json';
import type { Client } from '../../registry/client';
import { aggregatedRules } from './aggregation';
import type { DefaultRole } from './default-roles';
import { DEFAULT_BINDINGS, DEFAULT_ROLES, parseRule } from './default-roles';
import { uncovered } from '../../../shared/policy-rules';

const GROUP = 'rbac.authorization.k8s.io';
const BOOTSTRAPPING = { 'kubernetes.io/bootstrapping': 'rbac-defaults' };
const AUTO_UPDATE = 'rbac.authorization.kubernetes.io/autoupdate';
const ANNOTATIONS = { [AUTO_UPDATE]: 'true' };
const aggregationLabel = (name: string): string => `rbac.authorization.k8s.io/aggregate-to-${name}`;

/** Each after those that are part of it. */
const GATHERING = ['view', 'edit', 'admin'];

type Reconciled = Pick<ClusterRole, 'metadata'>;
const isKept = ({ metadata }: Reconciled): boolean => metadata.annotations?.[AUTO_UPDATE] === 'false';

/**
 * Makes the default roles and bindings, and gives back what is missing from those that are there: permissions, subjects,
 * labels. What a person added stays; an object whose autoupdate annotation is `false` is left as it is.
 */
export async function ensureBootstrapRoles(client: Client): Promise<void> {
  for (const [name, role] of Object.entries(DEFAULT_ROLES)) await ensureRole(client, name, role);
  for (const name of GATHERING) await gather(client, name);
  for (const [name, subjects] of Object.entries(DEFAULT_BINDINGS)) {
    const key = { name };
    const roleRef = { apiGroup: GROUP, kind: 'ClusterRole', name };
    const metadata = { name, labels: BOOTSTRAPPING, annotations: ANNOTATIONS };
    const present = client.view('ClusterRoleBinding').get(key);
    if (present === undefined) {
      await client.create('ClusterRoleBinding', { metadata, roleRef, subjects });
    } else if (!isKept(present)) {
      await client.modify('ClusterRoleBinding', key, (binding) => withSubjects(binding, subjects));
    }
  }
}

async function ensureRole(client: Client, name: string, role: DefaultRole): Promise<void> {
  const rules = (role.rules ?? []).map(parseRule);
  const labels = {
    ...BOOTSTRAPPING,
    ...(role.aggregatesTo === undefined ? {} : { [aggregationLabel(role.aggregatesTo)]: 'true' }),
  };
  const aggregationRule =
    role.aggregates === undefined
      ? undefined
      : { clusterRoleSelectors: [{ matchLabels: { [aggregationLabel(role.aggregates)]: 'true' } }] };
  const more = aggregationRule === undefined ? {} : { aggregationRule };
  const present = client.view('ClusterRole').get({ name });
  if (present === undefined) {
    await client.create('ClusterRole', { metadata: { name, labels, annotations: ANNOTATIONS }, rules, ...more });
  } else if (!isKept(present)) {
    await client.modify('ClusterRole', { name }, (found) => {
      const missing = rules.filter((rule) => !isCovered(rule, found.rules ?? []));
      const next: ClusterRole = {
        ...found,
        metadata: { ...found.metadata, labels: { ...found.metadata.labels, ...labels } },
        rules: [...(found.rules ?? []), ...missing],
        ...(found.aggregationRule === undefined ? more : {}),
      };
      return isSameJson(next, found) ? undefined : next;
    });
  }
}

const isCovered = (rule: PolicyRule, by: readonly PolicyRule[]): boolean => uncovered([rule], by).next().done === true;

/** At once, so that nobody finds the role empty before a controller has come to it. */
async function gather(client: Client, name: string): Promise<void> {
  await client.modify('ClusterRole', { name }, (role) => {
    const rules = aggregatedRules(role, client.view('ClusterRole').list());
    return isKept(role) || isSameJson(rules, role.rules) ? undefined : { ...role, rules };
  });
}

function withSubjects(binding: ClusterRoleBinding, wanted: readonly Subject[]): ClusterRoleBinding | undefined {
  const present = binding.subjects ?? [];
  const missing = wanted.filter(
    ({ kind, name, namespace }) =>
      !present.some((each) => each.kind === kind && each.name === name && each.namespace === namespace),
  );
  return missing.length === 0 ? undefined : { ...binding, subjects: [...present, ...missing] };
}
