import type { ConfigMap } from '../../shared/api/objects';
import type { StreamPort } from '../../shared/wire/ingress';
import type { Client, ObjectKey } from '../registry/client';
import type { IngressLookup } from './backend';
import { resolveBackend } from './backend';
import type { IngressProblem } from './problem';

/** In which ConfigMaps ports are given to Services, of each protocol. */
export interface StreamMaps {
  readonly TCP: readonly ObjectKey[];
  readonly UDP: readonly ObjectKey[];
}

/** Where the well-known nginx controller's manuals put them. */
const NAMESPACES = ['ingress-nginx', 'kube-system'];
export const DEFAULT_STREAM_MAPS: StreamMaps = {
  TCP: NAMESPACES.map((namespace) => ({ namespace, name: 'tcp-services' })),
  UDP: NAMESPACES.map((namespace) => ({ namespace, name: 'udp-services' })),
};

/** `namespace/service:port`, and behind it PROXY for what is taken and again for what is sent. */
const ENTRY = /^([a-z0-9.-]+)\/([a-z0-9.-]+):([a-z0-9-]+)(?::(PROXY)?)?(?::(PROXY)?)?$/i;

export interface StreamFacts {
  readonly ports: readonly StreamPort[];
  readonly problems: readonly IngressProblem[];
}

/** What one ConfigMap says. A port without a Service is not listened on. */
export function streamFactsOf(
  protocol: StreamPort['protocol'],
  { data = {} }: Pick<ConfigMap, 'data'>,
  lookup: IngressLookup,
): StreamFacts {
  const problems: IngressProblem[] = [];
  const ports = Object.entries(data).flatMap(([key, value]): readonly StreamPort[] => {
    const refuse = (reason: string, why: string): readonly StreamPort[] => {
      problems.push({ reason, message: `${protocol} port ${JSON.stringify(key)} is not served: ${why}` });
      return [];
    };
    const port = /^\d{1,5}$/.test(key) ? Number(key) : 0;
    if (port < 1 || port > 65_535) return refuse('InvalidPort', 'it must be a number from 1 to 65535');
    const match = ENTRY.exec(value.trim());
    if (match === null)
      return refuse('InvalidPort', `${JSON.stringify(value)} must be like "default/example-go:8080" or with ":PROXY"`);
    const [, namespace = '', name = '', servicePort = '', accepts, sends] = match;
    const ref = { namespace, name, protocol, port: /^\d+$/.test(servicePort) ? Number(servicePort) : servicePort };
    const { backend, problem } = resolveBackend(lookup, ref);
    if (problem !== undefined) return refuse('ServiceNotFound', problem);
    return [
      { port, protocol, backend, acceptsProxyProtocol: accepts !== undefined, sendsProxyProtocol: sends !== undefined },
    ];
  });
  return { ports, problems };
}

/** All ports of all maps; where two name the same one, the first has it. */
export function streamPortsOf(client: Client, maps: StreamMaps, lookup: IngressLookup): readonly StreamPort[] {
  const found = new Map<string, StreamPort>();
  for (const protocol of ['TCP', 'UDP'] as const)
    for (const key of maps[protocol]) {
      const map = client.view('ConfigMap').get(key);
      if (map === undefined) continue;
      for (const each of streamFactsOf(protocol, map, lookup).ports) {
        const id = `${protocol}/${each.port}`;
        if (!found.has(id)) found.set(id, each);
      }
    }
  return [...found.values()];
}
