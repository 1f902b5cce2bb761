import type { ClusterRoleBinding, PolicyRule } from 'kubernetes-types/rbac/v1';
import type { Client } from '../../registry/client';
import { JWKS_PATH } from '../service-account/openid-pages';
import { ignoreAlreadyExists } from '../../../shared/status-error';

const LABELS = { 'kubernetes.io/bootstrapping': 'rbac-defaults' };
const ANNOTATIONS = { 'rbac.authorization.kubernetes.io/autoupdate': 'true' };

const READ = ['get', 'list', 'watch'];
const WRITE = ['create', 'delete', 'deletecollection', 'patch', 'update'];
const on = (group: string, resources: readonly string[], verbs: readonly string[]): PolicyRule => ({
  apiGroups: [group],
  resources: [...resources],
  verbs: [...verbs],
});

/** What people deploy, by group. Secrets are no part of it: reading them is a right of its own. */
const WORKLOADS: Readonly<Record<string, readonly string[]>> = {
  '': [
    'configmaps',
    'endpoints',
    'events',
    'persistentvolumeclaims',
    'pods',
    'podtemplates',
    'replicationcontrollers',
    'replicationcontrollers/scale',
    'serviceaccounts',
    'services',
  ],
  apps: [
    'controllerrevisions',
    'daemonsets',
    'deployments',
    'deployments/scale',
    'replicasets',
    'replicasets/scale',
    'statefulsets',
    'statefulsets/scale',
  ],
  autoscaling: ['horizontalpodautoscalers'],
  batch: ['cronjobs', 'jobs'],
  'discovery.k8s.io': ['endpointslices'],
  'networking.k8s.io': ['ingresses', 'networkpolicies'],
  policy: ['poddisruptionbudgets'],
};
/** Who may write these sends a Service's traffic wherever they like (CVE-2021-25740): not for everybody who deploys. */
const NOT_WRITTEN = ['endpoints', 'endpointslices'];
const everywhere = (verbs: readonly string[]): readonly PolicyRule[] =>
  Object.entries(WORKLOADS).map(([group, resources]) => on(group, resources, verbs));

const VIEW: readonly PolicyRule[] = [
  ...everywhere(READ),
  on(
    '',
    ['bindings', 'limitranges', 'namespaces', 'namespaces/status', 'pods/log', 'pods/status', 'resourcequotas'],
    READ,
  ),
  on('metrics.k8s.io', ['pods'], READ),
];
const EDIT: readonly PolicyRule[] = [
  ...VIEW,
  ...Object.entries(WORKLOADS)
    .map(([group, resources]) =>
      on(
        group,
        resources.filter((resource) => !NOT_WRITTEN.includes(resource)),
        WRITE,
      ),
    )
    .filter(({ resources = [] }) => resources.length > 0),
  on('', ['pods/attach', 'pods/exec', 'pods/portforward', 'pods/proxy', 'secrets', 'services/proxy'], READ),
  on('', ['pods/attach', 'pods/exec', 'pods/portforward', 'pods/proxy', 'pods/eviction'], ['create']),
  on('', ['secrets'], WRITE),
  on('', ['serviceaccounts'], ['impersonate']),
  on('coordination.k8s.io', ['leases'], [...READ, ...WRITE]),
];
const ADMIN: readonly PolicyRule[] = [
  ...EDIT,
  on('rbac.authorization.k8s.io', ['rolebindings', 'roles'], [...READ, ...WRITE]),
  on('authorization.k8s.io', ['localsubjectaccessreviews'], ['create']),
];

/** Kubernetes' default ClusterRoles, as far as there is something here for them to allow. */
const ROLES: Readonly<Record<string, readonly PolicyRule[]>> = {
  'cluster-admin': [
    { apiGroups: ['*'], resources: ['*'], verbs: ['*'] },
    { nonResourceURLs: ['*'], verbs: ['*'] },
  ],
  admin: ADMIN,
  edit: EDIT,
  view: VIEW,
  'system:basic-user': [
    on('authorization.k8s.io', ['selfsubjectaccessreviews', 'selfsubjectrulesreviews'], ['create']),
    on('authentication.k8s.io', ['selfsubjectreviews'], ['create']),
  ],
  'system:service-account-issuer-discovery': [
    {
      nonResourceURLs: [
        '/.well-known/openid-configuration',
        '/.well-known/openid-configuration/',
        JWKS_PATH,
        `${JWKS_PATH}/`,
      ],
      verbs: ['get'],
    },
  ],
  'system:discovery': [
    {
      nonResourceURLs: [
        '/api',
        '/api/*',
        '/apis',
        '/apis/*',
        '/healthz',
        '/livez',
        '/openapi',
        '/openapi/*',
        '/readyz',
        '/version',
        '/version/',
      ],
      verbs: ['get'],
    },
  ],
};

const BINDINGS: Readonly<Record<string, string>> = {
  'system:service-account-issuer-discovery': 'system:serviceaccounts',
  'cluster-admin': 'system:masters',
  'system:basic-user': 'system:authenticated',
  'system:discovery': 'system:authenticated',
};

/** Makes the default roles and bindings that are not there. What a person changed stays as it is. */
export async function ensureBootstrapRoles(client: Client): Promise<void> {
  const metadataOf = (name: string): object => ({ name, labels: LABELS, annotations: ANNOTATIONS });
  for (const [name, rules] of Object.entries(ROLES)) {
    if (client.view('ClusterRole').get({ name }) !== undefined) continue;
    await client.create('ClusterRole', { metadata: metadataOf(name), rules }).catch(ignoreAlreadyExists);
  }
  for (const [name, group] of Object.entries(BINDINGS)) {
    if (client.view('ClusterRoleBinding').get({ name }) !== undefined) continue;
    const binding: Pick<ClusterRoleBinding, 'roleRef' | 'subjects'> = {
      roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'ClusterRole', name },
      subjects: [{ kind: 'Group', name: group, apiGroup: 'rbac.authorization.k8s.io' }],
    };
    await client.create('ClusterRoleBinding', { metadata: metadataOf(name), ...binding }).catch(ignoreAlreadyExists);
  }
}
