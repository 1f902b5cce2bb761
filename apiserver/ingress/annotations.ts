import ipaddr from 'ipaddr.js';
import type { IngressOptions } from '../../shared/wire/ingress';
import { BACKEND_PROTOCOLS } from '../../shared/wire/ingress';
import type { IngressProblem } from './problem';

/** The prefix of the well-known nginx controller, whose words people's manifests use. */
const PREFIX = 'nginx.ingress.kubernetes.io/';

const MAX_TIMEOUT_SECONDS = 24 * 60 * 60;
const UNITS: Readonly<Record<string, number>> = { '': 1, k: 2 ** 10, m: 2 ** 20, g: 2 ** 30 };
/** What may stand for a path, with `$1` to `$9` for groups of the rule's own. */
const REWRITE_TARGET = /^\/(?:[A-Za-z0-9/_.~%&=+?@:,-]|\$[1-9])*$/;

const EVERYBODY = ['0.0.0.0/0', '::/0'];

export interface ReadAnnotations {
  readonly options: IngressOptions;
  /** Paths without a meaning of their own (ImplementationSpecific) are regular expressions. */
  readonly usesRegex: boolean;
  readonly problems: readonly IngressProblem[];
}

/** What the annotations ask for. Those that nobody here knows are left alone; those that make no sense are problems. */
export function readAnnotations(annotations: Readonly<Record<string, string>>): ReadAnnotations {
  const problems: IngressProblem[] = [];
  const read = <T>(
    name: string,
    parse: (text: string) => T | undefined,
    expected: string,
    consequence = 'it is ignored',
  ): T | undefined => {
    const text = annotations[PREFIX + name]?.trim();
    if (text === undefined || text === '') return undefined;
    const value = parse(text);
    if (value === undefined)
      problems.push({
        reason: 'InvalidAnnotation',
        message: `annotation ${PREFIX}${name}: ${JSON.stringify(text)} must be ${expected}; ${consequence}`,
      });
    return value;
  };
  const flag = (name: string) => read(name, asFlag, '"true" or "false"');
  const seconds = (name: string) =>
    read(name, asSeconds, `a whole number of seconds from 1 to ${MAX_TIMEOUT_SECONDS}, such as "60"`);
  const onOff = (name: string) => read(name, asOnOff, '"on" or "off"');
  const sources = (name: string) =>
    read(
      name,
      asCidrs,
      'addresses or CIDRs with commas between them, such as "10.0.0.0/8,192.0.2.1"',
      'nobody is let in',
    );

  const allowedSources = sources('whitelist-source-range') ?? sources('allowlist-source-range') ?? [];
  const deniedSources = sources('denylist-source-range') ?? [];
  const isUnclear = problems.length > 0;
  const forced = flag('force-ssl-redirect');
  const redirected = flag('ssl-redirect');
  const rewriteTarget = read('rewrite-target', asRewriteTarget, 'a path, in which $1 to $9 stand for groups');
  const options = {
    redirect: forced === true ? 'always' : redirected === false ? 'never' : 'tls',
    backendProtocol:
      read('backend-protocol', asProtocol, `one of ${BACKEND_PROTOCOLS.join(', ')}`) ?? ('HTTP' as const),
    rewriteTarget,
    bodyLimitBytes: read('proxy-body-size', asSize, 'a size such as "8m", or "0" for any'),
    connectTimeoutSeconds: seconds('proxy-connect-timeout'),
    readTimeoutSeconds: seconds('proxy-read-timeout'),
    sendTimeoutSeconds: seconds('proxy-send-timeout'),
    buffersResponses: onOff('proxy-buffering'),
    buffersRequests: onOff('proxy-request-buffering'),
    allowedSources,
    // Whoever wants to keep some out is not to let all in by a slip.
    deniedSources: isUnclear ? EVERYBODY : deniedSources,
  } as const;
  const usesRegex = flag('use-regex') === true || rewriteTarget !== undefined;
  return { options: withoutAbsent(options), usesRegex, problems };
}

type Absentable<T> = { readonly [K in keyof T]: T[K] | undefined };

const withoutAbsent = (options: Absentable<IngressOptions>): IngressOptions =>
  Object.fromEntries(Object.entries(options).filter(([, value]) => value !== undefined)) as unknown as IngressOptions;

const asFlag = (text: string): boolean | undefined => (text === 'true' ? true : text === 'false' ? false : undefined);
const asOnOff = (text: string): boolean | undefined => (text === 'on' ? true : text === 'off' ? false : undefined);

/** nginx's `60s` is taken too. */
function asSeconds(text: string): number | undefined {
  const value = /^\d{1,6}s?$/.test(text) ? Number.parseInt(text, 10) : 0;
  return value >= 1 && value <= MAX_TIMEOUT_SECONDS ? value : undefined;
}

function asSize(text: string): number | undefined {
  const match = /^(\d{1,9})([kmg]?)$/i.exec(text);
  return match === null ? undefined : Number(match[1]) * (UNITS[(match[2] ?? '').toLowerCase()] ?? 1);
}

const asProtocol = (text: string): IngressOptions['backendProtocol'] | undefined =>
  BACKEND_PROTOCOLS.find((protocol) => protocol === text.toUpperCase());

const asRewriteTarget = (text: string): string | undefined => (REWRITE_TARGET.test(text) ? text : undefined);

function asCidrs(text: string): readonly string[] | undefined {
  const given = text.split(',').map((each) => each.trim());
  return given.every((each) => ipaddr.isValidCIDR(each) || ipaddr.isValid(each)) ? given.map(normal) : undefined;
}

/** `10.1.2.3/8` counts as its network. */
function normal(text: string): string {
  if (!ipaddr.isValidCIDR(text)) return ipaddr.parse(text).toString();
  const [address, bits] = ipaddr.parseCIDR(text);
  const network =
    address.kind() === 'ipv4' ? ipaddr.IPv4.networkAddressFromCIDR(text) : ipaddr.IPv6.networkAddressFromCIDR(text);
  return `${network.toString()}/${bits}`;
}
