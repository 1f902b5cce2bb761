import { randomBytes } from 'node:crypto';
import { createServer } from 'node:net';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { ensureBusyboxImage } from '../../deploy/local-cluster/busybox-image';
import { command } from '../../deploy/local-cluster/command';
import { readKeptBlock } from '../../kubelet/network/pod-network/kept-block';
import { podNetworkNames } from '../../kubelet/network/pod-network/names';
import { PeerNetwork } from '../../kubelet/network/pod-network/peer-network';
import { forbidForwarding } from '../../kubelet/network/services/forwarding';
import { policyTableOf, serviceTableOf } from '../../kubelet/network/table-names';
import { ClusterClient } from './cluster-client';
import type { Outcome, Running } from './programs';
import { AGENT, dist, realKubectl, run, SERVER, start } from './programs';
import { noteSecretFiles, noteSecretList } from './secrecy/known-secrets';

export const IMAGE = 'busybox:latest';
const silent = { step: () => () => undefined };

/** A control plane and its workers as real processes of the compiled programs, on the machine's real engine. */
export class Cluster extends ClusterClient {
  readonly folder = mkdtempSync(path.join(tmpdir(), 'pinsetter-e2e-'));
  readonly kubeconfig = path.join(this.folder, 'kubeconfig');
  /** Unique, so that clusters that share an engine never see each other's containers. */
  readonly workers: readonly string[];
  private server: Running | undefined;
  private readonly kubelets = new Map<string, Running>();
  private kubectlBinary = '';

  private constructor(
    readonly port: number,
    workers: number,
    /** Where the agents dial, where it is not the server itself (a proxy). */
    private readonly agentPort: number,
    private readonly serverArgs: readonly string[],
    private readonly agentArgs: readonly string[],
  ) {
    super();
    const session = randomBytes(3).toString('hex');
    this.workers = Array.from({ length: workers }, (_, index) => `e2e-${session}-${index + 1}`);
  }

  static async start(
    options: {
      readonly workers?: number;
      readonly port?: number;
      readonly agentPort?: number;
      readonly serverArgs?: readonly string[];
      readonly agentArgs?: readonly string[];
    } = {},
  ): Promise<Cluster> {
    await ensureBusyboxImage(IMAGE, silent);
    const port = options.port ?? (await freePort());
    const { workers = 1, agentPort = port, serverArgs = [], agentArgs = [] } = options;
    const cluster = new Cluster(port, workers, agentPort, serverArgs, agentArgs);
    cluster.kubectlBinary = await realKubectl();
    await cluster.startServer();
    await Promise.all(cluster.workers.map((worker) => cluster.startKubelet(worker)));
    if (cluster.workers.length === 0) return cluster;
    await cluster.until(
      ['wait', '--for=condition=Ready', 'node', ...cluster.workers, '--timeout=30s'],
      ({ status }) => status === 0,
    );
    return cluster;
  }

  async startServer(): Promise<void> {
    this.server = start(process.execPath, [
      SERVER,
      ...[
        '--data-dir',
        path.join(this.folder, 'server'),
        '--port',
        String(this.port),
        '--kubeconfig-out',
        this.kubeconfig,
        ...podNetworkArgs(this.port, this.workers.length),
      ],
      ...this.serverArgs,
    ]);
    await this.until(['get', '--raw', '/readyz'], ({ status }) => status === 0);
  }

  async stopServer(signal: NodeJS.Signals = 'SIGTERM'): Promise<void> {
    this.server?.kill(signal);
    await this.server?.exit;
    this.server = undefined;
  }

  get serverOutput(): string {
    return this.server?.output() ?? '';
  }

  get serverPid(): number {
    return this.server?.pid ?? -1;
  }

  kubelet(worker: string = this.workers[0] ?? ''): Running {
    const kubelet = this.kubelets.get(worker);
    if (kubelet === undefined) throw new Error(`${worker} does not run`);
    return kubelet;
  }

  async startKubelet(worker: string = this.workers[0] ?? '', args: readonly string[] = []): Promise<void> {
    this.kubelets.set(
      worker,
      start(process.execPath, [
        AGENT,
        ...[
          '--server',
          `https://127.0.0.1:${this.agentPort}`,
          '--token-file',
          path.join(this.folder, 'server', 'join-token'),
        ],
        ...['--node-name', worker, '--data-dir', path.join(this.folder, 'nodes', worker)],
        ...this.agentArgs,
        ...args,
      ]),
    );
    await Promise.resolve();
  }

  async stopKubelet(worker: string = this.workers[0] ?? '', signal: NodeJS.Signals = 'SIGTERM'): Promise<void> {
    const kubelet = this.kubelet(worker);
    kubelet.kill(signal);
    await kubelet.exit;
    this.kubelets.delete(worker);
  }

