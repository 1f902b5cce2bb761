import { createHash } from 'node:crypto';
import { isSameJson } from '../../../shared/same-json';
import { BRIDGE_PREFIX } from '../pod-network/names';
import type { Frontend, Target } from './frontend';
import { frontendKey, targetKey } from './frontend';

/** Set on the first packet of a connection from outside until it leaves: whether it takes this node's address. */
const FROM_OUTSIDE = '0x4000/0x4000';

export type Table = 'mangle' | 'nat' | 'filter';
export const TABLES: readonly Table[] = ['mangle', 'nat', 'filter'];

/** Several nodes share a machine, and names of chains have 28 characters at most. */
export const chainPrefixOf = (nodeName: string): string => `PNST-${hash(nodeName, 8)}-`;

/** A chain of the kernel's own or of the engine's that leads to one of ours. */
export interface Entrance {
  readonly table: Table;
  readonly from: string;
  readonly to: string;
}

/** `forward`: where the engine keeps what people add to what is passed on, or the kernel's own chain. */
export const entrancesOf = (prefix: string, forward: string): readonly Entrance[] => [
  { table: 'mangle', from: 'PREROUTING', to: `${prefix}GUARD` },
  { table: 'nat', from: 'PREROUTING', to: `${prefix}COME` },
  { table: 'nat', from: 'OUTPUT', to: `${prefix}ALL` },
  { table: 'nat', from: 'POSTROUTING', to: `${prefix}LEAVE` },
  { table: 'filter', from: 'INPUT', to: `${prefix}COME` },
  { table: 'filter', from: forward, to: `${prefix}COME` },
  { table: 'filter', from: 'OUTPUT', to: `${prefix}ALL` },
];

/**
 * Chains without any Service. What comes from pods of other nodes on this machine is left to those, and what our bridge
 * brings is served when it is from a pod of ours. `ALL` leads to addresses with a port first, then to node ports.
 */
export function emptyChains(prefix: string, podInterface: string): Readonly<Record<Table, readonly string[]>> {
  const chains = (...names: readonly string[]): readonly string[] => names.map((name) => `:${prefix}${name} - [0:0]`);
  const add = (chain: string, rule: string): string => `-A ${prefix}${chain} ${rule}`;
  const isNew = '-m conntrack --ctstate NEW';
  const come = [
    add('COME', `-i ${podInterface} -j ${prefix}PODS`),
    add('COME', `-i ${podInterface} -j RETURN`),
    add('COME', `-i ${BRIDGE_PREFIX}+ -j RETURN`),
    add('COME', `-j ${prefix}ALL`),
    add('ALL', `${isNew} -j ${prefix}ADDRESSES`),
    add('ALL', `${isNew} -m addrtype --dst-type LOCAL -j ${prefix}PORTS`),
  ];
  const served = ['COME', 'PODS', 'ALL', 'ADDRESSES', 'PORTS'];
  return {
    // The pods' bridge takes packets for localhost: these are for node ports dialled on this machine, and nobody else's.
    mangle: [...chains('GUARD'), add('GUARD', '! -i lo -d 127.0.0.0/8 -j DROP')],
    nat: [
      ...chains(...served, 'LEAVE', 'ITSELF', 'OUTSIDE'),
      ...come,
      add('LEAVE', '-m conntrack ! --ctstate DNAT -j RETURN'),
      add('LEAVE', `-j ${prefix}ITSELF`),
      add('LEAVE', '-s 127.0.0.0/8 ! -d 127.0.0.0/8 -j MASQUERADE'),
      add('LEAVE', `-m mark --mark ${FROM_OUTSIDE} -j ${prefix}OUTSIDE`),
      add('OUTSIDE', '-j MASQUERADE'),
    ],
    filter: [...chains(...served), ...come],
  };
}

/** Lines for `iptables-restore --noflush`. The kernel takes all lines of one table at once. */
export class IptablesChange {
  /** Refusals that come, before the addresses are no longer served. */
  private readonly refuse: string[] = [];
  private readonly nat: string[] = [];
  /** Refusals that go, once the addresses are served. */
  private readonly permit: string[] = [];

  constructor(private readonly prefix: string) {}

  pod(address: string, isThere: boolean): void {
    const rule = `${isThere ? '-A' : '-D'} ${this.prefix}PODS -s ${address}/32 -j ${this.prefix}ALL`;
    this.nat.push(rule);
    (isThere ? this.refuse : this.permit).push(rule);
  }

