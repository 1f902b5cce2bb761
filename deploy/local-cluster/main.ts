/** `make up`, `make down`: the cluster of this checkout on this machine, kept in PINSETTER_HOME (default: .pinsetter). */
import path from 'node:path';
import pc from 'picocolors';
import { layoutOf } from './layout';
import { down, nodesTable, up } from './local-cluster';
import { createProgress } from './progress';
import { ensureEngine } from './docker-engine';

const checkout = path.resolve(__dirname, '..', '..', '..');
const layout = layoutOf(checkout, process.env.PINSETTER_HOME ?? path.join(checkout, '.pinsetter'));
const progress = createProgress(process.stdout);

function wholeNumber(name: string, fallback: number, largest: number): number {
  const text = process.env[name] ?? String(fallback);
  const value = Number(text);
  if (Number.isInteger(value) && value >= 1 && value <= largest) return value;
  throw new Error(`${name}=${text} is not a whole number from 1 to ${largest}`);
}

async function runUp(): Promise<void> {
  await up({ layout, nodes: wholeNumber('NODES', 1, 50), port: wholeNumber('PORT', 6443, 65_535), progress });
  const show = (line: string): boolean => process.stdout.write(`${line}\n`);
  show(`\n${await nodesTable(layout)}`);
  show(`kubeconfig: ${layout.kubeconfig}`);
  show(`\nTry next:`);
  for (const [line, what] of [
    ['./kubectl-lite apply -f deploy/examples/hello.yaml', 'start a pod'],
    ['./kubectl-lite get pods -w', 'watch it come up'],
    ['./kubectl-lite port-forward pod/hello 8080:8080', 'then open http://127.0.0.1:8080'],
    [`export KUBECONFIG=${layout.kubeconfig}`, 'for the real kubectl'],
    ['make down', 'stop everything'],
  ] as const) {
    show(`  ${line.padEnd(52)} ${pc.dim(`# ${what}`)}`);
  }
}

const actions: Readonly<Record<string, () => Promise<void>>> = {
  up: runUp,
  down: () => down(layout, progress),
  engine: () => ensureEngine(layout, progress),
};

const action = actions[process.argv[2] ?? ''];
if (action === undefined) {
  process.stderr.write('usage: main.js up|down|engine\n');
  process.exitCode = 2;
} else {
  action().catch((error: unknown) => {
    process.stderr.write(`\n${pc.red('failed')}: ${error instanceof Error ? error.message : String(error)}\n`);
    process.exitCode = 1;
  });
}
