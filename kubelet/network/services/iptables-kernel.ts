import type { RunProgram } from '../run-program';
import { runProgram } from '../run-program';
import { forgetDatagrams } from './datagrams';
import { IptablesChange, TABLES, chainPrefixOf, emptyChains, entrancesOf } from './iptables-script';
import type { Table } from './iptables-script';
import type { Kernel, KernelChange } from './kernel';

/** The engine leaves this chain to others and asks it first of all. */
const ENGINE_CHAIN = 'DOCKER-USER';
const WAIT = ['-w', '5'] as const;

type Lines = Readonly<Record<Table, readonly string[]>>;

/** What iptables holds of ours. */
interface Found {
  /** Rules of others' chains that lead to ours. */
  readonly entrances: Lines;
  readonly chains: Lines;
  readonly hasEngineChain: boolean;
}

/**
 * iptables, in chains of the node's own, for machines without the nft program. A new connection goes past the Services one by one,
 * and a change takes longer the more there are: both are what nftables' maps are for. A client that stays with its
 * endpoint is remembered among the last hundred of that endpoint, unless the kernel's module is told to keep more.
 */
export class IptablesKernel implements Kernel {
  private readonly prefix: string;

  /** Pods are behind `podInterface`. */
  constructor(
    nodeName: string,
    private readonly podInterface: string,
    private readonly run: RunProgram = runProgram,
  ) {
    this.prefix = chainPrefixOf(nodeName);
  }

  /** Whether this machine can do it. */
  static async isThere(run: RunProgram = runProgram): Promise<boolean> {
    return run('iptables', [...WAIT, '-t', 'nat', '-S', 'PREROUTING']).then(
      () => true,
      () => false,
    );
  }

  /** Each way in is there, and leads on. */
  async stands(): Promise<boolean> {
    const { entrances, chains, hasEngineChain } = await this.find();
    const wanted = entrancesOf(this.prefix, hasEngineChain ? ENGINE_CHAIN : 'FORWARD');
    const empty = emptyChains(this.prefix, this.podInterface);
    if (!wanted.every(({ table, from, to }) => entrances[table].includes(`-A ${from} -j ${to}`))) return false;
    if (!TABLES.every((table) => chainsIn(empty[table]).every((chain) => chains[table].includes(chain)))) return false;
    const rules = await this.run('iptables', [...WAIT, '-t', 'nat', '-S', `${this.prefix}COME`]);
    return rules.includes(`-j ${this.prefix}ALL`);
  }

  async apply({ isAnew, frontends, local, pods }: KernelChange): Promise<void> {
    const change = new IptablesChange(this.prefix);
    for (const { old, fresh } of frontends) change.frontend(isAnew ? undefined : old, fresh);
    const gone = isAnew ? { local: [], pods: [] } : { local: local.gone, pods: pods.gone };
    for (const address of gone.local) change.local(address, false);
    for (const address of local.come) change.local(address, true);
    for (const address of gone.pods) change.pod(address, false);
    for (const address of pods.come) change.pod(address, true);
    await this.load(isAnew ? await this.anew(change) : change.text());
    await forgetDatagrams(frontends, this.run);
  }

  async remove(): Promise<void> {
    const found = await this.find();
    await this.load(new IptablesChange(this.prefix).text(withoutEntrances(found), removed(found.chains)));
  }

  /** In the place of whatever is there of ours, first in each chain that leads to it. */
  private async anew(change: IptablesChange): Promise<string> {
    const found = await this.find();
    const empty = emptyChains(this.prefix, this.podInterface);
    const entrances = entrancesOf(this.prefix, found.hasEngineChain ? ENGINE_CHAIN : 'FORWARD');
    const before = byTable((table) => [
      ...withoutEntrances(found)[table],
      ...empty[table],
      ...entrances.filter((each) => each.table === table).map(({ from, to }) => `-I ${from} 1 -j ${to}`),
    ]);
    const wanted = change.text(before);
    const stale = byTable((table) => found.chains[table].filter((chain) => !wanted.includes(`:${chain} `)));
    return change.text(before, removed(stale));
  }

  private async find(): Promise<Found> {
    const saved = await Promise.all(
      TABLES.map(async (table) => [table, (await this.run('iptables-save', ['-t', table])).split('\n')] as const),
    );
    const lines = new Map(saved);
    const to = new RegExp(`^-A (?!${this.prefix})\\S+ .*-j ${this.prefix}`);
    return {
      entrances: byTable((table) => (lines.get(table) ?? []).filter((line) => to.test(line))),
      chains: byTable((table) => chainsIn(lines.get(table) ?? []).filter((chain) => chain.startsWith(this.prefix))),
      hasEngineChain: chainsIn(lines.get('filter') ?? []).includes(ENGINE_CHAIN),
    };
  }

  private async load(text: string): Promise<void> {
    if (text !== '') await this.run('iptables-restore', [...WAIT, '--noflush'], text);
  }
}

const byTable = (of: (table: Table) => readonly string[]): Lines => ({
  mangle: of('mangle'),
  nat: of('nat'),
  filter: of('filter'),
});

const chainsIn = (lines: readonly string[]): readonly string[] =>
  lines.flatMap((line) => /^:(\S+) /.exec(line)?.[1] ?? []);

const withoutEntrances = ({ entrances, chains }: Found): Lines =>
  byTable((table) => [
    ...chains[table].map((chain) => `:${chain} - [0:0]`),
    ...entrances[table].map((line) => line.replace(/^-A/, '-D')),
  ]);

const removed = (chains: Lines): Lines => byTable((table) => chains[table].map((chain) => `-X ${chain}`));
