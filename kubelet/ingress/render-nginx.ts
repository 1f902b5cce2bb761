import net from 'node:net';
import type { IngressBackend, StreamPort } from '../../shared/wire/ingress';
import type { Line } from './nginx-words';
import { block, line, literally, quoted } from './nginx-words';
import type { BackendWriter } from './render-location';
import { renderLocations } from './render-location';
import type { Site } from './sites';

export interface ProxyPlan {
  readonly sites: readonly Site[];
  readonly streams: readonly StreamPort[];
}

export interface RenderOptions {
  readonly httpPort: number;
  readonly httpsPort: number;
  readonly workers: number;
  /** The cluster's DNS, by which names are found. Undefined: none is. */
  readonly resolver: string | undefined;
  readonly clusterDomain: string;
  /** The file, as the proxy sees it, of a Secret's certificate and key; of the default one where there is none. */
  readonly certificateFile: (secret: string | undefined) => string;
}

export interface Rendered {
  readonly text: string;
  /** Whose the n-th line is, counted from 1; undefined: nobody's. */
  readonly ownerOf: (lineNumber: number) => string | undefined;
}

const DNS_NAME = /^[a-z0-9_]([-a-z0-9_.]*[a-z0-9])?$/i;
/** A connection that one pod refuses is tried again, and the kernel may give it to another. */
const TRIES = 3;

/** nginx.conf for a plan. Pure: equal plans give equal texts. */
export function renderNginx({ sites, streams }: ProxyPlan, options: RenderOptions): Rendered {
  const http = new Backends(options);
  const stream = new Backends(options);
  const servers = sites.flatMap((site) => renderSite(site, http, options));
  const ports = streams.flatMap((each) => renderStream(each, stream));
  const lines: readonly Line[] = [
    ...MAIN.map((text) => line(text)),
    line(`worker_processes ${options.workers};`),
    ...block('events', [line('worker_connections 8192;')]),
    ...block('http', [...HTTP.map((text) => line(text)), ...http.lines(), ...servers]),
    ...(ports.length === 0 ? [] : block('stream', [...STREAM.map((text) => line(text)), ...stream.lines(), ...ports])),
  ];
  return {
    text: `${lines.map(({ text }) => text).join('\n')}\n`,
    ownerOf: (lineNumber) => lines[lineNumber - 1]?.owner,
  };
}

const MAIN = [
  // Where a distribution keeps the modules that it ships apart; elsewhere there is nothing.
  'include /etc/nginx/modules-enabled/*.conf;',
  'pid /run/nginx.pid;',
  'error_log /dev/stderr warn;',
  // What a websocket has after a reload until it must dial again.
  'worker_shutdown_timeout 240s;',
];

const HEADERS = [
  'Host $best_host',
  'X-Real-IP $remote_addr',
  // What the client says of itself in such headers counts for nothing.
  'X-Forwarded-For $remote_addr',
  'X-Forwarded-Host $best_host',
  'X-Forwarded-Port $server_port',
  'X-Forwarded-Proto $scheme',
  'X-Forwarded-Scheme $scheme',
  'X-Scheme $scheme',
  'X-Original-Forwarded-For $http_x_forwarded_for',
  'X-Request-ID $request_id',
  'Proxy ""',
];

const HTTP = [
  'server_tokens off;',
  // Without the query, in which people put what is secret.
  `log_format pinsetter '$remote_addr [$time_iso8601] "$request_method $host$uri $server_protocol" $status $body_bytes_sent $request_time $upstream_addr $upstream_status';`,
  'access_log /dev/stdout pinsetter;',
  ...['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'].map((each) => `${each}_temp_path /tmp/${each};`),
  'server_names_hash_bucket_size 512;',
  'server_names_hash_max_size 65536;',
  'map_hash_bucket_size 128;',
  // With its port, as the client says it; a client of old may say nothing.
  "map $http_host $best_host { default $http_host; '' $host; }",
  "map $http_upgrade $connection_upgrade { default upgrade; '' close; }",
  'client_max_body_size 1m;',
  'proxy_http_version 1.1;',
  'proxy_connect_timeout 5s;',
  'proxy_next_upstream error timeout;',
  // A backend that thinks for longer is not asked a second time.
  'proxy_next_upstream_timeout 15s;',
  'proxy_set_header Upgrade $http_upgrade;',
  'proxy_set_header Connection $connection_upgrade;',
  ...HEADERS.flatMap((header) => [`proxy_set_header ${header};`, `grpc_set_header ${header};`]),
  'ssl_protocols TLSv1.2 TLSv1.3;',
  'ssl_session_cache shared:TLS:10m;',
  'ssl_session_tickets off;',
];

