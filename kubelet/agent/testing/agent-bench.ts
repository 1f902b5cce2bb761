import { mkdtemp, rm } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import type { Pod } from '../../../shared/api/objects';
import { silentLogger } from '../../../shared/logger';
import { seededRandom } from '../../../shared/random';
import { FakeClock, settle as settlePromises } from '../../../shared/testing/fake-clock';
import type { Supplies } from '../../eviction/thresholds';
import { parseThresholds } from '../../eviction/thresholds';
import type { ImageProvider } from '../../pod-worker/pod-environment';
import { ImageProblem } from '../../pod-worker/pod-environment';
import { FakeRuntime } from '../../runtime/fake/fake-runtime';
import { Agent } from '../agent';
import { FakeSession } from './fake-session';

const usage = {
  cpuMilli: 0,
  cpuPercent: 0,
  memoryUsedBytes: 0,
  memoryAvailableBytes: 2 ** 32,
  diskUsedBytes: 0,
  diskTotalBytes: 2 ** 40,
  diskReadBytesPerSecond: 0,
  diskWriteBytesPerSecond: 0,
  networkRxBytesPerSecond: 0,
  networkTxBytesPerSecond: 0,
  load1: 0,
  processes: 1,
};

const half = { available: 2 ** 30, capacity: 2 ** 31 };
/** A node that is short of nothing. */
export const PLENTY: Supplies = {
  'memory.available': half,
  'nodefs.available': half,
  'nodefs.inodesFree': half,
  'pid.available': half,
};

/** An agent on a fake engine, with a server at arm's length and time standing still. */
export class Bench {
  readonly clock = new FakeClock(undefined, () => this.untilQuiet());
  readonly runtime = new FakeRuntime({ clock: this.clock });
  readonly missingImages = new Set<string>();
  supplies = PLENTY;
  private booted: { readonly agent: Agent; readonly session: FakeSession } | undefined;
  private revision = 0;

  constructor(readonly dataDir: string) {
    this.runtime.addImage('busybox');
  }

  get agent(): Agent {
    return this.present.agent;
  }

  get session(): FakeSession {
    return this.present.session;
  }

  private get present() {
    if (this.booted === undefined) throw new Error('boot first');
    return this.booted;
  }

  async boot(): Promise<void> {
    const sessions: FakeSession[] = [];
    const images: ImageProvider = {
      ensure: ({ container }) =>
        this.missingImages.has(container.image ?? '')
          ? Promise.reject(new ImageProblem('ErrImagePull', 'not there', this.clock.now() + 10_000))
          : Promise.resolve(),
    };
    const agent = new Agent({
      nodeName: 'n1',
      agentVersion: 'v0',
      labels: {},
      dataDir: this.dataDir,
      isRoot: false,
      clock: this.clock,
      random: seededRandom(1),
      logger: silentLogger,
      runtime: this.runtime,
      runtimeName: 'docker',
      host: {
        nodeStatus: () => Promise.resolve({}),
        bootId: () => Promise.resolve('boot'),
        uptimeMs: () => this.clock.monotonic() + 60_000,
        usage: () => Promise.resolve(usage),
        supplies: () => Promise.resolve(this.supplies),
      },
      node: { hostIps: ['192.168.0.1'], cpuMilli: 4000, memoryBytes: 2 ** 33, diskBytes: 2 ** 40, pidsLimit: 1024 },
      fences: true,
      evictionHard: parseThresholds('memory.available<100Mi,nodefs.available<10%'),
      allowedUnsafeSysctls: [],
      apiAddress: () => ({ host: 'kubernetes.default.svc', ip: '127.0.0.1', port: 7_000 }),
      createImages: () => images,
      createSession: (handlers) => {
        const made = new FakeSession(handlers, this.clock);
        sessions.push(made);
        return made;
      },
      onStream: () => Promise.resolve(),
    });
    const [session] = sessions;
    if (session === undefined) throw new Error('the agent made no session');
    this.booted = { agent, session };
    await agent.start();
  }

  /** The server says that these are all the node's pods. */
  async sync(...pods: Pod[]): Promise<void> {
    this.agent.onSync({ kind: 'full', revision: ++this.revision, pods, services: [], removed: [] });
    await this.settle();
  }

  /** The same, and when it wants pods stopped that it has not heard of for so long. */
  async syncFenced(afterMs: number, ...pods: Pod[]): Promise<void> {
    const fence = { afterMs };
    this.agent.onSync({ kind: 'full', revision: ++this.revision, pods, services: [], removed: [], fence });
    await this.settle();
  }

  async answerBeat(): Promise<void> {
    this.agent.onBeatAnswered(0);
    await this.settle();
  }

  async assign(pod: Pod): Promise<void> {
    this.agent.onPod({ revision: ++this.revision, pod });
    await this.settle();
  }

  /** Lets everything happen that needs no time to pass. */
  settle(): Promise<void> {
    return this.clock.advance(0);
  }

  advance(ms: number): Promise<void> {
    return this.clock.advance(ms);
  }

  /** `name/attempt` of each running container. */
  running(): string[] {
    return [...this.runtime.engine.containers.values()]
      .filter(({ observed }) => observed.state.phase === 'running')
      .map(({ observed: { name, attempt } }) => `${name}/${attempt}`)
      .sort();
  }

  /** Id of the newest container of that name. */
  idOf(name: string): string {
    const found = this.runtime.find(name);
    if (found === undefined) throw new Error(`there is no container ${name}`);
    return found.id;
  }

  /** The running container of that name ends by itself. */
  async exit(name: string, code: number): Promise<void> {
    this.runtime.exit(this.idOf(name), code);
    await this.settle();
  }

  /** Real files are read and written between steps: all that is under way must wait for time alone. */
  private async untilQuiet(): Promise<void> {
    do await settlePromises();
    while (this.booted !== undefined && this.agent.underWay > this.runtime.asleep);
  }
}

/** An agent that has begun, on a data folder of its own. */
export const startBench = async (): Promise<Bench> => {
  const bench = new Bench(await mkdtemp(path.join(os.tmpdir(), 'agent-')));
  await bench.boot();
  return bench;
};

/** Ends the agent and removes its folder. */
export const endBench = async ({ agent, dataDir }: Bench): Promise<void> => {
  await agent.stop();
  await rm(dataDir, { recursive: true, force: true });
};

/** The pod when its deletion has been asked for. */
export const deleted = (pod: Pod, graceSeconds: number): Pod => ({
  ...pod,
  metadata: { ...pod.metadata, deletionTimestamp: '2026-01-01T00:00:00Z', deletionGracePeriodSeconds: graceSeconds },
});
