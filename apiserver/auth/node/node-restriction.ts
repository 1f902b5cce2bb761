import type { ApiObject, Node } from '../../../shared/api/objects';
import { isSameJson } from '../../../shared/same-json';
import { forbidden } from '../../../shared/status-error';
import type { AdmissionPlugin, AdmissionRequest } from '../../admission/admission';
import { shownName } from '../../admission/admission';
import { NODE_LEASES, nodeOf } from './node-user';

/** Of these prefixes a node may set only the labels that it must. */
const OWNED_DOMAINS = /^([^/]+\.)?(kubernetes\.io|k8s\.io)\//;
const ALLOWED_LABELS = new Set([
  'kubernetes.io/hostname',
  'kubernetes.io/os',
  'kubernetes.io/arch',
  'node.kubernetes.io/instance-type',
  'topology.kubernetes.io/region',
  'topology.kubernetes.io/zone',
]);
const ALLOWED_PREFIXES = /^(kubelet|node)\.kubernetes\.io\//;

/**
 * Keeps a node that writes through the API to its own Node and lease, and from saying of itself what decides which pods
 * it is trusted with (k8s.io/kubernetes/plugin/pkg/admission/noderestriction).
 */
export const nodeRestriction: AdmissionPlugin = {
  name: 'NodeRestriction',
  admitCreate(request, object) {
    const nodeName = nodeOf(request.user);
    if (nodeName === undefined) return;
    if (isKind(request, '', 'Node')) {
      refuseOther(request, object, nodeName);
      refuseLabels(request, object, nodeName, {});
    } else if (isKind(request, 'coordination.k8s.io', 'Lease')) {
      const { namespace, name } = object.metadata ?? {};
      if (namespace !== NODE_LEASES || name !== nodeName) {
        refuse(request, object, 'can only access node lease with the same name as the requesting node');
      }
    }
  },
  admitUpdate(request, object, old) {
    const nodeName = nodeOf(request.user);
    if (nodeName === undefined || !isKind(request, '', 'Node')) return;
    refuseOther(request, object, nodeName);
    refuseLabels(request, object, nodeName, old.metadata.labels ?? {});
    if (!isSameJson((object as Node).spec?.taints ?? [], (old as Node).spec?.taints ?? [])) {
      refuse(request, object, `node ${JSON.stringify(nodeName)} is not allowed to modify taints`);
    }
  },
};

const isKind = ({ kind }: AdmissionRequest, group: string, name: string): boolean =>
  kind.group === group && kind.kind === name;

function refuseOther(request: AdmissionRequest, object: ApiObject, nodeName: string): void {
  const name = shownName(object);
  if (name === nodeName) return;
  refuse(request, object, `node ${JSON.stringify(nodeName)} is not allowed to modify node ${JSON.stringify(name)}`);
}

function refuseLabels(
  request: AdmissionRequest,
  object: ApiObject,
  nodeName: string,
  old: Readonly<Record<string, string>>,
): void {
  const labels = object.metadata?.labels ?? {};
  const changed = [...new Set([...Object.keys(labels), ...Object.keys(old)])].filter((key) => labels[key] !== old[key]);
  const refused = changed
    .filter((key) => OWNED_DOMAINS.test(key) && !ALLOWED_LABELS.has(key) && !ALLOWED_PREFIXES.test(key))
    .sort();
  if (refused.length === 0) return;
  refuse(request, object, `node ${JSON.stringify(nodeName)} is not allowed to modify labels: ${refused.join(', ')}`);
}

function refuse({ kind }: AdmissionRequest, object: ApiObject, why: string): never {
  throw forbidden({ group: kind.group, resource: kind.plural }, shownName(object), why);
}
