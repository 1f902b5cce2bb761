import { isSameJson } from '../../../shared/same-json';
import { BRIDGE_PREFIX } from '../pod-network/names';
import type { Frontend, Target } from './frontend';
import { frontendKey, targetKey } from './frontend';

/** Set on the first packet of a connection from outside until it leaves: whether it takes this node's address. */
const FROM_OUTSIDE = '0x00004000';
/** Set on the first packet of a connection that is to be refused: where it is looked up nothing can be. */
const TO_REFUSE = '0x00008000';

/**
 * A table without any Service, in the place of what there was. What differs between Services are elements of maps alone:
 * a connection finds its frontend in a map, which names how many targets there are, and its target in another by a
 * random number below that. So a change costs as much as what changes, however many Services there are. One lookup decides:
 * a second one might see another state, and let pass what is neither served nor refused. A connection is refused by TCP's
 * own word, since the kernel sends a client only so many ICMP messages a second.
 * Pods behind the bridges of other nodes on this machine are served by those, which may be of another cluster.
 */
export const emptyTable = (table: string, podInterface: string): string => `add table ip ${table}
delete table ip ${table}
table ip ${table} {
  set pods { type ipv4_addr; }
  set local { type ipv4_addr; }
  set itself { type ipv4_addr . ipv4_addr; }
  map frontends { type ipv4_addr . inet_proto . inet_service : verdict; }
  map nodeports { type inet_proto . inet_service : verdict; }
  map tcptargets { typeof ip daddr . tcp dport . numgen random mod 65535 : ip daddr . tcp dport; }
  map udptargets { typeof ip daddr . udp dport . numgen random mod 65535 : ip daddr . udp dport; }
  map tcpnodetargets { typeof tcp dport . numgen random mod 65535 : ip daddr . tcp dport; }
  map udpnodetargets { typeof udp dport . numgen random mod 65535 : ip daddr . udp dport; }
  chain refuse { meta mark set meta mark | ${TO_REFUSE}; }
  chain services {
    ip daddr . meta l4proto . th dport vmap @frontends
    fib daddr type local meta l4proto . th dport vmap @nodeports
  }
  chain unserved {
    meta mark & ${TO_REFUSE} != ${TO_REFUSE} return
    meta l4proto tcp reject with tcp reset
    reject
  }
  chain guard {
    type filter hook prerouting priority -300;
    iifname != "lo" ip daddr 127.0.0.0/8 drop
  }
  chain prerouting {
    type nat hook prerouting priority -105;
    iifname "${BRIDGE_PREFIX}*" iifname != "${podInterface}" return
    iifname "${podInterface}" ip saddr != @pods return
    jump services
  }
  chain locally {
    type nat hook output priority -105;
    jump services
  }
  chain postrouting {
    type nat hook postrouting priority 95;
    ct status dnat ip saddr . ip daddr @itself masquerade
    ct status dnat ip saddr 127.0.0.0/8 ip daddr != 127.0.0.0/8 masquerade
    ct status dnat meta mark & ${FROM_OUTSIDE} == ${FROM_OUTSIDE} ip daddr != @local masquerade
  }
  chain input {
    type filter hook input priority -5;
    iifname "${BRIDGE_PREFIX}*" iifname != "${podInterface}" return
    iifname "${podInterface}" ip saddr != @pods return
    ct state new jump unserved
  }
  chain forward {
    type filter hook forward priority -5;
    iifname "${BRIDGE_PREFIX}*" iifname != "${podInterface}" return
    iifname "${podInterface}" ip saddr != @pods return
    ct state new jump unserved
  }
  chain output {
    type filter hook output priority -5;
    ct state new jump unserved
  }
}
`;

/**
 * Chains that pick among so many targets; made once, never changed. A packet may meet a change between its lookups, and draw
 * a target that is gone: then it takes the first. Without any it is dropped and tried again by its sender: let through, its
 * connection would be kept by the kernel as one that leads nowhere.
 */
export const pickChains = (table: string, count: number): string =>
  [
    ...[`pick${count}`, `out${count}`, `node${count}`].map((chain) => `add chain ip ${table} ${chain}`),
    `add rule ip ${table} out${count} meta mark set meta mark | ${FROM_OUTSIDE} goto pick${count}`,
    `add rule ip ${table} node${count} meta mark set meta mark | ${FROM_OUTSIDE}`,
    ...['tcp', 'udp'].flatMap((protocol) =>
      [...new Set([count, 1])].flatMap((among) => {
        const any = `${protocol} dport . numgen random mod ${among} map @${protocol}`;
        return [
          `add rule ip ${table} pick${count} dnat ip to ip daddr . ${any}targets`,
          `add rule ip ${table} node${count} dnat ip to ${any}nodetargets`,
        ];
      }),
    ),
    `add rule ip ${table} pick${count} drop`,
    `add rule ip ${table} node${count} drop`,
    '',
  ].join('\n');

/** From what the table holds to what it should hold, as elements to go and to come; done by the kernel all at once. */
export class NftChange {
  private readonly gone = new Map<string, string[]>();
  private readonly come = new Map<string, string[]>();
  /** Chains and sets of Services whose clients stay with their endpoint. */
  private readonly before: string[] = [];
  private readonly after: string[] = [];
  readonly counts = new Set<number>();

  constructor(private readonly table: string) {}

  pod(address: string, isThere: boolean): void {
    put(isThere ? this.come : this.gone, 'pods', address);
  }

  local(address: string, isLocal: boolean): void {
    const where = isLocal ? this.come : this.gone;
    put(where, 'local', address);
    put(where, 'itself', `${address} . ${address}`);
  }

