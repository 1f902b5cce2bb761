import { readFile } from 'node:fs/promises';
import net from 'node:net';

export interface HostResolver {
  readonly servers: readonly string[];
  readonly searches: readonly string[];
}

/** What the host's own resolv.conf says; nothing where there is none. */
export async function readHostResolver(file = '/etc/resolv.conf'): Promise<HostResolver> {
  return parseResolver(await readFile(file, 'utf8').catch(() => ''));
}

export function parseResolver(text: string): HostResolver {
  const words = text.split('\n').map((line) => line.trim().split(/\s+/));
  const servers = words.filter(([key]) => key === 'nameserver').map(([, address = '']) => address);
  // Of several lines the last counts.
  const searches =
    words
      .filter(([key]) => key === 'search' || key === 'domain')
      .at(-1)
      ?.slice(1) ?? [];
  return { servers: servers.filter((address) => net.isIP(address) !== 0), searches };
}
