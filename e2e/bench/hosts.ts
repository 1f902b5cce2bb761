/**
 * What lies between hosts, on hosts of this machine.
 *   node dist/e2e/bench/hosts.js [--only ways|relayed|failover|ready|told|programming] [--rounds 5] [--json FILE]
 */
import { failover } from './hosts/failover';
import type { PartResult } from './hosts/part';
import { countFlag, publish } from './report';
import { programming } from './hosts/programming';
import { ready } from './hosts/ready';
import { relayed } from './hosts/relayed';
import { told } from './hosts/told';
import { ways } from './hosts/ways';
import { runProgram } from './run-program';

const parts: Readonly<Record<string, (rounds: number) => Promise<PartResult>>> = {
  ways,
  relayed,
  failover,
  ready,
  told,
  programming,
};

async function main(argv: readonly string[]): Promise<void> {
  const rounds = countFlag(argv, '--rounds', 5);
  const at = argv.indexOf('--only');
  const only = at < 0 ? undefined : argv[at + 1];
  if (only !== undefined && parts[only] === undefined)
    throw new Error(`--only ${only}: one of ${Object.keys(parts).join(', ')}`);
  const rows: (readonly string[])[] = [];
  const figures: Record<string, unknown> = { rounds };
  for (const [name, part] of Object.entries(parts)) {
    if (only !== undefined && only !== name) continue;
    const result = await part(rounds);
    rows.push(...result.rows);
    figures[name] = result.figures;
  }
  publish(
    {
      name: only === undefined ? 'hosts' : `hosts-${only}`,
      head: ['', '', '', ''],
      rows,
      notes: [`medians of ${rounds} rounds, in turn; all hosts share this machine's cores`],
      figures,
    },
    argv,
  );
}

runProgram(main);
