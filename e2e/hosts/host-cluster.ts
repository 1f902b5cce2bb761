import { copyFileSync } from 'node:fs';
import path from 'node:path';
import { ClusterClient } from '../harness/cluster-client';
import type { Outcome, Running } from '../harness/programs';
import { AGENT, dist, realKubectl, SERVER } from '../harness/programs';
import { noteSecretFiles } from '../harness/secrecy/known-secrets';
import type { Host } from './host';
import type { HostPlan } from './host-network';
import { HostNetwork } from './host-network';

const PORT = 6443;

export interface HostClusterOptions {
  /** One for each worker. */
  readonly workers: readonly HostPlan[];
  readonly serverArgs?: readonly string[];
  readonly agentArgs?: readonly string[];
}

/** A control plane on the first host, an agent on each other, which joined it over the network. */
export class HostCluster extends ClusterClient {
  private server: Running | undefined;
  private readonly agents = new Map<Host, Running>();

  private constructor(
    readonly network: HostNetwork,
    private readonly kubectlBinary: string,
    private readonly options: HostClusterOptions,
  ) {
    super();
  }

  /** Resolves when every node is ready. */
  static async start(options: HostClusterOptions): Promise<HostCluster> {
    const [network, kubectl] = await Promise.all([
      HostNetwork.start([{ hasEngine: false }, ...options.workers]),
      realKubectl(),
    ]);
    const cluster = new HostCluster(network, kubectl, options);
    try {
      await cluster.startServer();
      for (const worker of cluster.workers) cluster.startAgent(worker);
      await cluster.untilReady(...cluster.workers);
      return cluster;
    } catch (error) {
      await cluster.stop();
      throw error;
    }
  }

  get serverHost(): Host {
    return this.network.host(1);
  }

  /** Hosts that run pods; each is the node of its name. */
  get workers(): readonly Host[] {
    return this.network.hosts.slice(1);
  }

  /** By number, from 1. */
  worker(index: number): Host {
    return this.network.host(index + 1);
  }

  workerOf(node: string): Host {
    const host = this.workers.find(({ name }) => name === node);
    if (host === undefined) throw new Error(`no worker is ${node}`);
    return host;
  }

  async startServer(args = this.options.serverArgs ?? []): Promise<void> {
    const { serverHost } = this;
    this.server = serverHost.start(process.execPath, [
      ...[SERVER, '--data-dir', path.join(serverHost.folder, 'server')],
      ...['--bind-address', '0.0.0.0', '--advertise-address', serverHost.address, '--port', String(PORT)],
      ...['--kubeconfig-out', this.kubeconfig, ...args],
    ]);
    await this.until(['get', '--raw', '/readyz'], ({ status }) => status === 0);
  }

  async stopServer(signal: NodeJS.Signals = 'SIGTERM'): Promise<void> {
    this.server?.kill(signal);
    await this.server?.exit;
    this.server = undefined;
  }

  /** As root, with the join token of the server; it keeps its credential on the host's disk. */
  startAgent(host: Host): void {
    // Carried there by hand, as an administrator does.
    const token = path.join(host.folder, 'join-token');
    copyFileSync(path.join(this.serverHost.folder, 'server', 'join-token'), token);
    this.agents.set(
      host,
      host.start(process.execPath, [
        ...[AGENT, '--server', `https://${this.serverHost.address}:${PORT}`, '--token-file', token],
        ...['--node-name', host.name, '--data-dir', path.join(host.folder, 'agent'), ...(this.options.agentArgs ?? [])],
      ]),
    );
  }

  async stopAgent(host: Host, signal: NodeJS.Signals = 'SIGTERM'): Promise<void> {
    const agent = this.agents.get(host);
    agent?.kill(signal);
    await agent?.exit;
    this.agents.delete(host);
  }

  async untilReady(...hosts: readonly Host[]): Promise<void> {
    await this.until(
      ['wait', '--for=condition=Ready', 'node', ...hosts.map(({ name }) => name), '--timeout=30s'],
      ({ status }) => status === 0,
      180_000,
    );
  }

  kubectl(args: readonly string[], input?: string): Promise<Outcome> {
    return this.onServer(this.kubectlBinary, args, input);
  }

  lite(args: readonly string[], input?: string): Promise<Outcome> {
    return this.onServer(process.execPath, [dist('cli', 'main.js'), ...args], input);
  }

  kubectlRunning(args: readonly string[]): Running {
    return this.serverHost.start(this.kubectlBinary, args, this.env);
  }

  /** Runs a program on the server's host, as one who has its kubeconfig. */
  onServer(program: string, args: readonly string[], input?: string): Promise<Outcome> {
    return this.serverHost.run(program, args, { env: this.env, ...(input === undefined ? {} : { input }) });
  }

  async stop(): Promise<void> {
    for (const host of this.network.hosts) noteSecretFiles(host.folder);
    await this.network.remove();
  }

  protected async diagnosis(): Promise<string> {
    const events = await this.kubectl(['get', 'events', '-A']);
    const programs = [...[...this.agents].map(([host, agent]) => [host.name, agent] as const), ['server', this.server]];
    const lastWords = (programs as readonly (readonly [string, Running | undefined])[]).map(
      ([name, program]) => `-- ${name}\n${(program?.output() ?? '').split('\n').slice(-15).join('\n')}`,
    );
    return `-- events\n${events.stdout}${events.stderr}\n${lastWords.join('\n')}`;
  }

  private get kubeconfig(): string {
    return path.join(this.serverHost.folder, 'kubeconfig');
  }

  private get env(): NodeJS.ProcessEnv {
    return { ...process.env, KUBECONFIG: this.kubeconfig, HOME: this.serverHost.folder, NO_COLOR: '1' };
  }
}
