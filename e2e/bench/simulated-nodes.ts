/**
 * Many nodes in one process, each with an identity and a node channel of its own over real sockets, and pods that are
 * ready the moment they are assigned: what is left to measure is the server.
 *   node dist/e2e/bench/simulated-nodes.js --server URL --token-file FILE --folder DIR --nodes 500 --cpu 32
 * Prints `ready` when every node has registered. For each line on its input it prints `told [ms, …]`: how long, since the
 * line before, each node took to hear of each endpoint, from the moment that its pod was reported ready. Ends at SIGTERM.
 */
import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { createInterface } from 'node:readline';
import { parseArgs } from 'node:util';
import { ensureJoined } from '../../kubelet/session/join';
import type { Session, SessionHandlers } from '../../kubelet/session/session';
import { createSession } from '../../kubelet/session/socket-session';
import type { Pod, PodStatus } from '../../shared/api/objects';
import { systemClock, toTimestamp } from '../../shared/clock';
import { silentLogger } from '../../shared/logger';
import { systemRandom } from '../../shared/random';
import type { NetworkChange } from '../../shared/wire/network';
import type { NodeUsage, Registration } from '../../shared/wire/node-channel';
import { runProgram } from './run-program';

/** Joins under way at a time: each makes a key and a certificate request. */
const PARALLEL_JOINS = 16;

/**
 * One process plays all nodes: what one of them answers must not hold up what the others hear, which on machines of their own it
 * would not.
 */
const ANSWER_AFTER_MS = 300;

const USAGE: NodeUsage = {
  cpuMilli: 100,
  cpuPercent: 1,
  memoryUsedBytes: 2 ** 30,
  memoryAvailableBytes: 2 ** 36,
  diskUsedBytes: 2 ** 30,
  diskTotalBytes: 2 ** 40,
  diskReadBytesPerSecond: 0,
  diskWriteBytesPerSecond: 0,
  networkRxBytesPerSecond: 0,
  networkTxBytesPerSecond: 0,
  load1: 0.1,
  processes: 100,
};

/** When pods were reported ready, and how long the news of them took to each node. Milliseconds. */
class EndpointNews {
  private readonly readyAtMs = new Map<string, number>();
  private tookMs: number[] = [];

  ready(address: string): void {
    this.readyAtMs.set(address, performance.now());
  }

  heard({ slices }: NetworkChange, known: Set<string>): void {
    for (const { address, ready } of slices.flatMap(({ endpoints }) => endpoints)) {
      const sinceMs = this.readyAtMs.get(address);
      if (!ready || sinceMs === undefined || known.has(address)) continue;
      known.add(address);
      this.tookMs.push(performance.now() - sinceMs);
    }
  }

  take(): readonly number[] {
    const taken = this.tookMs;
    this.tookMs = [];
    return taken;
  }
}

interface NodeOptions {
  readonly nodeName: string;
  /** Its address, and the first two numbers of those of its pods. */
  readonly index: number;
  readonly serverUrl: string;
  readonly folder: string;
  readonly joinToken: string;
  readonly cpu: string;
  readonly news: EndpointNews;
}

/** A node whose containers take no time. */
class SimulatedNode implements SessionHandlers {
  private readonly pods = new Map<string, Pod>();
  private session: Session | undefined;
  private addresses = 0;
  private readonly endpoints = new Set<string>();
  /** Resolves when the server has taken the node. */
  readonly connected: Promise<void>;
  onConnected: () => void = () => undefined;

  constructor(private readonly options: NodeOptions) {
    this.connected = new Promise((resolve) => (this.onConnected = resolve));
  }

  async start(): Promise<void> {
    const { nodeName, serverUrl, folder, joinToken } = this.options;
    const common = { serverUrls: [serverUrl], nodeName, clock: systemClock, logger: silentLogger };
    const identity = await ensureJoined({ ...common, folder, joinToken });
    this.session = createSession({
      ...common,
      identity,
      keepCredential: () => Promise.resolve(),
      random: systemRandom,
      handlers: this,
    });
    this.session.start();
  }

  stop(): Promise<void> {
    return this.session?.stop() ?? Promise.resolve();
  }

  registration = (): Promise<Registration> => {
    const { nodeName, cpu, index } = this.options;
    const resources = { cpu, memory: '64Gi', pods: '250', 'ephemeral-storage': '100Gi' };
    return Promise.resolve({
      nodeName,
      bootId: 'simulated',
      agentVersion: '0.0.0',
      status: {
        capacity: resources,
        allocatable: resources,
        addresses: [{ type: 'InternalIP', address: `100.64.${index >> 8}.${index & 255}` }],
        conditions: [{ type: 'Ready', status: 'True', reason: 'Simulated', message: 'takes everything' }],
      },
      labels: { 'kubernetes.io/hostname': nodeName },
      pods: [...this.pods.values()].map(({ metadata: { uid, namespace, name } }) => ({ uid, namespace, name })),
      lastRevision: 0,
    } as Registration);
  };

