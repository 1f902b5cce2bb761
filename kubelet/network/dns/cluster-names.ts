import net from 'node:net';
import type { Answer, SoaAnswer } from 'dns-packet';
import type { NetworkEndpoint, NetworkService } from '../../../shared/wire/network';
import type { NetworkState } from '../network-state';
import { keyOf } from '../network-state';

/** As long as clients may keep an answer: pods come and go. */
const TTL_SECONDS = 5;

export interface Found {
  /** NXDOMAIN: there is no such name at all. */
  readonly rcode: 'NOERROR' | 'NXDOMAIN';
  readonly answers: readonly Answer[];
  /** For who may keep that there is nothing. */
  readonly authorities: readonly SoaAnswer[];
  /** A name outside the cluster that the last answer points at. */
  readonly elsewhere?: string;
}

interface Stand {
  readonly endpoint: NetworkEndpoint;
  readonly ports: readonly { readonly name: string; readonly port: number; readonly protocol: string }[];
}

/** The names of the cluster (the Kubernetes DNS-Based Service Discovery specification 1.1). */
export class ClusterNames {
  private readonly zone: readonly string[];

  constructor(
    private readonly state: NetworkState,
    readonly domain: string,
  ) {
    this.zone = domain.split('.');
  }

  /** Undefined: not a name of the cluster, to be asked elsewhere. */
  find(name: string, type: string): Found | undefined {
    const labels = name.toLowerCase().split('.');
    const reversed = addressOfReverse(labels);
    if (reversed !== undefined) return type === 'PTR' ? this.reverse(name, reversed) : undefined;
    const below = labels.slice(0, labels.length - this.zone.length);
    if (labels.slice(below.length).join('.') !== this.zone.join('.')) return undefined;
    const records = this.recordsOf(name, below, type);
    if (records === undefined) return this.nothing('NXDOMAIN');
    const answers = records.filter((record) => record.type === type || record.type === 'CNAME');
    if (answers.length === 0) return this.nothing('NOERROR');
    const [first] = answers;
    const isAlias = first?.type === 'CNAME' && type !== 'CNAME';
    return {
      rcode: 'NOERROR',
      answers,
      authorities: [],
      ...(isAlias ? { elsewhere: first.data } : {}),
    };
  }

  /** Undefined: no such name. */
  private recordsOf(name: string, below: readonly string[], type: string): readonly Answer[] | undefined {
    const [kind = '', namespace = '', service = '', ...rest] = [...below].reverse();
    if (below.length === 0) return type === 'SOA' ? [this.soa()] : [];
    if (kind === 'pod') return podRecords(name, service, rest);
    if (kind === 'dns-version' && below.length === 1)
      return [{ name, type: 'TXT', ttl: TTL_SECONDS, class: 'IN', data: '1.1.0' }];
    if (kind !== 'svc') return undefined;
    // What stands above a name is there, though it has no records of its own.
    if (namespace === '') return [];
    const found = this.state.service(`${namespace}/${service}`);
    if (service === '') return this.hasNamespace(namespace) ? [] : undefined;
    if (found === undefined) return undefined;
    if (found.externalName !== undefined)
      return rest.length > 0
        ? undefined
        : [{ name, type: 'CNAME', class: 'IN', ttl: TTL_SECONDS, data: found.externalName }];
    if (rest.length === 0) return this.addressesOf(found).map((ip) => address(name, ip));
    if (rest.length === 1) return this.below(name, found, rest[0] ?? '');
    return rest.length === 2 ? this.ports(name, found, rest[1] ?? '', rest[0] ?? '') : undefined;
  }

  private hasNamespace(namespace: string): boolean {
    for (const service of this.state.allServices()) if (service.namespace === namespace) return true;
    return false;
  }

  private addressesOf(service: NetworkService): readonly string[] {
    if (service.clusterIp !== undefined) return [service.clusterIp];
    return [...new Set(this.standsOf(service).map(({ endpoint }) => endpoint.address))];
  }

