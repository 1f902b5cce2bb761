import type { IngressBackend, IngressOptions, IngressPath, NetworkIngress } from '../../shared/wire/ingress';

export interface Location {
  readonly kind: IngressPath['kind'];
  /** Of a Prefix without a slash at its end: empty is everything. */
  readonly path: string;
  readonly backend: IngressBackend;
  readonly options: IngressOptions;
  /** `namespace/name` of the Ingress that asks for it. */
  readonly owner: string;
}

/** What is served under one name. */
export interface Site {
  /** Empty: every name that no other site has. */
  readonly host: string;
  /** There is to be TLS under this name. */
  readonly hasTls: boolean;
  /** The Secret of its certificate; absent: the default one. */
  readonly secret?: string;
  readonly locations: readonly Location[];
  /** Where what no location takes goes. Absent: nowhere. */
  readonly fallback?: Location;
  /** The first Ingress that names it. */
  readonly owner: string;
}

const HOST = /^(\*\.)?[a-z0-9]([-a-z0-9.]*[a-z0-9])?$/;
const UNFIT = /^[^/]|[\u0000-\u001f\u007f]/;

const ownerOf = ({ namespace, name }: NetworkIngress): string => `${namespace}/${name}`;

/**
 * The sites that the Ingresses, the oldest first, ask for. Of two rules for one path of one host the first counts. A name of
 * its own comes before a wildcard, and a wildcard stands for one label, which is for who renders this to keep. Empty where
 * there are no Ingresses; else the site of every other name is among them.
 */
export function planSites(ingresses: readonly NetworkIngress[], certificates: ReadonlySet<string>): readonly Site[] {
  if (ingresses.length === 0) return [];
  const globalFallback = fallbackOf(ingresses.filter(({ rules }) => rules.length === 0)) ?? fallbackOf(ingresses);
  const hosts = new Set(['', ...ingresses.flatMap(hostsOf)]);
  return [...hosts].map((host): Site => {
    const named = ingresses.filter((ingress) => hostsOf(ingress).includes(host));
    const locations = locationsOf(host, named);
    const fallback = fallbackOf(named) ?? globalFallback;
    return {
      host,
      owner: named.map(ownerOf)[0] ?? '',
      locations,
      ...(fallback === undefined ? {} : { fallback }),
      ...certificateFor(host, named, certificates),
    };
  });
}

/** Those that its rules name; those of its certificates too where it has something for all of them. */
function hostsOf({ rules, tls, defaultBackend }: NetworkIngress): readonly string[] {
  const ofTls = defaultBackend === undefined ? [] : tls.flatMap(({ hosts }) => hosts);
  const ofAll = rules.length === 0 && defaultBackend !== undefined ? [''] : [];
  const named = [...rules.map(({ host }) => host), ...ofTls, ...ofAll];
  return [...new Set(named.filter((host) => host === '' || HOST.test(host)))];
}

function locationsOf(host: string, ingresses: readonly NetworkIngress[]): readonly Location[] {
  const found = new Map<string, Location>();
  for (const ingress of ingresses)
    for (const rule of ingress.rules.filter((each) => each.host === host))
      for (const each of rule.paths) {
        if (UNFIT.test(each.path)) continue;
        const path = each.kind === 'Prefix' ? decoded(each.path).replace(/\/+$/, '') : each.path;
        const fit = each.kind === 'Exact' ? decoded(path) : path;
        const key = `${each.kind} ${fit}`;
        if (UNFIT.test(`/${fit}`) || found.has(key)) continue;
        const { kind, backend } = each;
        found.set(key, { kind, path: fit, backend, options: ingress.options, owner: ownerOf(ingress) });
      }
  return [...found.values()];
}

/** A proxy compares what the percent signs stand for. */
function decoded(path: string): string {
  try {
    return decodeURIComponent(path);
  } catch {
    return path;
  }
}

function fallbackOf(ingresses: readonly NetworkIngress[]): Location | undefined {
  const ingress = ingresses.find(({ defaultBackend }) => defaultBackend !== undefined);
  if (ingress?.defaultBackend === undefined) return undefined;
  const { defaultBackend: backend, options } = ingress;
  return { kind: 'Prefix', path: '', backend, options, owner: ownerOf(ingress) };
}

/** That of the first Ingress which names a certificate for the host, by its name, by a wildcard, or for all it has. */
function certificateFor(
  host: string,
  ingresses: readonly NetworkIngress[],
  certificates: ReadonlySet<string>,
): Pick<Site, 'hasTls' | 'secret'> {
  const tests: ((hosts: readonly string[]) => boolean)[] = [
    (hosts) => hosts.includes(host),
    (hosts) => hosts.includes(host.replace(/^[^.]+/, '*')),
    (hosts) => hosts.length === 0,
  ];
  const all = ingresses.flatMap(({ tls }) => tls);
  for (const test of tests) {
    const fitting = all.filter(({ hosts }) => test(hosts));
    const secret = fitting.map((tls) => tls.secret).find((each) => each !== undefined && certificates.has(each));
    if (secret !== undefined) return { hasTls: true, secret };
  }
  return { hasTls: all.some(({ hosts }) => tests.some((test) => test(hosts))) };
}
