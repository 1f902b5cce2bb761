import type { Nft } from '../open-nft';
import { removeTable } from '../remove-table';
import { ProgramError } from '../run-program';
import { serviceTableOf } from '../table-names';
import { IptablesKernel } from './iptables-kernel';
import type { Kernel } from './kernel';
import { NftKernel } from './nft-kernel';

/** What Services are programmed with on this machine. */
export interface ChosenKernel {
  readonly by: 'nftables' | 'iptables';
  readonly kernel: Kernel;
}

/**
 * nftables where the machine has it, iptables otherwise; undefined where it has neither. What an earlier agent programmed by the
 * other one goes: both together would send each connection on twice.
 */
export async function chooseKernel(
  nodeName: string,
  podInterface: string,
  nft: Nft,
): Promise<ChosenKernel | undefined> {
  if (await NftKernel.isThere()) {
    await removeIfThere(new IptablesKernel(nodeName, podInterface));
    return { by: 'nftables', kernel: new NftKernel(nodeName, podInterface, nft) };
  }
  if (await IptablesKernel.isThere()) return { by: 'iptables', kernel: new IptablesKernel(nodeName, podInterface) };
  return undefined;
}

/** Leaves nothing of that node's Services in this machine's kernel, whatever they were programmed with. */
export async function removeServices(nodeName: string): Promise<void> {
  await removeTable(serviceTableOf(nodeName));
  await removeIfThere(new IptablesKernel(nodeName, ''));
}

/** Where a machine lacks the program, nothing was programmed by it. */
async function removeIfThere(kernel: Kernel): Promise<void> {
  try {
    await kernel.remove();
  } catch (error) {
    if (!(error instanceof ProgramError)) throw error;
  }
}
