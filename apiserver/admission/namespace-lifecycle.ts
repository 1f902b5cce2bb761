import { forbidden, notFound, StatusError } from '../../shared/status-error';
import type { AdmissionPlugin } from './admission';
import { shownName } from './admission';

const NAMESPACES = { group: '', resource: 'namespaces' };
/** Kubernetes' namespaces that are always there, and ours keeps: the API relies on them. */
export const SYSTEM_NAMESPACES = ['default', 'kube-system', 'kube-public', 'kube-node-lease'];
const IMMORTAL = new Set(SYSTEM_NAMESPACES);

/** New objects need a namespace that exists and stays; the system's own namespaces may not be deleted. */
export const namespaceLifecycle: AdmissionPlugin = {
  name: 'NamespaceLifecycle',
  admitCreate({ kind, lookup }, object) {
    const namespace = object.metadata?.namespace;
    if (!kind.namespaced || namespace === undefined) return;
    const found = lookup.get('Namespace', { name: namespace });
    if (found === undefined) throw notFound(NAMESPACES, namespace);
    if (found.metadata.deletionTimestamp === undefined) return;
    const of = { group: kind.group, resource: kind.plural };
    const refusal = forbidden(
      of,
      shownName(object),
      `unable to create new content in namespace ${namespace} because it is being terminated`,
    );
    throw new StatusError(refusal.reason, refusal.message, {
      ...refusal.details,
      causes: [
        {
          reason: 'NamespaceTerminating',
          message: `namespace ${namespace} is being terminated`,
          field: 'metadata.namespace',
        },
      ],
    });
  },
  admitDelete({ kind }, { metadata }) {
    if (kind.kind === 'Namespace' && kind.group === '' && IMMORTAL.has(metadata.name)) {
      throw forbidden(NAMESPACES, metadata.name, 'this namespace may not be deleted');
    }
  },
};
