/**
 * What the node channel says of Ingresses, to nodes that serve them: each Ingress with its Services resolved, the
 * certificates that they name, and the plain ports. The server sends all of it after a registration that asks for it, and
 * then what changes. A message replaces what was said of the same thing before. Certificates carry private keys: nothing
 * of a message is ever logged.
 */
import type { WireRecord } from './parse-value';
import { asArray, asBoolean, asInteger, asName, asOneOf, asOptional, asRecord, asString, field } from './parse-value';

export type IngressBackend =
  /** A Service with an address of its own, which the kernel of each node balances. */
  | { readonly kind: 'address'; readonly address: string; readonly port: number }
  /** Found by DNS: something outside, or in the cluster (`web.default.svc`, below the domain that each node knows). */
  | { readonly kind: 'name'; readonly name: string; readonly isInCluster: boolean; readonly port: number }
  /** There is no such Service or port. */
  | { readonly kind: 'missing' };

export const PATH_KINDS = ['Exact', 'Prefix', 'Regex'] as const;
export interface IngressPath {
  /** Begins with `/`. */
  readonly path: string;
  readonly kind: (typeof PATH_KINDS)[number];
  readonly backend: IngressBackend;
}

export interface IngressRule {
  /** `example.com`, `*.example.com`, or empty: whatever nobody else serves. */
  readonly host: string;
  readonly paths: readonly IngressPath[];
}

export const BACKEND_PROTOCOLS = ['HTTP', 'HTTPS', 'GRPC', 'GRPCS'] as const;

/** What annotations say of an Ingress, understood and within bounds. Absent: as the proxy does by default. */
export interface IngressOptions {
  /** To HTTPS: where the host has a certificate, always, or never. */
  readonly redirect: 'tls' | 'always' | 'never';
  readonly backendProtocol: (typeof BACKEND_PROTOCOLS)[number];
  /** What the backend sees instead of the path: letters of paths, and `$1` to `$9`. */
  readonly rewriteTarget?: string;
  /** 0: no limit. */
  readonly bodyLimitBytes?: number;
  readonly connectTimeoutSeconds?: number;
  readonly readTimeoutSeconds?: number;
  readonly sendTimeoutSeconds?: number;
  readonly buffersResponses?: boolean;
  readonly buffersRequests?: boolean;
  /** CIDRs; empty: everybody. */
  readonly allowedSources: readonly string[];
  readonly deniedSources: readonly string[];
}

export interface NetworkIngress {
  readonly namespace: string;
  readonly name: string;
  /** Where two want the same, the older has it. */
  readonly createdAtMs: number;
  readonly rules: readonly IngressRule[];
  readonly defaultBackend?: IngressBackend;
  /** `secret`: `namespace/name`, or absent for the default certificate. */
  readonly tls: readonly { readonly hosts: readonly string[]; readonly secret?: string }[];
  readonly options: IngressOptions;
}

export interface IngressCertificate {
  /** `namespace/name` of the Secret. */
  readonly secret: string;
  /** PEM: the certificate and those between it and its authority. */
  readonly certificate: string;
  /** PEM. */
  readonly key: string;
}

/** A port that is passed on as it is. */
export interface StreamPort {
  readonly port: number;
  readonly protocol: 'TCP' | 'UDP';
  readonly backend: IngressBackend;
  /** Clients begin with the PROXY protocol. */
  readonly acceptsProxyProtocol: boolean;
  /** The backend is told of clients by the PROXY protocol. */
  readonly sendsProxyProtocol: boolean;
}

export interface IngressChange {
  /** Snapshot: whatever is not listed does not exist. */
  readonly kind: 'snapshot' | 'change';
  readonly ingresses: readonly NetworkIngress[];
  readonly certificates: readonly IngressCertificate[];
  /** All there are. */
  readonly streams: readonly StreamPort[];
  /** `namespace/name`. */
  readonly removedIngresses: readonly string[];
  readonly removedCertificates: readonly string[];
}

const MAX_ITEMS = 100_000;
const MAX_PEM = 256 * 1024;
const MAX_PATH = 4 * 1024;

const asPort = (value: unknown, path: string): number => asInteger(value, path, { min: 1, max: 65_535 });
const asCount = (value: unknown, path: string): number => asInteger(value, path, { min: 0 });
const asText = (value: unknown, path: string): string => asString(value, path);

export function parseIngressChange(value: unknown): IngressChange {
  const message = asRecord(value, 'ingress');
  const texts = (key: string): readonly string[] => asArray(message[key], key, asText, MAX_ITEMS);
  return {
    kind: asOneOf(message['kind'], 'kind', ['snapshot', 'change']),
    ingresses: asArray(message['ingresses'], 'ingresses', parseIngress, MAX_ITEMS),
    certificates: asArray(message['certificates'], 'certificates', parseCertificate, MAX_ITEMS),
    streams: asArray(message['streams'], 'streams', parseStream),
    removedIngresses: texts('removedIngresses'),
    removedCertificates: texts('removedCertificates'),
  };
}

