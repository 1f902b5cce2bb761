import type { Nft } from '../open-nft';
import type { RunProgram } from '../run-program';
import { runProgram } from '../run-program';
import { serviceTableOf } from '../table-names';
import { forgetDatagrams } from './datagrams';
import type { Kernel, KernelChange } from './kernel';
import { NftChange, emptyTable, pickChains } from './nft-script';

/** nftables, in a table of the node's own beside everybody else's. */
export class NftKernel implements Kernel {
  private readonly table: string;
  private counts = new Set<number>();

  /** Pods are behind `podInterface`. */
  constructor(
    nodeName: string,
    private readonly podInterface: string,
    private readonly nft: Nft,
    private readonly run: RunProgram = runProgram,
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
    return this.run('nft', ['list', 'chain', 'ip', this.table, 'prerouting']).then(
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
    await this.nft.load(`${begin}${unknown.map((count) => pickChains(this.table, count)).join('')}${text}`);
    this.counts = new Set([...present, ...unknown]);
    await forgetDatagrams(frontends, this.run);
  }

  async remove(): Promise<void> {
    await this.nft.load(`add table ip ${this.table}\ndelete table ip ${this.table}\n`);
  }
}
