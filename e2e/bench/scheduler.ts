/**
 * How densely and how fast pods are placed, the plain policies beside ours.
 *   node dist/e2e/bench/scheduler.js [--only openb,mixed,vbp,speed,flow,endToEnd] [--seeds 10] [--json FILE] [--svg FILE]
 *     [--openb DIR] [--traces default,cpu050] [--expected FILE] [--no-renamed] [--vbp DIR] [--optima FILE] [--every 1]
 *     [--nodes 5000] [--large] [--rounds 5] [--e2e-nodes 1000] [--e2e-pods 50000]
 */
import { writeFileSync } from 'node:fs';
import path from 'node:path';
import Table from 'cli-table3';
import { countFlag, publish } from './report';
import { endToEnd } from './scheduler/end-to-end';
import { flow } from './scheduler/flow';
import { mixed } from './scheduler/mixed';
import { openb, tracesIn } from './scheduler/openb';
import type { Part } from './scheduler/part';
import { plot } from './scheduler/plot';
import { speed } from './scheduler/speed';
import { vbp } from './scheduler/vbp';
import { runProgram } from './run-program';

async function main(argv: readonly string[]): Promise<void> {
  const flag = (name: string): string | undefined => {
    const at = argv.indexOf(name);
    return at < 0 ? undefined : argv[at + 1];
  };
  const seeds = countFlag(argv, '--seeds', 3);
  const folder = flag('--openb');
  const bins = flag('--vbp');
  const parts: Record<string, () => Part | string | Promise<Part>> = {
    openb: () =>
      folder === undefined
        ? 'openb is left out: --openb names the folder with its lists of nodes and pods'
        : openb({
            folder,
            seeds,
            traces: flag('--traces')?.split(',') ?? tracesIn(folder),
            expected: flag('--expected') ?? path.join(folder, '..', 'fgd-expected', 'analysis_allo_discrete.csv'),
            renamed: !argv.includes('--no-renamed'),
          }),
    endToEnd: () =>
      endToEnd({ nodes: countFlag(argv, '--e2e-nodes', 1_000), pods: countFlag(argv, '--e2e-pods', 50_000) }),
    flow: () => flow({ rounds: countFlag(argv, '--rounds', 5) }),
    mixed: () => mixed({ seeds }),
    speed: () => speed({ nodes: countFlag(argv, '--nodes', 5_000), isLarge: argv.includes('--large') }),
    vbp: () =>
      bins === undefined
        ? 'vbp is left out: --vbp names the folder with its unpacked instances'
        : vbp({
            folder: bins,
            optima: flag('--optima') ?? path.join(bins, 'Panigrahy_base_OPT.csv'),
            every: countFlag(argv, '--every', 1),
          }),
  };
  const chosen = flag('--only')?.split(',') ?? Object.keys(parts);
  const figures: Record<string, unknown> = {};
  const notes: string[] = [];
  for (const name of chosen) {
    const part = (await parts[name]?.()) ?? `there is no benchmark ${name}: ${Object.keys(parts).join(', ')}`;
    if (typeof part === 'string') {
      notes.push(part);
      continue;
    }
    const table = new Table({ head: [...part.head], style: { head: [], border: [] } });
    for (const row of part.rows) table.push([...row]);
    process.stdout.write(`${part.title}\n${table.toString()}\n`);
    figures[part.name] = part.figures;
    const svg = flag('--svg');
    if (part.curves !== undefined && svg !== undefined) writeFileSync(svg, plot(part));
  }
  publish({ name: 'scheduler', head: ['benchmark'], rows: chosen.map((name) => [name]), notes, figures }, argv);
}

runProgram(main);