function parseIngress(value: unknown, path: string): NetworkIngress {
  const ingress = asRecord(value, path);
  return {
    namespace: asName(ingress['namespace'], `${path}.namespace`),
    name: asName(ingress['name'], `${path}.name`),
    createdAtMs: asCount(ingress['createdAtMs'], `${path}.createdAtMs`),
    rules: asArray(ingress['rules'], `${path}.rules`, (each, at) => {
      const rule = asRecord(each, at);
      return {
        host: asString(rule['host'], `${at}.host`),
        paths: asArray(rule['paths'], `${at}.paths`, parsePath),
      };
    }),
    ...field('defaultBackend', asOptional(ingress['defaultBackend'], `${path}.defaultBackend`, parseBackend)),
    tls: asArray(ingress['tls'], `${path}.tls`, (each, at) => {
      const tls = asRecord(each, at);
      return {
        hosts: asArray(tls['hosts'], `${at}.hosts`, asText),
        ...field('secret', asOptional(tls['secret'], `${at}.secret`, asText)),
      };
    }),
    options: parseOptions(asRecord(ingress['options'], `${path}.options`), `${path}.options`),
  };
}

function parsePath(value: unknown, at: string): IngressPath {
  const path = asRecord(value, at);
  return {
    path: asString(path['path'], `${at}.path`, MAX_PATH),
    kind: asOneOf(path['kind'], `${at}.kind`, PATH_KINDS),
    backend: parseBackend(path['backend'], `${at}.backend`),
  };
}

function parseBackend(value: unknown, path: string): IngressBackend {
  const backend = asRecord(value, path);
  const kind = asOneOf(backend['kind'], `${path}.kind`, ['address', 'name', 'missing']);
  switch (kind) {
    case 'address':
      return {
        kind,
        address: asName(backend['address'], `${path}.address`),
        port: asPort(backend['port'], `${path}.port`),
      };
    case 'name':
      return {
        kind,
        name: asName(backend['name'], `${path}.name`),
        isInCluster: asBoolean(backend['isInCluster'], `${path}.isInCluster`),
        port: asPort(backend['port'], `${path}.port`),
      };
    case 'missing':
      return { kind };
  }
}

function parseOptions(options: WireRecord, path: string): IngressOptions {
  const count = (key: keyof IngressOptions) => asOptional(options[key], `${path}.${key}`, asCount);
  const flag = (key: keyof IngressOptions) => asOptional(options[key], `${path}.${key}`, asBoolean);
  return {
    redirect: asOneOf(options['redirect'], `${path}.redirect`, ['tls', 'always', 'never']),
    backendProtocol: asOneOf(options['backendProtocol'], `${path}.backendProtocol`, BACKEND_PROTOCOLS),
    ...field('rewriteTarget', asOptional(options['rewriteTarget'], `${path}.rewriteTarget`, asText)),
    ...field('bodyLimitBytes', count('bodyLimitBytes')),
    ...field('connectTimeoutSeconds', count('connectTimeoutSeconds')),
    ...field('readTimeoutSeconds', count('readTimeoutSeconds')),
    ...field('sendTimeoutSeconds', count('sendTimeoutSeconds')),
    ...field('buffersResponses', flag('buffersResponses')),
    ...field('buffersRequests', flag('buffersRequests')),
    allowedSources: asArray(options['allowedSources'], `${path}.allowedSources`, asText),
    deniedSources: asArray(options['deniedSources'], `${path}.deniedSources`, asText),
  };
}

function parseCertificate(value: unknown, path: string): IngressCertificate {
  const certificate = asRecord(value, path);
  return {
    secret: asString(certificate['secret'], `${path}.secret`),
    certificate: asString(certificate['certificate'], `${path}.certificate`, MAX_PEM),
    key: asString(certificate['key'], `${path}.key`, MAX_PEM),
  };
}

function parseStream(value: unknown, path: string): StreamPort {
  const stream = asRecord(value, path);
  return {
    port: asPort(stream['port'], `${path}.port`),
    protocol: asOneOf(stream['protocol'], `${path}.protocol`, ['TCP', 'UDP']),
    backend: parseBackend(stream['backend'], `${path}.backend`),
    acceptsProxyProtocol: asBoolean(stream['acceptsProxyProtocol'], `${path}.acceptsProxyProtocol`),
    sendsProxyProtocol: asBoolean(stream['sendsProxyProtocol'], `${path}.sendsProxyProtocol`),
  };
}