  /** Who is to be found: the slices say it of those too that are published before they are ready. */
  private standsOf(service: NetworkService): readonly Stand[] {
    return this.state
      .slicesOf(keyOf(service))
      .flatMap(({ endpoints, ports }) =>
        endpoints.filter(({ ready }) => ready).map((endpoint) => ({ endpoint, ports })),
      );
  }

  /** One endpoint by its host name, or by its address with dashes; `_tcp` and `_udp` stand above ports. */
  private below(name: string, service: NetworkService, label: string): readonly Answer[] | undefined {
    if (label === '_tcp' || label === '_udp') return [];
    const those = this.standsOf(service).filter(({ endpoint }) => labelOf(endpoint) === label);
    return those.length === 0 ? undefined : those.map(({ endpoint }) => address(name, endpoint.address));
  }

  private ports(
    name: string,
    service: NetworkService,
    portLabel: string,
    protocolLabel: string,
  ): readonly Answer[] | undefined {
    const is = (port: { readonly name: string; readonly protocol: string }): boolean =>
      `_${port.name}` === portLabel && `_${port.protocol.toLowerCase()}` === protocolLabel;
    const host = `${service.name}.${service.namespace}.svc.${this.domain}`;
    const targets =
      service.clusterIp === undefined
        ? this.standsOf(service).flatMap(({ endpoint, ports }) =>
            ports.filter(is).map(({ port }) => ({ port, target: `${labelOf(endpoint)}.${host}` })),
          )
        : service.ports.filter(is).map(({ port }) => ({ port, target: host }));
    if (targets.length === 0) return undefined;
    const weight = Math.max(1, Math.floor(100 / targets.length));
    return targets.map(({ port, target }) => ({
      name,
      type: 'SRV',
      class: 'IN',
      ttl: TTL_SECONDS,
      data: { priority: 0, weight, port, target },
    }));
  }

  private reverse(name: string, ip: string): Found | undefined {
    for (const service of this.state.allServices()) {
      const host = `${service.name}.${service.namespace}.svc.${this.domain}`;
      if (service.clusterIp === ip) return pointer(name, host);
      if (service.clusterIp !== undefined) continue;
      for (const { endpoint } of this.standsOf(service))
        if (endpoint.address === ip) return pointer(name, `${labelOf(endpoint)}.${host}`);
    }
    return undefined;
  }

  private nothing(rcode: Found['rcode']): Found {
    return { rcode, answers: [], authorities: [this.soa()] };
  }

  private soa(): SoaAnswer {
    return {
      name: this.domain,
      type: 'SOA',
      class: 'IN',
      ttl: TTL_SECONDS,
      data: {
        mname: `ns.dns.${this.domain}`,
        rname: `hostmaster.${this.domain}`,
        serial: 1,
        refresh: 7_200,
        retry: 1_800,
        expire: 86_400,
        minimum: TTL_SECONDS,
      },
    };
  }
}

const labelOf = ({ hostname, address: ip }: NetworkEndpoint): string => hostname ?? ip.replaceAll('.', '-');

const address = (name: string, ip: string): Answer => ({ name, type: 'A', class: 'IN', ttl: TTL_SECONDS, data: ip });

const pointer = (name: string, host: string): Found => ({
  rcode: 'NOERROR',
  answers: [{ name, type: 'PTR', class: 'IN', ttl: TTL_SECONDS, data: host }],
  authorities: [],
});

/** `172-17-0-2.NAMESPACE.pod`: the address says it all. */
function podRecords(name: string, label: string, rest: readonly string[]): readonly Answer[] | undefined {
  if (label === '') return [];
  const ip = label.replaceAll('-', '.');
  return rest.length === 0 && net.isIPv4(ip) ? [address(name, ip)] : undefined;
}

/** The address of `4.3.2.1.in-addr.arpa`. */
function addressOfReverse(labels: readonly string[]): string | undefined {
  if (labels.slice(-2).join('.') !== 'in-addr.arpa') return undefined;
  const ip = labels.slice(0, -2).reverse().join('.');
  return net.isIPv4(ip) ? ip : undefined;
}
