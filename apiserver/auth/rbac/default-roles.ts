import type { PolicyRule, Subject } from 'kubernetes-types/rbac/v1';
import { JWKS_PATH } from '../service-account/openid-pages';

/**
 * Kubernetes' default ClusterRoles (k8s.io/kubernetes/plugin/pkg/auth/authorizer/rbac/bootstrappolicy). A rule is
 * `verbs group resources`, the core group being `core`, or `verbs url paths`; lists are separated by commas.
 */
export interface DefaultRole {
  readonly rules?: readonly string[];
  /** The role's rules are those of all roles that aggregate to this one. */
  readonly aggregates?: 'admin' | 'edit' | 'view';
  /** The role's rules are part of that one. */
  readonly aggregatesTo?: 'admin' | 'edit' | 'view';
}

const READ = 'get,list,watch';
const WRITE = 'create,delete,deletecollection,patch,update';
const ALL = `${WRITE},${READ}`;
const REVIEWS = [
  'create authentication.k8s.io tokenreviews',
  'create authorization.k8s.io subjectaccessreviews',
] as const;
const EVENTS = ['create,patch,update core events', 'create,patch,update events.k8s.io events'] as const;
const HEALTH = '/healthz,/livez,/readyz,/version,/version/';
const SCALED = 'replicasets,replicasets/scale,statefulsets,statefulsets/scale';

export const DEFAULT_ROLES: Readonly<Record<string, DefaultRole>> = {
  'cluster-admin': { rules: ['* * *', '* url *'] },
  admin: { aggregates: 'admin' },
  edit: { aggregates: 'edit', aggregatesTo: 'admin' },
  view: { aggregates: 'view', aggregatesTo: 'edit' },

  'system:aggregate-to-admin': {
    aggregatesTo: 'admin',
    rules: [
      'create authorization.k8s.io localsubjectaccessreviews',
      `${ALL} rbac.authorization.k8s.io rolebindings,roles`,
    ],
  },
  // Who writes endpoints sends a Service's traffic wherever they like (CVE-2021-25740): that is no part of it.
  'system:aggregate-to-edit': {
    aggregatesTo: 'edit',
    rules: [
      `${READ} core pods/attach,pods/exec,pods/portforward,pods/proxy,secrets,services/proxy`,
      'impersonate core serviceaccounts',
      `${WRITE} core pods,pods/attach,pods/exec,pods/portforward,pods/proxy`,
      'create core pods/eviction',
      `${WRITE} core configmaps,events,persistentvolumeclaims,replicationcontrollers,replicationcontrollers/scale,secrets,serviceaccounts,services,services/proxy`,
      'create core serviceaccounts/token',
      `${WRITE} apps daemonsets,deployments,deployments/rollback,deployments/scale,${SCALED}`,
      `${WRITE} autoscaling horizontalpodautoscalers`,
      `${WRITE} batch cronjobs,jobs`,
      `${WRITE} policy poddisruptionbudgets`,
      `${WRITE} networking.k8s.io ingresses,networkpolicies`,
      `${ALL} coordination.k8s.io leases`,
    ],
  },
  'system:aggregate-to-view': {
    aggregatesTo: 'view',
    rules: [
      `${READ} core configmaps,endpoints,persistentvolumeclaims,persistentvolumeclaims/status,pods,replicationcontrollers,replicationcontrollers/scale,serviceaccounts,services,services/status`,
      `${READ} core bindings,events,limitranges,namespaces/status,pods/log,pods/status,replicationcontrollers/status,resourcequotas,resourcequotas/status`,
      `${READ} core namespaces`,
      `${READ} discovery.k8s.io endpointslices`,
      `${READ} apps controllerrevisions,daemonsets,daemonsets/status,deployments,deployments/scale,deployments/status,${SCALED},replicasets/status,statefulsets/status`,
      `${READ} autoscaling horizontalpodautoscalers,horizontalpodautoscalers/status`,
      `${READ} batch cronjobs,cronjobs/status,jobs,jobs/status`,
      `${READ} policy poddisruptionbudgets,poddisruptionbudgets/status`,
      `${READ} networking.k8s.io ingresses,ingresses/status,networkpolicies`,
    ],
  },
  // What metrics-server brings with it elsewhere is built in here.
  'system:aggregated-metrics-reader': { aggregatesTo: 'view', rules: [`${READ} metrics.k8s.io nodes,pods`] },

  'system:discovery': {
    rules: ['get url /api,/api/*,/apis,/apis/*,/healthz,/livez,/openapi,/openapi/*,/readyz,/version,/version/'],
  },
  'system:public-info-viewer': { rules: [`get url ${HEALTH}`] },
  'system:basic-user': {
    rules: [
      'create authorization.k8s.io selfsubjectaccessreviews,selfsubjectrulesreviews',
      'create authentication.k8s.io selfsubjectreviews',
    ],
  },
  'system:monitoring': {
    rules: ['get url /healthz,/healthz/*,/livez,/livez/*,/metrics,/metrics/slis,/readyz,/readyz/*'],
  },
  'system:service-account-issuer-discovery': {
    rules: [`get url /.well-known/openid-configuration,/.well-known/openid-configuration/,${JWKS_PATH},${JWKS_PATH}/`],
  },
  'system:auth-delegator': { rules: REVIEWS },
  'system:kube-aggregator': { rules: [`${READ} core endpoints,services`] },
  'system:kubelet-api-admin': {
    rules: [
      `${READ} core nodes`,
      'proxy core nodes',
      '* core nodes/log,nodes/metrics,nodes/proxy,nodes/stats',
      'get core nodes/configz,nodes/healthz,nodes/pods',
    ],
  },
  'system:heapster': {
    rules: [`${READ} core events,namespaces,nodes,pods`, `${READ} apps deployments`],
  },
  'system:node': {
    rules: [
      ...REVIEWS,
      'create authorization.k8s.io localsubjectaccessreviews',
      `${READ} core services`,
      `create,${READ} core nodes`,
      'patch,update core nodes/status',
      'patch,update core nodes',
      ...EVENTS,
      `${READ} core pods`,
      'create,delete core pods',
      'patch,update core pods/status',
      'create core pods/eviction',
      `${READ} core configmaps,secrets`,
      'get core persistentvolumeclaims,persistentvolumes',
      'get core endpoints',
      `create,${READ} certificates.k8s.io certificatesigningrequests`,
      'create,delete,get,patch,update coordination.k8s.io leases',
      'get storage.k8s.io volumeattachments',
      'create core serviceaccounts/token',
      'get,patch,update core persistentvolumeclaims/status',
      `${READ} storage.k8s.io csidrivers`,
      'create,delete,get,patch,update storage.k8s.io csinodes',
      `${READ} node.k8s.io runtimeclasses`,
    ],
  },
  'system:node-bootstrapper': { rules: ['create,get,list,watch certificates.k8s.io certificatesigningrequests'] },
  'system:node-problem-detector': { rules: ['get core nodes', 'patch core nodes/status', ...EVENTS] },
  'system:node-proxier': {
    rules: [
      'list,watch core endpoints,services',
      `${READ} core nodes`,
      ...EVENTS,
      'list,watch discovery.k8s.io endpointslices',
    ],
  },
  'system:kube-dns': { rules: ['list,watch core endpoints,services'] },
  'system:persistent-volume-provisioner': {
    rules: [
      `create,delete,${READ} core persistentvolumes`,
      `update,${READ} core persistentvolumeclaims`,
      `${READ} storage.k8s.io storageclasses`,
      `watch core events`,
      ...EVENTS,
    ],
  },
  'system:volume-scheduler': {
    rules: [
      `patch,update,${READ} core persistentvolumes`,
      `${READ} storage.k8s.io storageclasses`,
      `patch,update,${READ} core persistentvolumeclaims`,
    ],
  },
  'system:kube-scheduler': {
    rules: [
      ...EVENTS,
      'create coordination.k8s.io leases',
      'get,update coordination.k8s.io leases',
      `${READ} core nodes`,
      `delete,${READ} core pods`,
      'create core bindings,pods/binding',
      'patch,update core pods/status',
      `${READ} core replicationcontrollers,services`,
      `${READ} apps replicasets,statefulsets`,
      `${READ} policy poddisruptionbudgets`,
      `${READ} core persistentvolumeclaims,persistentvolumes`,
      ...REVIEWS,
      `${READ} storage.k8s.io csidrivers,csinodes,csistoragecapacities`,
      `${READ} core namespaces`,
    ],
  },
  'system:kube-controller-manager': {
    rules: [
      ...EVENTS,
      'create,get,update coordination.k8s.io leases',
      'create core secrets,serviceaccounts',
      'delete core secrets',
      'get core configmaps,namespaces,secrets,serviceaccounts',
      'update core secrets,serviceaccounts',
      ...REVIEWS,
      'list,watch * *',
      'create core serviceaccounts/token',
    ],
  },
  'system:certificates.k8s.io:certificatesigningrequests:nodeclient': {
    rules: ['create certificates.k8s.io certificatesigningrequests/nodeclient'],
  },
  'system:certificates.k8s.io:certificatesigningrequests:selfnodeclient': {
    rules: ['create certificates.k8s.io certificatesigningrequests/selfnodeclient'],
  },
};

