import { mkdirSync, readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { ensureBusyboxImage } from './busybox-image';
import { errorCodeOf } from '../../shared/error-code';
import { clusterIdOf } from '../../shared/cluster-id';
import { command } from './command';
import { runningPid, startDaemon, stopDaemon, untilUp } from './daemon';
import { ensureEngine, engineVersion, stopEngine } from './docker-engine';
import type { Layout } from './layout';
import { podRange } from './pod-range';
import type { Progress } from './progress';

export interface UpOptions {
  readonly layout: Layout;
  readonly nodes: number;
  readonly port: number;
  readonly progress: Progress;
}

const SERVER = 'apiserver';
const UP_TIMEOUT_MS = 60_000;
const workerName = (index: number): string => `worker-${index + 1}`;
const daemonOf = (worker: string): string => `kubelet-${worker}`;
const script = (layout: Layout, ...parts: string[]): string => path.join(layout.checkout, 'dist', ...parts);

const kubectlLite = (layout: Layout, ...args: string[]): ReturnType<typeof command> =>
  command(process.execPath, [script(layout, 'cli', 'main.js'), '--kubeconfig', layout.kubeconfig, ...args]);

/** Starts what does not run yet; running it again is harmless. Throws with the end of a log when something does not come up. */
export async function up({ layout, nodes, port, progress }: UpOptions): Promise<void> {
  mkdirSync(layout.root, { recursive: true });
  await ensureEngine(layout, progress);
  await ensureBusyboxImage('busybox:latest', progress);
  await startServer(layout, port, progress);
  const workers = Array.from({ length: nodes }, (_, index) => workerName(index));
  await startWorkers(layout, workers, port, progress);
}

async function startServer(layout: Layout, port: number, progress: Progress): Promise<void> {
  const done = progress.step('control plane');
  const started = startDaemon(layout, {
    name: SERVER,
    program: process.execPath,
    args: [
      script(layout, 'apiserver', 'main.js'),
      '--data-dir',
      layout.serverData,
      '--port',
      String(port),
      '--kubeconfig-out',
      layout.kubeconfig,
      '--cluster-cidr',
      await podRange(layout),
    ],
  });
  await untilUp(
    layout,
    SERVER,
    async () => (await kubectlLite(layout, 'get', 'namespace', 'default')).status === 0,
    UP_TIMEOUT_MS,
  );
  done(started ? `listens on https://127.0.0.1:${port}` : 'runs already');
}

async function startWorkers(
  layout: Layout,
  workers: readonly string[],
  port: number,
  progress: Progress,
): Promise<void> {
  const done = progress.step(workers.length === 1 ? 'worker' : `${workers.length} workers`);
  for (const worker of workers) {
    startDaemon(layout, {
      name: daemonOf(worker),
      program: process.execPath,
      args: [
        script(layout, 'kubelet', 'main.js'),
        '--server',
        `https://127.0.0.1:${port}`,
        '--token-file',
        layout.joinToken,
        '--node-name',
        worker,
        '--data-dir',
        layout.node(worker),
      ],
    });
  }
  for (const worker of workers) {
    await untilUp(layout, daemonOf(worker), () => isReady(layout, worker), UP_TIMEOUT_MS);
  }
  done(`${workers.join(', ')} ready`);
}

async function isReady(layout: Layout, worker: string): Promise<boolean> {
  const { status, stdout } = await kubectlLite(layout, 'get', 'node', worker, '-o', 'json');
  if (status !== 0) return false;
  const node = JSON.parse(stdout) as { status?: { conditions?: { type: string; status: string }[] } };
  return node.status?.conditions?.some(({ type, status: state }) => type === 'Ready' && state === 'True') === true;
}

/** The nodes table as `kubectl-lite get nodes` prints it. */
export const nodesTable = async (layout: Layout): Promise<string> =>
  (await kubectlLite(layout, 'get', 'nodes', '-o', 'wide')).stdout;

/** Stops every process and removes every container of this cluster. Data stays. */
export async function down(layout: Layout, progress: Progress): Promise<void> {
  const done = progress.step('local cluster');
  const daemons = pidFiles(layout).filter((name) => name !== 'dockerd');
  const running = daemons.filter((name) => runningPid(layout, name) !== undefined).length;
  await Promise.all(daemons.filter((name) => name !== SERVER).map((name) => stopDaemon(layout, name)));
  await stopDaemon(layout, SERVER);
  const removed = await removeContainers(layout);
  // A network is not removed before the pods on it.
  await cleanNetwork(layout);
  await unmountVolumes(layout);
  const engine = await stopEngine(layout);
  done(
    `stopped ${running} processes, removed ${removed} containers${engine ? ', stopped the Docker engine we had started' : ''}`,
  );
}

/** What agents program for Services outlives them. Where they could not do that, there is nothing to take back. */
async function cleanNetwork(layout: Layout): Promise<void> {
  for (const worker of namesIn(path.dirname(layout.node('any')))) {
    const errand = [script(layout, 'kubelet', 'main.js'), 'clean-network', '--node-name', worker];
    const folder = ['--data-dir', layout.node(worker)];
    await command(process.execPath, [...errand, ...folder, '--server', 'https://127.0.0.1']);
  }
}

const pidFiles = (layout: Layout): string[] => namesIn(layout.pids).map((file) => path.basename(file, '.json'));

function namesIn(folder: string): string[] {
  try {
    return readdirSync(folder);
  } catch {
    return [];
  }
}

/** The containers carry the cluster's id, which the server keeps beside its certificates. */
async function removeContainers(layout: Layout): Promise<number> {
  const cluster = clusterId(layout);
  if (cluster === undefined || (await engineVersion()) === undefined) return 0;
  const { stdout } = await command('docker', [
    'ps',
    '--all',
    '--quiet',
    '--no-trunc',
    '--filter',
    `label=io.pinsetter.cluster=${cluster}`,
  ]);
  const ids = stdout.split('\n').filter((id) => id !== '');
  if (ids.length > 0) await command('docker', ['rm', '--force', '--volumes', ...ids], { timeoutMs: 120_000 });
  return ids.length;
}

/** The first digits of the CA certificate's hash, as the agents label their containers; undefined before the first start. */
function clusterId(layout: Layout): string | undefined {
  try {
    return clusterIdOf(readFileSync(path.join(layout.serverData, 'pki', 'ca.crt'), 'utf8'));
  } catch (error) {
    if (errorCodeOf(error) === 'ENOENT') return undefined;
    throw error;
  }
}

/** Memory volumes are mounts: one that outlives its pod would keep the folder from being removed. */
async function unmountVolumes(layout: Layout): Promise<void> {
  const mounts = readFileSync('/proc/self/mounts', 'utf8')
    .split('\n')
    .map((line) => line.split(' ')[1] ?? '')
    .filter((target) => target.startsWith(`${layout.root}/`));
  for (const target of mounts.reverse()) await command('umount', [target]);
}
