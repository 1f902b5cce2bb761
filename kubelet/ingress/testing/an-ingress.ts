import type { IngressBackend, IngressOptions, IngressPath, NetworkIngress } from '../../../shared/wire/ingress';
import { renderNginx } from '../render-nginx';
import { planSites } from '../sites';

export const PLAIN: IngressOptions = {
  redirect: 'tls',
  backendProtocol: 'HTTP',
  allowedSources: [],
  deniedSources: [],
};

export const service = (lastByte: number, port = 80): IngressBackend => ({
  kind: 'address',
  address: `10.0.0.${lastByte}`,
  port,
});

export const aPath = (
  path: string,
  kind: IngressPath['kind'] = 'Prefix',
  backend: IngressBackend = service(1),
): IngressPath => ({ path, kind, backend });

let made = 0;

/** An Ingress of its own name, younger than those made before. */
export const anIngress = (traits: Partial<NetworkIngress> = {}): NetworkIngress => {
  made += 1;
  return {
    namespace: 'default',
    name: `ingress-${made}`,
    createdAtMs: made,
    rules: [],
    tls: [],
    options: PLAIN,
    ...traits,
  };
};

/** The configuration for these Ingresses, the oldest first; `secrets` have certificates. */
export const rendered = (ingresses: readonly NetworkIngress[], secrets: readonly string[] = []) =>
  renderNginx(
    { sites: planSites(ingresses, new Set(secrets)), streams: [] },
    {
      httpPort: 80,
      httpsPort: 443,
      workers: 2,
      resolver: '10.0.0.10',
      clusterDomain: 'cluster.local',
      certificateFile: (secret) => `/certificates/${secret ?? 'default'}`,
    },
  );
