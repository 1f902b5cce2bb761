import type { PodSpec } from '../../shared/api/objects';
import { forbidden } from '../../shared/status-error';
import type { AdmissionPlugin } from './admission';
import { shownName } from './admission';

const DEFAULT = 'default';

/** A pod that names no ServiceAccount runs as its namespace's `default`. */
export const serviceAccount: AdmissionPlugin = {
  name: 'ServiceAccount',
  admitCreate({ kind, lookup }, object) {
    if (kind.kind !== 'Pod' || kind.group !== '') return;
    const spec = object['spec'] as PodSpec | undefined;
    if (spec === undefined) return;
    const name = spec.serviceAccountName ?? spec.serviceAccount ?? DEFAULT;
    spec.serviceAccountName = name;
    spec.serviceAccount = name;
    const namespace = object.metadata?.namespace;
    const account = namespace === undefined ? undefined : lookup.get('ServiceAccount', { namespace, name });
    // The default account is made in the background after its namespace, so a pod need not wait for it.
    if (account === undefined && name !== DEFAULT) {
      throw forbidden(
        { group: '', resource: 'pods' },
        shownName(object),
        `error looking up service account ${namespace ?? ''}/${name}: serviceaccount "${name}" not found`,
      );
    }
    if ((spec.imagePullSecrets ?? []).length === 0 && (account?.imagePullSecrets ?? []).length > 0) {
      spec.imagePullSecrets = structuredClone(account?.imagePullSecrets ?? []);
    }
  },
};
