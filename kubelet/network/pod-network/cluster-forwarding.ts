import { writeFile } from 'node:fs/promises';
import { ProgramError, runProgram } from '../run-program';

const CHAINS = ['DOCKER-USER', 'FORWARD'];

/** The engine keeps its networks apart, and drops what it was not told of; who may pass is for the node's own table to say. */
const ruleOf = (bridge: string): readonly string[] => [
  ...['-o', bridge, '-m', 'comment', '--comment', 'pinsetter pods', '-j', 'ACCEPT'],
];

const iptables = async (...args: readonly string[]): Promise<boolean> => {
  try {
    await runProgram('iptables', ['-w', '5', ...args]);
    return true;
  } catch (error) {
    if (error instanceof ProgramError) return false;
    throw error;
  }
};

/** Lets pods of the cluster reach those behind the bridge, past the engine's own rules. Idempotent. */
export async function openBridge(bridge: string): Promise<void> {
  const rule = ruleOf(bridge);
  for (const chain of CHAINS) {
    if (await iptables('-C', chain, ...rule)) break;
    if (await iptables('-I', chain, '1', ...rule)) break;
  }
  await writeFile('/proc/sys/net/ipv4/ip_forward', '1').catch(() => undefined);
}

export async function closeBridge(bridge: string): Promise<void> {
  for (const chain of CHAINS) await iptables('-D', chain, ...ruleOf(bridge));
}
