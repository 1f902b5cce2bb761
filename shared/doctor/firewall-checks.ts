import type { Finding } from './finding';
import { doubtful, good } from './finding';
import type { DoctorHost } from './host';

/** Whether others get through to a TCP port that this machine listens on. */
export async function checkInbound(host: DoctorHost, port: number): Promise<Finding> {
  const about = 'firewall';
  const ufw = await host.run('ufw', ['status']);
  if (ufw?.status === 0 && isUfwActive(ufw.stdout)) {
    return ufwAllows(ufw.stdout, port)
      ? good(about, `ufw lets port ${port} in`)
      : doubtful(about, `ufw lets nobody in to port ${port}: other machines cannot join`, `ufw allow ${port}/tcp`);
  }
  const iptables = await host.run('iptables', ['-S', 'INPUT']);
  if (iptables?.status === 0 && iptablesDrops(iptables.stdout, port)) {
    return doubtful(
      about,
      `iptables lets nobody in to port ${port}: other machines cannot join`,
      `iptables -I INPUT -p tcp --dport ${port} -j ACCEPT`,
    );
  }
  const nft = await host.run('nft', ['list', 'chains']);
  const chain = nft?.status === 0 ? droppingInputChain(nft.stdout) : undefined;
  if (chain !== undefined) {
    const rules = await host.run('nft', ['list', 'chain', ...chain.split(' ')]);
    if (rules?.status !== 0 || !nftAllows(rules.stdout, port)) {
      return doubtful(
        about,
        `the nftables chain "${chain}" drops what it does not know, and port ${port} is not among that`,
        `nft insert rule ${chain} tcp dport ${port} accept`,
      );
    }
  }
  return good(about, `nothing found that keeps others from port ${port}`);
}

/** Whether packets between pods of different machines may pass through this one. */
export async function checkRouted(host: DoctorHost): Promise<Finding> {
  const ufw = await host.run('ufw', ['status', 'verbose']);
  if (ufw?.status === 0 && isUfwActive(ufw.stdout) && /\b(deny|reject) \(routed\)/.test(ufw.stdout)) {
    return doubtful('firewall', 'ufw drops packets between pods of different machines', 'ufw default allow routed');
  }
  return good('firewall', 'nothing found that stops packets between machines');
}

const isUfwActive = (status: string): boolean => /^Status: active/m.test(status);

export const ufwAllows = (status: string, port: number): boolean =>
  status
    .split('\n')
    .some((line) => new RegExp(`^${port}(/tcp)?\\s+ALLOW`).test(line) || /^Anywhere\s+ALLOW/.test(line));

/** `iptables -S INPUT`: dropped by policy or by a last rule for all, and not accepted before. */
export function iptablesDrops(rules: string, port: number): boolean {
  for (const line of rules.split('\n')) {
    const isForAll = /^-A INPUT( -j (ACCEPT|DROP|REJECT)\b.*)$/.exec(line);
    if (isForAll?.[2] !== undefined) return isForAll[2] !== 'ACCEPT';
    if (new RegExp(`^-A INPUT .*--dports? (\\S+,)?${port}(,\\S+)? .*-j ACCEPT`).test(`${line} `)) return false;
  }
  return /^-P INPUT DROP/m.test(rules);
}

/** Of `nft list chains`: family, table and name of an input chain whose policy is to drop. */
export function droppingInputChain(chains: string): string | undefined {
  let table = '';
  let chain = '';
  for (const line of chains.split('\n')) {
    table = /^table (\S+ \S+) \{/.exec(line)?.[1] ?? table;
    chain = /^\s+chain (\S+) \{/.exec(line)?.[1] ?? chain;
    // What iptables made was judged with iptables' own words.
    if (/hook input .*policy drop/.test(line) && !/^ip6? filter$/.test(table)) return `${table} ${chain}`;
  }
  return undefined;
}

export const nftAllows = (rules: string, port: number): boolean =>
  rules
    .split('\n')
    .some((line) => /\baccept\b/.test(line) && new RegExp(`dport (${port}\\b|\\{[^}]*\\b${port}\\b)`).test(line));
