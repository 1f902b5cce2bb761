import ipaddr from 'ipaddr.js';
import type { IngressBackend } from '../../shared/wire/ingress';
import type { Line } from './nginx-words';
import { block, line, literally, quoted } from './nginx-words';
import type { Location, Site } from './sites';

/** How a backend is written: where several requests go to one address, they share its upstream. */
export interface BackendWriter {
  /** What follows `http://`; undefined: it cannot be reached. */
  write(backend: IngressBackend): string | undefined;
}

export interface LocationContext {
  readonly httpsPort: number;
  readonly backends: BackendWriter;
}

const CHALLENGES = '/.well-known/acme-challenge';
const REWRITE_TARGET = /^\/(?:[A-Za-z0-9/_.~%&=+?@:,-]|\$[1-9])*$/;

/**
 * The locations of a site. nginx itself takes an exact one first and then the longest prefix, as Kubernetes has it; a prefix
 * is of whole elements, so it is written twice: with a slash behind it, and as itself. Where there are regular expressions, which
 * nginx would put before all prefixes, prefixes are written as such too, and the longest is asked first.
 */
export function renderLocations(site: Site, context: LocationContext): readonly Line[] {
  const { locations, fallback } = site;
  const exact = new Set(locations.filter(({ kind }) => kind === 'Exact').map(({ path }) => path));
  const hasRegex = locations.some(({ kind }) => kind === 'Regex');
  const root = locations.find(({ kind, path }) => kind === 'Prefix' && path === '') ?? fallback;
  const others = locations
    .filter((location) => location !== root)
    .sort((a, b) => Number(b.kind === 'Exact') - Number(a.kind === 'Exact') || b.path.length - a.path.length);
  return [
    ...others.flatMap((location) =>
      headsOf(location, exact, hasRegex).flatMap((head) =>
        block(`location ${head}`, bodyOf(location, site, context), location.owner),
      ),
    ),
    ...(root === undefined
      ? block('location /', [line('return 404;')])
      : block('location /', bodyOf(root, site, context), root.owner)),
  ];
}

function headsOf({ kind, path }: Location, exact: ReadonlySet<string>, hasRegex: boolean): readonly string[] {
  if (kind === 'Exact') return [`= ${quoted(path)}`];
  if (kind === 'Regex') return [`~* ${quoted(`^${path}`)}`];
  if (hasRegex) return [`~ ${quoted(`^${literally(path)}(?:/|\\z)`)}`];
  return [...(exact.has(path) ? [] : [`= ${quoted(path)}`]), quoted(`${path}/`)];
}

function bodyOf(location: Location, site: Site, { httpsPort, backends }: LocationContext): readonly Line[] {
  const { options, owner } = location;
  const target = backends.write(location.backend);
  const isChallenge = location.path.startsWith(CHALLENGES);
  const redirects = options.redirect === 'always' || (options.redirect === 'tls' && site.hasTls);
  const port = httpsPort === 443 ? '' : `:${httpsPort}`;
  const words = [
    ...(redirects && !isChallenge ? [`if ($scheme = http) { return 308 https://$host${port}$request_uri; }`] : []),
    ...options.deniedSources.filter(isSource).map((source) => `deny ${quoted(source)};`),
    ...options.allowedSources.filter(isSource).map((source) => `allow ${quoted(source)};`),
    ...(options.allowedSources.length > 0 ? ['deny all;'] : []),
    ...(target === undefined ? ['return 503;'] : [...rewriteOf(location), ...passTo(target, location)]),
  ];
  return words.map((text) => line(text, owner));
}

const isSource = (text: string): boolean => ipaddr.isValidCIDR(text) || ipaddr.isValid(text);

function rewriteOf({ kind, path, options: { rewriteTarget } }: Location): readonly string[] {
  if (rewriteTarget === undefined || !REWRITE_TARGET.test(rewriteTarget)) return [];
  const regex = kind === 'Regex' ? `(?i)^${path}` : '^';
  return [`rewrite ${quoted(regex)} ${quoted(rewriteTarget)} break;`];
}

function passTo(host: string, { options }: Location): readonly string[] {
  const { backendProtocol } = options;
  const isGrpc = backendProtocol === 'GRPC' || backendProtocol === 'GRPCS';
  const module = isGrpc ? 'grpc' : 'proxy';
  const seconds = (name: string, value: number | undefined): readonly string[] =>
    value === undefined ? [] : [`${module}_${name} ${value}s;`];
  const onOff = (name: string, value: boolean | undefined): readonly string[] =>
    value === undefined || isGrpc ? [] : [`${name} ${value ? 'on' : 'off'};`];
  return [
    ...(options.bodyLimitBytes === undefined ? [] : [`client_max_body_size ${options.bodyLimitBytes};`]),
    ...seconds('connect_timeout', options.connectTimeoutSeconds),
    ...seconds('read_timeout', options.readTimeoutSeconds),
    ...seconds('send_timeout', options.sendTimeoutSeconds),
    ...onOff('proxy_buffering', options.buffersResponses),
    ...onOff('proxy_request_buffering', options.buffersRequests),
    `${module}_pass ${backendProtocol.toLowerCase()}://${host};`,
  ];
}