  frontend(old: Frontend | undefined, fresh: Frontend | undefined): void {
    if (isSameJson(old, fresh)) return;
    const frontend = fresh ?? old;
    if (frontend === undefined) return;
    const [before, after] = [old, fresh].map((each) => (each === undefined ? undefined : elementOf(each)));
    const map = frontend.address === undefined ? 'nodeports' : 'frontends';
    const key = matchOf(frontend);
    if (before !== undefined && before !== after) put(this.gone, map, key);
    if (after !== undefined && before !== after) put(this.come, map, `${key} : goto ${after}`);
    this.slots(frontend, slotsOf(old), slotsOf(fresh));
    this.affinity(old, fresh);
    if (fresh !== undefined && fresh.affinitySeconds === undefined && fresh.targets.length > 0)
      this.counts.add(fresh.targets.length);
  }

  /** Empty where nothing changes. */
  text(): string {
    const lines = (verb: string, elements: ReadonlyMap<string, readonly string[]>): readonly string[] =>
      [...elements].map(([name, each]) => `${verb} element ip ${this.table} ${name} { ${each.join(', ')} }`);
    const all = [...lines('delete', this.gone), ...this.before, ...lines('add', this.come), ...this.after];
    return all.length === 0 ? '' : `${all.join('\n')}\n`;
  }

  private slots(frontend: Frontend, old: readonly Target[], fresh: readonly Target[]): void {
    const { address, protocol, port } = frontend;
    const targets = `${protocol.toLowerCase()}${address === undefined ? 'node' : ''}targets`;
    const key = address === undefined ? String(port) : `${address} . ${port}`;
    const length = Math.max(old.length, fresh.length);
    for (let slot = 0; slot < length; slot++) {
      const [before, after] = [old[slot], fresh[slot]];
      if (isSameJson(before, after)) continue;
      if (before !== undefined) put(this.gone, targets, `${key} . ${slot}`);
      if (after !== undefined) put(this.come, targets, `${key} . ${slot} : ${after.address} . ${after.port}`);
    }
  }

  /** A chain of its own, for it must look through the clients of each endpoint; a set remembers them as long as the endpoint stays. */
  private affinity(old: Frontend | undefined, fresh: Frontend | undefined): void {
    const { table } = this;
    const had = affineOf(old);
    const has = affineOf(fresh);
    const isKept = had?.affinitySeconds === has?.affinitySeconds;
    const stays = new Set(isKept ? (has?.targets ?? []).map(targetKey) : []);
    if (had !== undefined) {
      this.before.push(`flush chain ip ${table} ${chainOf(had)}`);
      for (const target of had.targets) {
        if (stays.has(targetKey(target))) continue;
        const name = endpointOf(had, target);
        this.before.push(`delete chain ip ${table} ${name}`, `delete set ip ${table} ${name}`);
      }
      if (has === undefined) this.before.push(`delete chain ip ${table} ${chainOf(had)}`);
    }
    if (has === undefined) return;
    const { affinitySeconds: seconds = 1 } = has;
    const known = new Set((had?.targets ?? []).map(targetKey).filter((key) => stays.has(key)));
    for (const target of has.targets) {
      if (known.has(targetKey(target))) continue;
      const name = endpointOf(has, target);
      this.before.push(
        `add set ip ${table} ${name} { type ipv4_addr; flags dynamic,timeout; timeout ${seconds}s; }`,
        `add chain ip ${table} ${name}`,
        `add rule ip ${table} ${name} update @${name} { ip saddr }`,
        `add rule ip ${table} ${name} ${has.protocol.toLowerCase()} dport ${has.port} dnat to ${target.address}:${target.port}`,
      );
    }
    const chain = chainOf(has);
    const names = has.targets.map((target) => endpointOf(has, target));
    const anyOne = names.map((name, slot) => `${slot} : goto ${name}`).join(', ');
    this.before.push(
      `add chain ip ${table} ${chain}`,
      ...(has.isExternal ? [`add rule ip ${table} ${chain} meta mark set meta mark | ${FROM_OUTSIDE}`] : []),
      ...names.map((name) => `add rule ip ${table} ${chain} ip saddr @${name} goto ${name}`),
      `add rule ip ${table} ${chain} numgen random mod ${names.length} vmap { ${anyOne} }`,
      // As where a target that was drawn is gone.
      `add rule ip ${table} ${chain} goto ${names[0]}`,
    );
  }
}

const affineOf = (one: Frontend | undefined): Frontend | undefined =>
  one?.affinitySeconds !== undefined && one.targets.length > 0 ? one : undefined;

const REFUSED = 'refuse';

const put = (elements: Map<string, string[]>, name: string, element: string): void => {
  const known = elements.get(name);
  if (known === undefined) elements.set(name, [element]);
  else known.push(element);
};

/** The chain that its connections go to. */
function elementOf(frontend: Frontend): string {
  const count = frontend.targets.length;
  if (count === 0) return REFUSED;
  if (frontend.affinitySeconds !== undefined) return chainOf(frontend);
  if (frontend.address === undefined) return `node${count}`;
  return `${frontend.isExternal ? 'out' : 'pick'}${count}`;
}

const matchOf = ({ address, protocol, port }: Frontend): string =>
  `${address === undefined ? '' : `${address} . `}${protocol.toLowerCase()} . ${port}`;

const slotsOf = (frontend: Frontend | undefined): readonly Target[] =>
  frontend === undefined || frontend.affinitySeconds !== undefined ? [] : frontend.targets;

const chainOf = (frontend: Frontend): string => `c-${frontendKey(frontend).replace('*', 'node')}`;
const endpointOf = (frontend: Frontend, target: Target): string =>
  `e-${frontendKey(frontend).replace('*', 'node')}/${targetKey(target).replace(':', '-')}`;