const STREAM = ['proxy_connect_timeout 5s;'];

function renderSite(site: Site, backends: BackendWriter, options: RenderOptions): readonly Line[] {
  const { host, owner, secret } = site;
  const isDefault = host === '';
  const suffix = isDefault ? ' default_server' : '';
  const words = [
    `listen ${options.httpPort}${suffix};`,
    `listen ${options.httpsPort} ssl http2${suffix};`,
    `server_name ${serverNameOf(host)};`,
    `ssl_certificate ${quoted(options.certificateFile(secret))};`,
    `ssl_certificate_key ${quoted(options.certificateFile(secret))};`,
  ];
  const locations = renderLocations(site, { httpsPort: options.httpsPort, backends });
  return block('server', [...words.map((text) => line(text, owner)), ...locations]);
}

/** A wildcard stands for one label alone, which nginx's own does not. */
function serverNameOf(host: string): string {
  if (host === '') return '_';
  return host.startsWith('*.') ? quoted(`~^[^.]+\\.${literally(host.slice(2))}$`) : quoted(host);
}

function renderStream(stream: StreamPort, backends: Backends): readonly Line[] {
  const { port, protocol, acceptsProxyProtocol, sendsProxyProtocol, backend } = stream;
  const target = backends.write(backend);
  if (target === undefined) return [];
  const isUdp = protocol === 'UDP';
  const words = [
    `listen ${port}${isUdp ? ' udp' : acceptsProxyProtocol ? ' proxy_protocol' : ''};`,
    `proxy_timeout ${isUdp ? '60s' : '600s'};`,
    ...(sendsProxyProtocol ? ['proxy_protocol on;'] : []),
    `proxy_pass ${target};`,
  ];
  return block(
    'server',
    words.map((text) => line(text, `${protocol}/${port}`)),
    `${protocol}/${port}`,
  );
}

/** The backends of one section, each address once. */
class Backends implements BackendWriter {
  private readonly upstreams = new Map<string, string>();
  private readonly names = new Map<string, string>();

  constructor(private readonly options: RenderOptions) {}

  /** A name of an upstream, or a variable that holds a name which is looked up as it changes. */
  write(backend: IngressBackend): string | undefined {
    switch (backend.kind) {
      case 'missing':
        return undefined;
      case 'address': {
        if (!net.isIPv4(backend.address)) return undefined;
        const address = `${backend.address}:${backend.port}`;
        const name = `s-${address.replaceAll(/[.:]/g, '-')}`;
        this.upstreams.set(name, address);
        return name;
      }
      case 'name': {
        const { resolver, clusterDomain } = this.options;
        const name = backend.isInCluster ? `${backend.name}.${clusterDomain}` : backend.name;
        if (resolver === undefined || !net.isIPv4(resolver) || !DNS_NAME.test(name)) return undefined;
        const address = `${name}:${backend.port}`;
        const variable = this.names.get(address) ?? `$name_${this.names.size}`;
        this.names.set(address, variable);
        return variable;
      }
    }
  }

  lines(): readonly Line[] {
    const names = [...this.names].map(([address, variable]) =>
      // A map is the one way to a variable that both sections know.
      line(`map $nginx_version ${variable} { default ${quoted(address)}; }`),
    );
    const resolver =
      names.length === 0 || this.options.resolver === undefined
        ? []
        : [line(`resolver ${this.options.resolver} valid=2s ipv6=off;`), line('resolver_timeout 5s;')];
    const upstreams = [...this.upstreams].flatMap(([name, address]) =>
      block(
        `upstream ${name}`,
        // The same address each time: whom a connection is given to is the kernel's choice, anew for each.
        Array.from({ length: TRIES }, () => line(`server ${address} max_fails=0;`)),
      ),
    );
    return [...resolver, ...names, ...upstreams];
  }
}
