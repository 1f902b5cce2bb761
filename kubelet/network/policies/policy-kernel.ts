import type { Nft } from '../open-nft';
import { policyTableOf } from '../table-names';
import { changeText, wholeTable } from './nft-policies';
import type { Ruleset } from './ruleset';

/** What turns a ruleset into what the kernel does. Each change is done at once: there is no moment between the two. */
export interface PolicyKernel {
  /** In the place of whatever was there. */
  replace(ruleset: Ruleset): Promise<void>;
  /** All of it, or nothing where it throws. */
  change(old: Ruleset, fresh: Ruleset): Promise<void>;
  /** Leaves nothing behind. */
  remove(): Promise<void>;
}

/** nftables, in a table of the node's own beside everybody else's. */
export class NftPolicyKernel implements PolicyKernel {
  private readonly table: string;

  constructor(
    nodeName: string,
    private readonly nft: Nft,
  ) {
    this.table = policyTableOf(nodeName);
  }

  replace(ruleset: Ruleset): Promise<void> {
    return this.nft.load(wholeTable(this.table, ruleset));
  }

  async change(old: Ruleset, fresh: Ruleset): Promise<void> {
    const text = changeText(this.table, old, fresh);
    if (text !== '') await this.nft.load(text);
  }

  remove(): Promise<void> {
    return this.nft.load(`add table ip ${this.table}\ndelete table ip ${this.table}\n`);
  }
}