  local(address: string, isLocal: boolean): void {
    const { prefix } = this;
    this.nat.push(
      `${isLocal ? '-A' : '-D'} ${prefix}ITSELF -s ${address}/32 -d ${address}/32 -j MASQUERADE`,
      `${isLocal ? `-I ${prefix}OUTSIDE 1` : `-D ${prefix}OUTSIDE`} -d ${address}/32 -j RETURN`,
    );
  }

  frontend(old: Frontend | undefined, fresh: Frontend | undefined): void {
    const frontend = fresh ?? old;
    if (frontend === undefined || isSameJson(old, fresh)) return;
    const [where, chain] = [this.matchOf(frontend), this.chainOf(frontend)];
    const [wasServed, isServed] = [isServing(old), isServing(fresh)];
    // By TCP's own word: the kernel sends a client only so many ICMP messages a second.
    const word = frontend.protocol === 'TCP' ? 'tcp-reset' : 'icmp-port-unreachable';
    const refusal = `${where} -j REJECT --reject-with ${word}`;
    if (fresh !== undefined && !isServed && (old === undefined || wasServed)) this.refuse.push(`-A ${refusal}`);
    if (old !== undefined && !wasServed && (fresh === undefined || isServed)) this.permit.push(`-D ${refusal}`);
    if (!wasServed && !isServed) return;
    this.nat.push(`:${chain} - [0:0]`);
    if (fresh !== undefined && isServed) this.nat.push(...this.pick(fresh, chain));
    if (!wasServed) this.nat.push(`-A ${where} -j ${chain}`);
    if (!isServed) this.nat.push(`-D ${where} -j ${chain}`, `-X ${chain}`);
  }

  /** Empty where nothing changes. `before`: lines that each table begins with. `after`: what nothing leads to any more. */
  text(
    before: Partial<Record<Table, readonly string[]>> = {},
    after: Partial<Record<Table, readonly string[]>> = {},
  ): string {
    const filter = [...(before.filter ?? []), ...this.refuse, ...(after.filter ?? [])];
    return [
      section('mangle', [...(before.mangle ?? []), ...(after.mangle ?? [])]),
      section('filter', filter),
      section('nat', [...(before.nat ?? []), ...this.nat, ...(after.nat ?? [])]),
      section('filter', this.permit),
    ].join('');
  }

  /** One of the targets for each new connection; a client that was there lately goes where it went. */
  private pick(frontend: Frontend, chain: string): readonly string[] {
    const { targets, affinitySeconds, isExternal, protocol } = frontend;
    const list = (target: Target): string => `-m recent --name ${chain}-${targetKey(target)} --rsource`;
    const to = (target: Target): string =>
      `-p ${protocol.toLowerCase()} -j DNAT --to-destination ${target.address}:${target.port}`;
    const isAffine = affinitySeconds !== undefined;
    const known = isAffine
      ? targets.map(
          (each) => `${list(each)} --rcheck --seconds ${affinitySeconds} --reap ${list(each)} --set ${to(each)}`,
        )
      : [];
    const any = targets.map((each, at) =>
      [chance(targets.length - at), ...(isAffine ? [`${list(each)} --set`] : []), to(each)].join(' ').trim(),
    );
    const mark = isExternal ? [`-j MARK --set-xmark ${FROM_OUTSIDE}`] : [];
    return [...mark, ...known, ...any].map((rule) => `-A ${chain} ${rule}`);
  }

  private matchOf({ address, protocol, port }: Frontend): string {
    const to = address === undefined ? `${this.prefix}PORTS` : `${this.prefix}ADDRESSES -d ${address}/32`;
    return `${to} -p ${protocol.toLowerCase()} --dport ${port}`;
  }

  private chainOf(frontend: Frontend): string {
    return `${this.prefix}${hash(frontendKey(frontend), 28 - this.prefix.length)}`;
  }
}

const section = (table: Table, lines: readonly string[]): string =>
  lines.length === 0 ? '' : `*${table}\n${lines.join('\n')}\nCOMMIT\n`;

const isServing = (frontend: Frontend | undefined): boolean => (frontend?.targets.length ?? 0) > 0;

/** One of so many that are left. */
const chance = (left: number): string =>
  left === 1 ? '' : `-m statistic --mode random --probability ${(1 / left).toFixed(10)}`;

function hash(text: string, digits: number): string {
  return createHash('sha256').update(text).digest('hex').slice(0, digits);
}
