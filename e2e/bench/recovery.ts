/**
 * Container killed -> its replacement Running, against Docker Swarm with a restart delay of 0 on an engine of its own on
 * this machine, alternating. Then a Deployment of 30 replicas -> all Running, against the same sandboxes and containers
 * straight on the engine, as many at a time.
 *   node dist/e2e/bench/recovery.js [--rounds 10] [--many 30] [--many-rounds 3] [--json FILE]
 */
import Docker from 'dockerode';
import { SANDBOX_IMAGE, SANDBOX_PROGRAM } from '../../kubelet/runtime/docker/sandbox-image';
import { Api, credentialsOf } from '../harness/api';
import { Cluster, IMAGE } from '../harness/cluster';
import { podManifest, shell } from '../harness/manifests';
import { HostNetwork } from '../hosts/host-network';
import { usageOf } from './process-usage';
import { countFlag, median, publish, quantile, showProgress } from './report';
import { runProgram } from './run-program';

const PODS = '/api/v1/namespaces/default/pods';
const DEPLOYMENTS = '/apis/apps/v1/namespaces/default/deployments';
/** As the agent has it. */
const PARALLEL = 8;
const SWARM_POLL_MS = 10;
const SERVICE = 'bench';
const LABELS = { 'io.pinsetter.bench': 'recovery' };

interface SeenPod {
  readonly metadata: { readonly name: string; readonly labels?: Readonly<Record<string, string>> };
  readonly status?: {
    readonly phase?: string;
    readonly containerStatuses?: readonly {
      readonly containerID?: string;
      readonly restartCount: number;
      readonly state?: { readonly running?: object };
    }[];
  };
}

async function main(argv: readonly string[]): Promise<void> {
  const rounds = countFlag(argv, '--rounds', 10);
  const many = countFlag(argv, '--many', 30);
  const manyRounds = countFlag(argv, '--many-rounds', 3);
  const docker = new Docker();
  // Swarm takes no engine that keeps containers alive without it.
  const network = await HostNetwork.start([{ engineArgs: [] }]);
  const cluster = await Cluster.start().catch(async (error: unknown) => {
    await network.remove();
    throw error;
  });
  const api = new Api(cluster.port, credentialsOf(cluster.kubeconfig));
  const pods = new SeenPods();
  try {
    const unwatch = await api.watch(PODS, (type, object) => pods.see(type, object));
    const [host] = network.hosts;
    if (host === undefined) throw new Error('there is no host for the swarm');
    const swarm = await Swarm.start(host.engineSocket, host.address);

    const ours: number[] = [];
    const theirs: number[] = [];
    for (let round = 0; round < rounds; round++) {
      ours.push(await recoverPod({ api, docker, pods }, `killed-${round}`));
      theirs.push(await swarm.recover());
      showProgress(`kill ${round + 1} of ${rounds}`);
    }
    const replicas: number[] = [];
    const raw: number[] = [];
    const cpuBefore = cpuOf(cluster);
    for (let round = 0; round < manyRounds; round++) {
      replicas.push(await deploy({ api, cluster, pods }, `many-${round}`, many));
      raw.push(await rawPods(docker, `recovery-${process.pid}-${round}`, many));
      showProgress(`${many} replicas, ${round + 1} of ${manyRounds}`);
    }
    const cpu = cpuOf(cluster);
    showProgress('');
    unwatch();

    const ratio = median(ours) / median(theirs);
    const share = median(raw) / median(replicas);
    const row = (name: string, samples: readonly number[]): string[] => [
      name,
      median(samples).toFixed(0),
      quantile(samples, 0.9).toFixed(0),
    ];
    publish(
      {
        name: 'recovery',
        head: ['', 'median ms', 'p90 ms'],
        rows: [
          row('container killed -> replacement Running', ours),
          row('the same by Docker Swarm, restart delay 0', theirs),
          row(`Deployment of ${many} -> all Running`, replicas),
          row(`${many} sandboxes and containers on the engine`, raw),
        ],
        notes: [
          `a killed container is back in ${ratio.toFixed(2)}x of Swarm's time (target 0.6) over ${rounds} alternating rounds`,
          `${many} replicas at ${share.toFixed(2)}x of the engine's own pace with ${PARALLEL} at a time (target 0.9)`,
          `CPU for all ${manyRounds} Deployments, their ends too: agent ${(cpu.agent - cpuBefore.agent).toFixed(1)} s, server ${(cpu.server - cpuBefore.server).toFixed(1)} s`,
        ],
        figures: {
          rounds,
          image: IMAGE,
          killed: { ours, swarm: theirs, ratio },
          many: { count: many, replicas, raw, share },
        },
      },
      argv,
    );
  } finally {
    api.close();
    await cluster.stop();
    await network.remove();
  }
}

/** The pods as a watch tells of them, and who waits for something of them. */
class SeenPods {
  private readonly pods = new Map<string, SeenPod>();
  private readonly waiting = new Set<() => void>();

  see(type: string, object: unknown): void {
    const pod = object as SeenPod;
    if (type === 'DELETED') this.pods.delete(pod.metadata.name);
    else this.pods.set(pod.metadata.name, pod);
    for (const check of [...this.waiting]) check();
  }

  until<T>(found: (pods: ReadonlyMap<string, SeenPod>) => T | undefined): Promise<T> {
    return new Promise((resolve) => {
      const check = (): void => {
        const value = found(this.pods);
        if (value === undefined) return;
        this.waiting.delete(check);
        resolve(value);
      };
      this.waiting.add(check);
      check();
    });
  }
}