  heartbeat: SessionHandlers['heartbeat'] = () =>
    Promise.resolve({
      usage: USAGE,
      conditions: [{ type: 'Ready', status: 'True', reason: 'Simulated', message: 'takes everything' }],
    });

  onSync: SessionHandlers['onSync'] = ({ kind, pods, removed }) => {
    for (const uid of removed) this.pods.delete(uid);
    if (kind === 'full') {
      const named = new Set(pods.map(({ metadata }) => metadata.uid));
      for (const uid of this.pods.keys()) if (!named.has(uid)) this.pods.delete(uid);
    }
    for (const pod of pods) this.take(pod);
  };

  onPod: SessionHandlers['onPod'] = ({ pod }) => this.take(pod);
  onPodRemoved: SessionHandlers['onPodRemoved'] = ({ uid }) => void this.pods.delete(uid);
  onBeatAnswered = (): void => undefined;
  onObjectChanged = (): void => undefined;
  onServices = (): void => undefined;
  onDisconnected = (): void => undefined;
  onNetwork = (change: NetworkChange): Promise<void> => {
    this.options.news.heard(change, this.endpoints);
    return systemClock.sleep(ANSWER_AFTER_MS);
  };
  onStream: SessionHandlers['onStream'] = () => Promise.reject(new Error('simulated nodes have no containers'));

  /** Ready at once, and gone at once. */
  private take(pod: Pod): void {
    const { uid, namespace, name, deletionTimestamp } = pod.metadata;
    if (deletionTimestamp !== undefined) {
      this.session?.reportPodTerminated({ uid, namespace, name });
    } else if (!this.pods.has(uid)) {
      this.pods.set(uid, pod);
      const status = this.statusOf(pod);
      this.options.news.ready(status.podIP ?? '');
      this.session?.reportPodStatus({ uid, namespace, name, status });
    }
  }

  private statusOf({ spec }: Pod): PodStatus {
    const { index } = this.options;
    this.addresses += 1;
    const podIP = `10.${64 + (index >> 8)}.${index & 255}.${this.addresses & 255}`;
    const now = toTimestamp(systemClock.now());
    const condition = (type: string) => ({ type, status: 'True', lastTransitionTime: now });
    return {
      phase: 'Running',
      startTime: now,
      podIP,
      podIPs: [{ ip: podIP }],
      conditions: ['Initialized', 'ContainersReady', 'Ready'].map(condition),
      containerStatuses: spec.containers.map(({ name, image = '' }) => ({
        name,
        image,
        imageID: image,
        ready: true,
        started: true,
        restartCount: 0,
        state: { running: { startedAt: now } },
      })),
    } as PodStatus;
  }
}

async function main(): Promise<void> {
  const { values } = parseArgs({
    options: {
      server: { type: 'string' },
      'token-file': { type: 'string' },
      folder: { type: 'string' },
      nodes: { type: 'string', default: '500' },
      cpu: { type: 'string', default: '32' },
    },
  });
  const { server, 'token-file': tokenFile, folder, nodes, cpu } = values;
  if (server === undefined || tokenFile === undefined || folder === undefined)
    throw new Error('needs --server URL, --token-file FILE and --folder DIR');
  const joinToken = await readFile(tokenFile, 'utf8');
  const news = new EndpointNews();
  const all = Array.from({ length: Number(nodes) }, (_, index) => {
    const nodeName = `simulated-${index + 1}`;
    const own = { nodeName, index, folder: path.join(folder, nodeName) };
    return new SimulatedNode({ ...own, serverUrl: server, joinToken, cpu, news });
  });
  const left = [...all];
  const work = async (): Promise<void> => {
    for (let node = left.shift(); node !== undefined; node = left.shift()) {
      await node.start();
      await node.connected;
    }
  };
  await Promise.all(Array.from({ length: PARALLEL_JOINS }, work));
  process.stdout.write('ready\n');
  const lines = createInterface({ input: process.stdin });
  lines.on('line', () => process.stdout.write(`told ${JSON.stringify(news.take().map(Math.round))}\n`));
  await new Promise<void>((resolve) => process.once('SIGTERM', () => resolve()));
  lines.close();
  await Promise.all(all.map((node) => node.stop()));
}

runProgram(main);
