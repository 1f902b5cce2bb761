import type { NodePods } from '../../node-channel/node-pods';
import type { Client } from '../../registry/client';
import type { Attributes, Authorizer } from '../authorizer';
import { DEFAULT_ROLES, parseRule } from '../rbac/default-roles';
import { allows } from '../../../shared/policy-rules';
import type { User } from '../user';
import { NODE_LEASES, nodeOf } from './node-user';

const READ = ['get', 'list', 'watch'];
const CHANGE = ['update', 'patch'];

type OnObject = Extract<Attributes, { readonly resource: string }>;
type Judge = (nodeName: string, attributes: OnObject) => boolean;

/**
 * Lets a node read and write what concerns it and the pods that run on it, and nothing of other nodes
 * (k8s.io/kubernetes/plugin/pkg/auth/authorizer/node).
 */
export class NodeAuthorizer implements Authorizer {
  private readonly judges: Readonly<Record<string, Judge>> = {
    '/secrets': (nodeName, attributes) => this.mayRead('Secret', nodeName, attributes),
    '/configmaps': (nodeName, attributes) => this.mayRead('ConfigMap', nodeName, attributes),
    '/serviceaccounts': (nodeName, { verb, subresource, namespace, name }) =>
      verb === 'create' &&
      subresource === 'token' &&
      this.pods
        .on(nodeName)
        .some(({ metadata, spec }) => metadata.namespace === namespace && spec.serviceAccountName === name),
    '/persistentvolumeclaims': (nodeName, { verb, subresource, namespace = '', name = '' }) =>
      (verb === 'get' || (subresource === 'status' && CHANGE.includes(verb))) &&
      this.usesClaim(nodeName, namespace, name),
    '/persistentvolumes': (nodeName, { verb, subresource, name = '' }) => {
      const claim = this.client.view('PersistentVolume').get({ name })?.spec?.claimRef;
      return (
        verb === 'get' &&
        subresource === undefined &&
        this.usesClaim(nodeName, claim?.namespace ?? '', claim?.name ?? '')
      );
    },
    '/nodes': (nodeName, { verb, subresource, name }) =>
      subresource === undefined
        ? verb === 'create' || (name === nodeName && [...READ, ...CHANGE].includes(verb))
        : subresource === 'status' && name === nodeName && CHANGE.includes(verb),
    '/pods': (nodeName, attributes) => this.mayTouchPods(nodeName, attributes),
    'coordination.k8s.io/leases': (nodeName, { verb, namespace, name }) =>
      namespace === NODE_LEASES &&
      (verb === 'create' || (name === nodeName && ['get', ...CHANGE, 'delete'].includes(verb))),
  };
  /** What every node may, whatever runs on it. */
  private readonly rules = (DEFAULT_ROLES['system:node']?.rules ?? [])
    .map(parseRule)
    .filter(({ apiGroups: [group = ''] = [], resources = [] }) =>
      resources.every((resource) => this.judges[`${group}/${resource.split('/')[0] ?? ''}`] === undefined),
    );

  constructor(
    private readonly client: Pick<Client, 'view'>,
    private readonly pods: NodePods,
  ) {}

  isAllowed(user: User, attributes: Attributes): boolean {
    const nodeName = nodeOf(user);
    if (nodeName === undefined || 'path' in attributes) return false;
    const judge = this.judges[`${attributes.group}/${attributes.resource}`];
    if (judge !== undefined) return judge(nodeName, attributes);
    return this.rules.some((rule) => allows(rule, attributes));
  }

  whyNot(user: User, attributes: Attributes): string | undefined {
    const nodeName = nodeOf(user);
    if (nodeName === undefined || 'path' in attributes) return undefined;
    const isJudged = this.judges[`${attributes.group}/${attributes.resource}`] !== undefined;
    return isJudged ? `no relationship found between node '${nodeName}' and this object` : undefined;
  }

  private mayRead(kind: 'Secret' | 'ConfigMap', nodeName: string, attributes: OnObject): boolean {
    const { verb, subresource, namespace, name } = attributes;
    if (!READ.includes(verb) || subresource !== undefined || namespace === undefined || name === undefined)
      return false;
    return this.pods.nodesReferringTo({ kind, namespace, name }).has(nodeName);
  }

  private usesClaim(nodeName: string, namespace: string, name: string): boolean {
    return this.pods
      .on(nodeName)
      .some(
        ({ metadata, spec }) =>
          metadata.namespace === namespace &&
          (spec.volumes ?? []).some(
            (volume) =>
              volume.persistentVolumeClaim?.claimName === name ||
              (volume.ephemeral !== undefined && `${metadata.name}-${volume.name}` === name),
          ),
      );
  }

  private mayTouchPods(nodeName: string, attributes: OnObject): boolean {
    const { verb, subresource, namespace, name, fieldSelector = '' } = attributes;
    if (name === undefined) {
      const isOwnOnly = fieldSelector.split(',').some((term) => /^spec\.nodeName==?(.+)$/.exec(term)?.[1] === nodeName);
      return isOwnOnly && (verb === 'list' || verb === 'watch');
    }
    const isOwn = this.client.view('Pod').get({ namespace, name })?.spec.nodeName === nodeName;
    switch (subresource) {
      case undefined:
        return isOwn && [...READ, 'delete'].includes(verb);
      case 'status':
        return isOwn && CHANGE.includes(verb);
      case 'eviction':
        return isOwn && verb === 'create';
      default:
        return false;
    }
  }
}
