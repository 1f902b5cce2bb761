import type { RunProgram } from '../run-program';
import { ProgramError, runProgram } from '../run-program';

/** What pods send out of their bridge takes the machine's address: nobody beyond the machine knows theirs. */
const ruleOf = (bridge: string, podCidr: string): readonly string[] => [
  ...['-s', podCidr, '!', '-o', bridge, '-m', 'comment', '--comment', 'pinsetter way out', '-j', 'MASQUERADE'],
];

const POSTROUTING = ['-w', '5', '-t', 'nat'] as const;

const does = async (run: RunProgram, verb: string, rule: readonly string[]): Promise<boolean> => {
  try {
    await run('iptables', [...POSTROUTING, verb, 'POSTROUTING', ...rule]);
    return true;
  } catch (error) {
    if (error instanceof ProgramError) return false;
    throw error;
  }
};

/** For a machine that has no table for the traffic of its pods, which takes nft. False where it cannot be done. Idempotent. */
export async function openWayOut(bridge: string, podCidr: string, run: RunProgram = runProgram): Promise<boolean> {
  const rule = ruleOf(bridge, podCidr);
  return (await does(run, '-C', rule)) || (await does(run, '-A', rule));
}

/** Where the table says it, which tells apart what stays within the cluster. */
export async function closeWayOut(bridge: string, podCidr: string, run: RunProgram = runProgram): Promise<void> {
  while (await does(run, '-D', ruleOf(bridge, podCidr)));
}
