import type { Rendered } from './render-nginx';
import type { ProxyPlan } from './render-nginx';

/** What is left out of a plan since the proxy does not take it, and why: owners of lines, and Secrets. */
export interface LeftOut {
  readonly owners: ReadonlyMap<string, string>;
  readonly secrets: ReadonlyMap<string, string>;
}

export const NOTHING_LEFT_OUT: LeftOut = { owners: new Map(), secrets: new Map() };

/**
 * Whom a complaint of `nginx -t` is about, added to what is left out; undefined where it is about nobody in particular.
 * One bad rule must not keep all others from being served.
 */
export function leaveOut(
  before: LeftOut,
  complaint: string,
  { rendered, secretOf }: { readonly rendered: Rendered; readonly secretOf: (file: string) => string | undefined },
): LeftOut | undefined {
  const file = /certificates\/[0-9a-f]+\.pem/.exec(complaint)?.[0];
  const secret = file === undefined ? undefined : secretOf(file);
  if (secret !== undefined && !before.secrets.has(secret))
    return { ...before, secrets: new Map(before.secrets).set(secret, wordsOf(complaint)) };
  const lineNumber = /\.conf:(\d+)$/m.exec(complaint)?.[1];
  const owner = lineNumber === undefined ? undefined : rendered.ownerOf(Number(lineNumber));
  if (owner === undefined || before.owners.has(owner)) return undefined;
  return { ...before, owners: new Map(before.owners).set(owner, wordsOf(complaint)) };
}

/** Of a complaint of `nginx -t`, without times and lines of a file that nobody sees: those are others each time. */
function wordsOf(complaint: string): string {
  const [, said = complaint.trim()] = /^nginx: \[emerg\] (.*)$/m.exec(complaint) ?? [];
  return `nginx refuses it: ${said.replace(/ in \S+\.conf:\d+$/, '')}`;
}

/** The plan without what is left out. */
export const without = ({ sites, streams }: ProxyPlan, { owners }: LeftOut): ProxyPlan => ({
  sites: sites.map((site) => {
    const { fallback, ...rest } = site;
    const isKept = fallback !== undefined && !owners.has(fallback.owner);
    return {
      ...rest,
      locations: site.locations.filter(({ owner }) => !owners.has(owner)),
      ...(isKept ? { fallback } : {}),
    };
  }),
  streams: streams.filter(({ protocol, port }) => !owners.has(`${protocol}/${port}`)),
});
