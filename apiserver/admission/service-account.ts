import type { Container, PodSpec, ServiceAccount, Volume } from '../../shared/api/objects';
import type { Random } from '../../shared/random';
import { forbidden } from '../../shared/status-error';
import type { AdmissionPlugin } from './admission';
import { shownName } from './admission';

const DEFAULT = 'default';

/** Where clients in pods look for their credentials. */
export const CREDENTIALS_FOLDER = '/var/run/secrets/kubernetes.io/serviceaccount';
/** The ConfigMap of each namespace with the certificate of the cluster's authority under `ca.crt`. */
export const ROOT_CA_CONFIG_MAP = 'kube-root-ca.crt';
const VOLUME_PREFIX = 'kube-api-access-';
/** Of a token that is renewed while the pod runs: an hour, and a little that tells it from one a person asked for. */
const TOKEN_SECONDS = 3_607;

/**
 * A pod that names no ServiceAccount runs as its namespace's `default`, and its containers get the account's
 * credentials, unless pod or account do without (k8s.io/kubernetes/plugin/pkg/admission/serviceaccount).
 */
export const createServiceAccount = (random: Random): AdmissionPlugin => ({
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
    if (isMounted(spec, account)) mountCredentials(spec, random);
  },
});

const isMounted = (spec: PodSpec, account: ServiceAccount | undefined): boolean =>
  spec.automountServiceAccountToken ?? account?.automountServiceAccountToken ?? true;

function mountCredentials(spec: PodSpec, random: Random): void {
  const isWanting = ({ volumeMounts = [] }: Container): boolean =>
    !volumeMounts.some(({ mountPath }) => mountPath === CREDENTIALS_FOLDER);
  const wanting = [...(spec.initContainers ?? []), ...((spec.containers as Container[] | undefined) ?? [])].filter(
    isWanting,
  );
  if (wanting.length === 0) return;
  const names = new Set((spec.volumes as Partial<Volume>[] | undefined)?.map(({ name = '' }) => name));
  const present = [...names].find((name) => name.startsWith(VOLUME_PREFIX));
  const name = present ?? `${VOLUME_PREFIX}${random.suffix(5)}`;
  for (const container of wanting) {
    container.volumeMounts = [
      ...(container.volumeMounts ?? []),
      { name, readOnly: true, mountPath: CREDENTIALS_FOLDER },
    ];
  }
  if (present === undefined) spec.volumes = [...(spec.volumes ?? []), credentialsVolume(name)];
}

const credentialsVolume = (name: string): Volume => ({
  name,
  projected: {
    sources: [
      { serviceAccountToken: { expirationSeconds: TOKEN_SECONDS, path: 'token' } },
      { configMap: { name: ROOT_CA_CONFIG_MAP, items: [{ key: 'ca.crt', path: 'ca.crt' }] } },
      {
        downwardAPI: {
          items: [{ path: 'namespace', fieldRef: { apiVersion: 'v1', fieldPath: 'metadata.namespace' } }],
        },
      },
    ],
    defaultMode: 0o644,
  },
});
