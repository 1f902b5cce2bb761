import { runProgram } from '../run-program';
import { serviceTableOf } from '../table-names';
import type { Frontend, Target } from './frontend';
import { targetKey } from './frontend';
import { NftChange, emptyTable, pickChains } from './nft-script';

/** One frontend as it was and as it is to be. */
export interface FrontendChange {
  readonly old: Frontend | undefined;
  readonly fresh: Frontend | undefined;
}

export interface SetChange {
  readonly gone: readonly string[];
  readonly come: readonly string[];
}

export interface KernelChange {
  /** Whatever was there goes with the same stroke: `old`, `gone` say nothing then. */
  readonly isAnew: boolean;
  readonly frontends: readonly FrontendChange[];
  /** Addresses of endpoints on this node. */
  readonly local: SetChange;
  /** Addresses of pods on this node. */
  readonly pods: SetChange;
}

/** What turns frontends into what the kernel does. */
export interface Kernel {
  /** All of it, or nothing where it throws; connections never meet a state between. */
  apply(change: KernelChange): Promise<void>;
  /** Whether what was applied is still there: somebody may have cleared the kernel's tables. */
  stands(): Promise<boolean>;
  /** Leaves nothing behind. */
  remove(): Promise<void>;
}

/** nftables, in a table of the node's own beside everybody else's. */
export class NftKernel implements Kernel {
  private readonly table: string;
  private counts = new Set<number>();

  /** Pods are behind `podInterface`. */
  constructor(
    nodeName: string,
    private readonly podInterface: string,
  ) {
    this.table = serviceTableOf(nodeName);
  }

  /** Whether this machine can do it. */
  static async isThere(): Promise<boolean> {
    return runProgram('nft', ['list', 'tables']).then(
      () => true,
      () => false,
    );
  }

  async stands(): Promise<boolean> {
    return runProgram('nft', ['list', 'chain', 'ip', this.table, 'prerouting']).then(
      () => true,
      () => false,
    );
  }

  async apply({ isAnew, frontends, local, pods }: KernelChange): Promise<void> {
    const change = new NftChange(this.table);
    for (const { old, fresh } of frontends) change.frontend(old, fresh);
    for (const address of local.gone) change.local(address, false);
    for (const address of local.come) change.local(address, true);
    for (const address of pods.gone) change.pod(address, false);
    for (const address of pods.come) change.pod(address, true);
    const text = change.text();
    if (text === '' && !isAnew) return;
    const present = isAnew ? new Set<number>() : this.counts;
    const unknown = [...change.counts].filter((count) => !present.has(count));
    const begin = isAnew ? emptyTable(this.table, this.podInterface) : '';
    await this.run(`${begin}${unknown.map((count) => pickChains(this.table, count)).join('')}${text}`);
    this.counts = new Set([...present, ...unknown]);
    await this.forgetDatagrams(frontends);
  }

  async remove(): Promise<void> {
    await this.run(`add table ip ${this.table}\ndelete table ip ${this.table}\n`);
  }

  private run(script: string): Promise<string> {
    return runProgram('nft', ['-f', '-'], script);
  }

  /** The kernel goes on sending a client's datagrams where it sent the first: entries of targets that are gone must go. */
  private async forgetDatagrams(changes: readonly FrontendChange[]): Promise<void> {
    for (const { old, fresh } of changes) {
      const frontend = fresh ?? old;
      if (frontend?.protocol !== 'UDP') continue;
      const stays = new Set((fresh?.targets ?? []).map(targetKey));
      const gone = (old?.targets ?? []).filter((target) => !stays.has(targetKey(target)));
      const what = ['-D', '-p', 'udp', '--orig-port-dst', String(frontend.port)];
      const where = frontend.address === undefined ? what : [...what, '--orig-dst', frontend.address];
      if ((old?.targets ?? []).length === 0 && stays.size > 0) await forget(where);
      else for (const target of gone) await forget([...where, ...replySource(target)]);
    }
  }
}

const replySource = ({ address, port }: Target): readonly string[] => [
  ...['--reply-src', address],
  ...['--reply-port-src', String(port)],
];

/** Without the program, and without such an entry, they end by the kernel's own timeout. */
const forget = (args: readonly string[]): Promise<void> =>
  runProgram('conntrack', args).then(
    () => undefined,
    () => undefined,
  );
