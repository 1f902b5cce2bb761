import { tableWidth } from '../../environment';
import { layoutColumns } from '../../output/columns';
import type { Command, Context } from '../command';
import { group } from '../command';
import type { NodeCheck } from './check-report';
import { checkReport } from './check-report';

const check: Command = {
  name: 'check',
  usage: 'check',
  describe: 'test the way from each node to each other, and cluster DNS on each',
  build: (yargs) => yargs,
  run: async (context: Context): Promise<number> => {
    const { value } = await context.client().json<{ readonly items: readonly NodeCheck[] }>({
      path: '/nodes/network-check',
    });
    const { rows, findings, isHealthy } = checkReport(value.items);
    context.out(layoutColumns(rows, tableWidth(context.environment)));
    if (findings.length > 0) context.out(`\n${findings.map((finding) => `- ${finding}`).join('\n')}\n`);
    return isHealthy ? 0 : 1;
  },
};

export const net = group({
  name: 'net',
  describe: 'the network between nodes',
  subcommands: [check],
});