const RBAC = 'rbac.authorization.k8s.io';
const group = (name: string): Subject => ({ kind: 'Group', apiGroup: RBAC, name });
const user = (name: string): Subject => ({ kind: 'User', apiGroup: RBAC, name });

/** Names of default ClusterRoleBindings, each to the role of the same name -> who they bind it to. */
export const DEFAULT_BINDINGS: Readonly<Record<string, readonly Subject[]>> = {
  'cluster-admin': [group('system:masters')],
  'system:monitoring': [group('system:monitoring')],
  'system:discovery': [group('system:authenticated')],
  'system:basic-user': [group('system:authenticated')],
  'system:public-info-viewer': [group('system:authenticated'), group('system:unauthenticated')],
  'system:service-account-issuer-discovery': [group('system:serviceaccounts')],
  'system:node-proxier': [user('system:kube-proxy')],
  'system:kube-controller-manager': [user('system:kube-controller-manager')],
  'system:kube-dns': [{ kind: 'ServiceAccount', name: 'kube-dns', namespace: 'kube-system' }],
  'system:kube-scheduler': [user('system:kube-scheduler')],
  'system:volume-scheduler': [user('system:kube-scheduler')],
  // What nodes may do is decided for each by what runs on it; the role is there for who binds it themselves.
  'system:node': [],
};

export function parseRule(text: string): PolicyRule {
  const [verbs = '', where = '', what = ''] = text.split(' ');
  const list = (part: string): string[] => part.split(',');
  if (where === 'url') return { verbs: list(verbs), nonResourceURLs: list(what) };
  return { verbs: list(verbs), apiGroups: [where === 'core' ? '' : where], resources: list(what) };
}
