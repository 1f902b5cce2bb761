import type { Chain, Direction, PeerMatch, PortMatch, Rule, Ruleset, RuleSet, SetKind } from './ruleset';
import { emptyRuleset } from './ruleset';

const SET_TYPES: Readonly<Record<SetKind, string>> = {
  addresses: 'ipv4_addr',
  endpoints: 'ipv4_addr . inet_service',
  pairs: 'ipv4_addr . ipv4_addr',
};

/**
 * A table with all of it, in the place of what there was: the kernel changes from one to the other at once. What answers
 * passes: by the direction of a connection, so that one which stands ends as soon as its own direction is no longer allowed.
 */
export function wholeTable(table: string, ruleset: Ruleset): string {
  const base = (direction: Direction, side: string, priority: number): string => `  chain ${direction} {
    type filter hook forward priority ${priority};
    ct direction reply ct state established,related accept
    ct state related accept
    ip saddr . ip daddr @itself accept
    ip ${side} vmap @${direction}
  }
`;
  return `add table ip ${table}
delete table ip ${table}
table ip ${table} {
  set itself { type ${SET_TYPES.pairs}; }
  map ingress { type ipv4_addr : verdict; }
  map egress { type ipv4_addr : verdict; }
${base('egress', 'saddr', -20)}${base('ingress', 'daddr', -19)}}
${changeText(table, emptyRuleset, ruleset)}`;
}

/** From what the table holds to what it should hold; empty where that is the same. What is the same object is not compared. */
export function changeText(table: string, old: Ruleset, fresh: Ruleset): string {
  const made: string[] = [];
  const rules: string[] = [];
  const elements: string[] = [];
  const ended: string[] = [];
  for (const [name, set] of fresh.sets) {
    const before = old.sets.get(name);
    if (before === undefined) made.push(`add set ip ${table} ${name} { type ${SET_TYPES[set.kind]}; }`);
    if (before?.elements === set.elements) continue;
    elements.push(...setChange(table, name, before?.elements ?? new Set(), set));
  }
  for (const name of old.sets.keys()) if (!fresh.sets.has(name)) ended.push(`delete set ip ${table} ${name}`);
  for (const [name, chain] of fresh.chains) {
    const lines = linesOf(chain);
    const before = old.chains.get(name);
    if (before === undefined) made.push(`add chain ip ${table} ${name}`);
    else if (linesOf(before).join('\n') === lines.join('\n')) continue;
    else rules.push(`flush chain ip ${table} ${name}`);
    rules.push(...lines.map((line) => `add rule ip ${table} ${name} ${line}`));
  }
  // Emptied first: chains that go may lead to one another.
  const gone = [...old.chains.keys()].filter((name) => !fresh.chains.has(name));
  ended.unshift(
    ...gone.map((name) => `flush chain ip ${table} ${name}`),
    ...gone.map((name) => `delete chain ip ${table} ${name}`),
  );
  const maps = (['egress', 'ingress'] as const).flatMap((map) => mapChange(table, map, old[map], fresh[map]));
  const all = [...made, ...elements, ...rules, ...maps, ...ended];
  return all.length === 0 ? '' : `${all.join('\n')}\n`;
}

function setChange(
  table: string,
  name: string,
  old: ReadonlySet<string>,
  { kind, elements }: RuleSet,
): readonly string[] {
  const gone = [...old].filter((each) => !elements.has(each));
  const come = [...elements].filter((each) => !old.has(each));
  const list = (each: readonly string[]): string => each.map((element) => elementText(kind, element)).join(', ');
  return [
    ...(gone.length === 0 ? [] : [`delete element ip ${table} ${name} { ${list(gone)} }`]),
    ...(come.length === 0 ? [] : [`add element ip ${table} ${name} { ${list(come)} }`]),
  ];
}

function mapChange(
  table: string,
  map: Direction,
  old: ReadonlyMap<string, string>,
  fresh: ReadonlyMap<string, string>,
): readonly string[] {
  const gone = [...old].filter(([address, chain]) => fresh.get(address) !== chain).map(([address]) => address);
  const come = [...fresh].filter(([address, chain]) => old.get(address) !== chain);
  return [
    ...(gone.length === 0 ? [] : [`delete element ip ${table} ${map} { ${gone.join(', ')} }`]),
    ...(come.length === 0
      ? []
      : [
          `add element ip ${table} ${map} { ${come.map(([address, chain]) => `${address} : goto ${chain}`).join(', ')} }`,
        ]),
  ];
}

const elementText = (kind: SetKind, element: string): string =>
  kind === 'addresses' ? element : element.replace(/[:>]/, ' . ');

const linesOf = ({ direction, rules }: Chain): readonly string[] => rules.map((rule) => lineOf(direction, rule));

function lineOf(direction: Direction, rule: Rule): string {
  switch (rule.kind) {
    case 'jump':
      return `jump ${rule.chain}`;
    case 'drop':
      return 'drop';
    case 'accept': {
      const { peer, ports, receiver } = rule;
      return [
        ...(peer === undefined ? [] : [peerText(direction === 'ingress' ? 'saddr' : 'daddr', peer)]),
        ...(ports === undefined ? [] : [portText(ports)]),
        ...(receiver === undefined ? [] : [`ip daddr . ${receiver.protocol.toLowerCase()} dport @${receiver.set}`]),
        'accept',
      ].join(' ');
    }
  }
}

function peerText(side: 'saddr' | 'daddr', peer: PeerMatch): string {
  if ('set' in peer) return `ip ${side} @${peer.set}`;
  const { cidr, except } = peer;
  return `ip ${side} ${cidr}${except.length === 0 ? '' : ` ip ${side} != { ${except.join(', ')} }`}`;
}

function portText({ protocol, ranges }: PortMatch): string {
  const name = protocol.toLowerCase();
  if (ranges === undefined) return `meta l4proto ${name}`;
  const texts = ranges.map(([first, last]) => (first === last ? String(first) : `${first}-${last}`));
  return `${name} dport { ${texts.join(', ')} }`;
}
