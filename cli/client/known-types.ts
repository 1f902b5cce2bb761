import type { Resource } from './resources';

type Known = Pick<Resource, 'group' | 'version' | 'plural' | 'singular' | 'kind' | 'namespaced'>;

const known = (groupVersion: string, kind: string, plural: string, namespaced = true): Resource => {
  const [group = '', version = ''] = groupVersion.includes('/') ? groupVersion.split('/') : ['', groupVersion];
  const type: Known = { group, version, kind, plural, singular: kind.toLowerCase(), namespaced };
  return { ...type, shortNames: [], categories: [], verbs: [] };
};

const RBAC = 'rbac.authorization.k8s.io/v1';

/** The types that commands make by themselves: what they print needs no server. */
export const KNOWN = {
  configMap: known('v1', 'ConfigMap', 'configmaps'),
  namespace: known('v1', 'Namespace', 'namespaces', false),
  pod: known('v1', 'Pod', 'pods'),
  node: known('v1', 'Node', 'nodes', false),
  resourceQuota: known('v1', 'ResourceQuota', 'resourcequotas'),
  secret: known('v1', 'Secret', 'secrets'),
  service: known('v1', 'Service', 'services'),
  serviceAccount: known('v1', 'ServiceAccount', 'serviceaccounts'),
  deployment: known('apps/v1', 'Deployment', 'deployments'),
  horizontalPodAutoscaler: known('autoscaling/v2', 'HorizontalPodAutoscaler', 'horizontalpodautoscalers'),
  cronJob: known('batch/v1', 'CronJob', 'cronjobs'),
  job: known('batch/v1', 'Job', 'jobs'),
  ingress: known('networking.k8s.io/v1', 'Ingress', 'ingresses'),
  podDisruptionBudget: known('policy/v1', 'PodDisruptionBudget', 'poddisruptionbudgets'),
  clusterRole: known(RBAC, 'ClusterRole', 'clusterroles', false),
  clusterRoleBinding: known(RBAC, 'ClusterRoleBinding', 'clusterrolebindings', false),
  role: known(RBAC, 'Role', 'roles'),
  roleBinding: known(RBAC, 'RoleBinding', 'rolebindings'),
  priorityClass: known('scheduling.k8s.io/v1', 'PriorityClass', 'priorityclasses', false),
} as const satisfies Readonly<Record<string, Resource>>;