const containerOf = (pod: SeenPod | undefined, restarts: number): string | undefined => {
  const [status] = pod?.status?.containerStatuses ?? [];
  const isUp = status?.restartCount === restarts && status.state?.running !== undefined;
  return isUp ? status.containerID?.replace(/^docker:\/\//, '') : undefined;
};

interface Ours {
  readonly api: Api;
  readonly pods: SeenPods;
}

async function recoverPod({ api, docker, pods }: Ours & { readonly docker: Docker }, name: string): Promise<number> {
  const manifest: unknown = JSON.parse(podManifest(name, { containers: [shell('exec sleep 3600')] }));
  await expectCode(api.request('POST', PODS, manifest), 201);
  const id = await pods.until((all) => containerOf(all.get(name), 0));
  const ms = await timed(async () => {
    await docker.getContainer(id).kill();
    await pods.until((all) => containerOf(all.get(name), 1));
  });
  await api.request('DELETE', `${PODS}/${name}`, { gracePeriodSeconds: 0 });
  await pods.until((all) => (all.has(name) ? undefined : true));
  return ms;
}

async function deploy(
  { api, pods }: Ours & { readonly cluster: Cluster },
  name: string,
  count: number,
): Promise<number> {
  const template = {
    metadata: { labels: { app: name } },
    spec: { terminationGracePeriodSeconds: 0, containers: [shell('exec sleep 3600')] },
  };
  const deployment = {
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: { name },
    spec: { replicas: count, selector: { matchLabels: { app: name } }, template },
  };
  const ofIt = (all: ReadonlyMap<string, SeenPod>): readonly SeenPod[] =>
    [...all.values()].filter(({ metadata }) => metadata.labels?.['app'] === name);
  const ms = await timed(async () => {
    await expectCode(api.request('POST', DEPLOYMENTS, deployment), 201);
    await pods.until((all) =>
      ofIt(all).filter(({ status }) => status?.phase === 'Running').length === count ? true : undefined,
    );
  });
  await api.request('DELETE', `${DEPLOYMENTS}/${name}`, { propagationPolicy: 'Background' });
  await pods.until((all) => (ofIt(all).length === 0 ? true : undefined));
  return ms;
}

/** What the agent makes for a pod, without an agent. */
async function rawPods(docker: Docker, prefix: string, count: number): Promise<number> {
  const made: string[] = [];
  const names = Array.from({ length: count }, (_, index) => `${prefix}-${index}`);
  const one = async (name: string): Promise<void> => {
    const sandbox = await docker.createContainer({
      name: `${name}-sandbox`,
      Image: SANDBOX_IMAGE,
      Entrypoint: [SANDBOX_PROGRAM],
      Labels: LABELS,
      HostConfig: { IpcMode: 'shareable', LogConfig: { Type: 'none', Config: {} } },
    });
    made.push(sandbox.id);
    const joined = { NetworkMode: `container:${sandbox.id}`, IpcMode: `container:${sandbox.id}` };
    const container = await docker.createContainer({
      name,
      Image: IMAGE,
      Cmd: ['sh', '-c', 'exec sleep 3600'],
      Labels: LABELS,
      HostConfig: joined,
    });
    made.push(container.id);
    await sandbox.start();
    await container.start();
  };
  try {
    return await timed(() => inParallel(names, one));
  } finally {
    await inParallel(
      made.reverse(),
      async (id) => void (await docker.getContainer(id).remove({ force: true, v: true })),
    );
  }
}

/** A swarm of one engine with one service of one replica. */
class Swarm {
  private constructor(private readonly docker: Docker) {}

  static async start(socketPath: string, address: string): Promise<Swarm> {
    const docker = new Docker({ socketPath });
    await docker.swarmInit({ ListenAddr: `${address}:2377`, AdvertiseAddr: address });
    await docker.createService({
      Name: SERVICE,
      TaskTemplate: {
        ContainerSpec: { Image: IMAGE, Command: ['sh', '-c', 'exec sleep 3600'] },
        RestartPolicy: { Condition: 'any', Delay: 0 },
      },
      Mode: { Replicated: { Replicas: 1 } },
    });
    const swarm = new Swarm(docker);
    await swarm.running('');
    return swarm;
  }

  /** Kills the service's container and tells how long it took until another runs. */
  async recover(): Promise<number> {
    const before = await this.running('');
    return timed(async () => {
      await this.docker.getContainer(before).kill();
      await this.running(before);
    });
  }

  /** The container of the task that runs, another than `other`. */
  private async running(other: string): Promise<string> {
    for (;;) {
      const tasks = (await this.docker.listTasks({
        filters: JSON.stringify({ service: [SERVICE], 'desired-state': ['running'] }),
      })) as readonly { readonly Status?: { State?: string; ContainerStatus?: { ContainerID?: string } } }[];
      for (const { Status } of tasks) {
        const id = Status?.ContainerStatus?.ContainerID;
        if (Status?.State === 'running' && id !== undefined && id !== other) return id;
      }
      await new Promise((resolve) => setTimeout(resolve, SWARM_POLL_MS));
    }
  }
}

const cpuOf = (cluster: Cluster) => ({
  agent: usageOf(cluster.kubelet().pid).cpuSeconds,
  server: usageOf(cluster.serverPid).cpuSeconds,
});

async function expectCode(call: ReturnType<Api['request']>, expected: number): Promise<void> {
  const { code, body } = await call;
  if (code !== expected) throw new Error(`${code} ${body}`);
}

async function timed(work: () => Promise<void>): Promise<number> {
  const start = performance.now();
  await work();
  return performance.now() - start;
}

async function inParallel(names: readonly string[], work: (name: string) => Promise<void>): Promise<void> {
  const queue = [...names];
  const lane = async (): Promise<void> => {
    for (let name = queue.shift(); name !== undefined; name = queue.shift()) await work(name);
  };
  await Promise.all(Array.from({ length: PARALLEL }, lane));
}

runProgram(main);