  get env(): NodeJS.ProcessEnv {
    return { ...process.env, KUBECONFIG: this.kubeconfig, HOME: this.folder, NO_COLOR: '1' };
  }

  /** The real kubectl. */
  kubectl(args: readonly string[], input?: string): Promise<Outcome> {
    return run(this.kubectlBinary, args, { env: this.env, ...(input === undefined ? {} : { input }) });
  }

  kubectlRunning(args: readonly string[]): Running {
    return start(this.kubectlBinary, args, this.env);
  }

  /** kubectl-lite. */
  lite(args: readonly string[], input?: string): Promise<Outcome> {
    return run(process.execPath, [dist('cli', 'main.js'), ...args], {
      env: this.env,
      ...(input === undefined ? {} : { input }),
    });
  }

  liteRunning(args: readonly string[]): Running {
    return start(process.execPath, [dist('cli', 'main.js'), ...args], this.env);
  }

  /** Ids of this cluster's containers on the engine, running or not. */
  async containers(...filters: readonly string[]): Promise<readonly string[]> {
    const perWorker = await Promise.all(
      this.workers.map((worker) =>
        command('docker', [
          'ps',
          '-aq',
          '--no-trunc',
          '--filter',
          `label=io.pinsetter.node=${worker}`,
          ...filters.flatMap((each) => ['--filter', each]),
        ]),
      ),
    );
    return perWorker.flatMap(({ stdout }) => stdout.split('\n').filter((id) => id !== ''));
  }

  /** Resolves when the engine has none of them any more. */
  async untilNoContainers(...filters: readonly string[]): Promise<void> {
    const deadline = Date.now() + 60_000;
    while ((await this.containers(...filters)).length > 0) {
      if (Date.now() > deadline) throw new Error(`containers with ${filters.join(' ')} are still there`);
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
  }

  /** Stops every process, removes every container and the folder. */
  async stop(): Promise<void> {
    if (this.server !== undefined) {
      noteSecretList((await this.kubectl(['get', 'secrets', '-A', '-o', 'json', '--request-timeout=5s'])).stdout);
    }
    await Promise.all([...this.kubelets.keys()].map((worker) => this.stopKubelet(worker)));
    await this.stopServer();
    const left = await this.containers();
    if (left.length > 0) await command('docker', ['rm', '-f', '-v', ...left]);
    // As an agent does that is told to clean up, but without the seconds that its start takes.
    for (const worker of this.workers) {
      for (const table of [serviceTableOf(worker), policyTableOf(worker)])
        await command('nft', ['delete', 'table', 'ip', table]);
      await this.removeNetwork(worker);
    }
    await this.unmountVolumes();
    noteSecretFiles(this.folder);
    rmSync(this.folder, { recursive: true, force: true });
  }

  private async removeNetwork(worker: string): Promise<void> {
    const kept = await readKeptBlock(path.join(this.folder, 'nodes', worker));
    if (kept === undefined) return;
    const names = podNetworkNames(kept.clusterId, worker);
    await forbidForwarding(names.bridge);
    await PeerNetwork.cleanUp(names, kept.podCidr);
    await command('docker', ['network', 'rm', names.network]);
    await command('ip', ['link', 'delete', 'dev', names.bridge]);
  }

  private async unmountVolumes(): Promise<void> {
    const { stdout } = await command('findmnt', ['-rno', 'TARGET']);
    const ours = stdout.split('\n').filter((target) => target.startsWith(`${this.folder}/`));
    for (const target of ours.reverse()) await command('umount', [target]);
  }

  protected async diagnosis(): Promise<string> {
    const events = await this.kubectl(['get', 'events', '-A']);
    const kubelets = [...this.kubelets].map(
      ([name, { output }]) => `-- ${name}\n${output().split('\n').slice(-15).join('\n')}`,
    );
    return `-- events\n${events.stdout}${events.stderr}\n${kubelets.join('\n')}\n-- server\n${this.serverOutput.split('\n').slice(-15).join('\n')}`;
  }
}

/**
 * Blocks for a cluster's pods that no other cluster of this machine has at the same time: 128 addresses of those that are
 * set aside for networks inside networks, told by the port, of which the system gives no two that are 2^15 apart.
 */
function podNetworkArgs(port: number, workers: number): readonly string[] {
  const offset = (port % 2 ** 15) * 128;
  const cidr = `100.${64 + Math.floor(offset / 2 ** 16)}.${Math.floor(offset / 256) % 256}.${offset % 256}/25`;
  return ['--cluster-cidr', cidr, '--node-cidr-mask-size', workers > 2 ? '27' : '26'];
}

/** A TCP port that nobody listens on at this moment. */
export function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const probe = createServer();
    probe.once('error', reject);
    probe.listen(0, '127.0.0.1', () => {
      const address = probe.address();
      probe.close(() =>
        typeof address === 'object' && address !== null ? resolve(address.port) : reject(new Error('no port')),
      );
    });
  });
}
