import { mkdtemp, readFile, rm } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import type { Pod } from '../../shared/api/objects';
import { silentLogger } from '../../shared/logger';
import { seededRandom } from '../../shared/random';
import { aPod } from '../../shared/testing/builders';
import { FakeClock, settle as settlePromises } from '../../shared/testing/fake-clock';
import type { Supplies } from '../eviction/thresholds';
import { parseThresholds } from '../eviction/thresholds';
import type { ImageProvider } from '../pod-worker/pod-environment';
import { ImageProblem } from '../pod-worker/pod-environment';
import { FakeRuntime } from '../runtime/fake/fake-runtime';
import { RuntimeError } from '../runtime/runtime';
import { Agent } from './agent';
import { FakeSession } from './testing/fake-session';

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
const PLENTY: Supplies = {
  'memory.available': half,
  'nodefs.available': half,
  'nodefs.inodesFree': half,
  'pid.available': half,
};

/** An agent on a fake engine, with a server at arm's length and time standing still. */
class Bench {
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

let bench: Bench;
let dataDir: string;

beforeEach(async () => {
  dataDir = await mkdtemp(path.join(os.tmpdir(), 'agent-'));
  bench = new Bench(dataDir);
  await bench.boot();
});

afterEach(async () => {
  await bench.agent.stop();
  await rm(dataDir, { recursive: true, force: true });
});

const deleted = (pod: Pod, graceSeconds: number): Pod => ({
  ...pod,
  metadata: { ...pod.metadata, deletionTimestamp: '2026-01-01T00:00:00Z', deletionGracePeriodSeconds: graceSeconds },
});

it('runs a pod and reports it Running and Ready', async () => {
  await bench.sync(aPod());

  expect(bench.running()).toEqual(['app/0']);
  expect(bench.session.status('web')).toMatchObject({ phase: 'Running', podIP: '10.88.0.1', hostIP: '192.168.0.1' });
  expect(bench.session.status('web').conditions).toContainEqual(
    expect.objectContaining({ type: 'Ready', status: 'True' }),
  );
  expect(bench.session.said()).toEqual(['Created Created container: app', 'Started Started container app']);
});

it('replaces a container removed behind its back at once', async () => {
  await bench.sync(aPod());
  bench.runtime.removeBehindOurBack(bench.idOf('app'));
  await bench.settle();
  expect(bench.running()).toEqual(['app/1']);
  expect(bench.session.status('web').containerStatuses?.[0]?.restartCount).toBe(1);
});

it('makes a new sandbox when its own died', async () => {
  await bench.sync(aPod());
  for (const id of bench.runtime.engine.sandboxes.keys()) bench.runtime.killSandbox(id);
  await bench.settle();
  expect(bench.running()).toEqual(['app/1']);
  expect(bench.session.said()).toContain('SandboxChanged Pod sandbox changed, it will be killed and re-created.');
});

it('backs off a container that crashes again and again', async () => {
  await bench.sync(aPod());
  for (let crash = 0; crash < 2; crash++) {
    await bench.exit('app', 1);
  }
  expect(bench.session.status('web').containerStatuses?.[0]?.state?.waiting).toEqual({
    reason: 'CrashLoopBackOff',
    message: 'back-off 10s restarting failed container=app pod=web_default(uid-web)',
  });
  await bench.advance(9_000);
  expect(bench.running()).toEqual([]);
  await bench.advance(1_000);
  expect(bench.running()).toEqual(['app/2']);
});

it('adopts what runs after a restart, without starting anything again', async () => {
  await bench.sync(aPod());
  await bench.agent.stop();

  await bench.boot();
  await bench.sync(aPod());
  expect(bench.running()).toEqual(['app/0']);
  expect(bench.runtime.callsOf('createSandbox')).toHaveLength(1);
  expect(bench.runtime.callsOf('createContainer')).toHaveLength(1);
});

it('restarts its pods without a server, from what it was told before', async () => {
  await bench.sync(aPod());
  await bench.agent.stop();
  await bench.boot();
  await bench.exit('app', 1);
  expect(bench.running()).toEqual(['app/1']);
});

it('removes pods that were deleted while it was away', async () => {
  await bench.sync(aPod(), aPod({ name: 'other' }));
  await bench.agent.stop();
  await rm(path.join(dataDir, 'assigned-pods.json'));

  await bench.boot();
  await bench.settle();
  expect(bench.running()).toEqual(['app/0', 'app/0']);
  await bench.sync(aPod());
  expect(bench.running()).toEqual(['app/0']);
});

it('begins what is new when what was deleted while it was away has ended', async () => {
  bench.runtime.program(() => ({ onSigterm: 'ignored' }));
  await bench.sync(aPod());
  const fresh = aPod({ name: 'fresh', containers: [{ name: 'fresh', image: 'busybox' }] });
  const graceMs = (aPod().spec.terminationGracePeriodSeconds ?? 30) * 1_000;
  await bench.sync(fresh);
  await bench.advance(graceMs - 1);
  expect(bench.running()).toEqual(['app/0']);
  await bench.advance(1);
  expect(bench.running()).toEqual(['fresh/0']);
});

it('begins what is new after half a minute where what ends takes longer', async () => {
  bench.runtime.program(() => ({ onSigterm: 'ignored' }));
  await bench.sync(aPod());
  const fresh = aPod({ name: 'fresh', containers: [{ name: 'fresh', image: 'busybox' }] });
  await bench.sync(deleted(aPod(), 3_600), fresh);
  await bench.advance(29_999);
  expect(bench.running()).toEqual(['app/0']);
  await bench.advance(1);
  expect(bench.running()).toEqual(['app/0', 'fresh/0']);
});

it('ends a deleted pod with its grace period and tells the server when all of it is gone', async () => {
  bench.runtime.program(() => ({ onSigterm: 'ignored' }));
  await bench.sync(aPod());
  await bench.assign(deleted(aPod(), 30));
  expect(bench.runtime.callsOf('stopContainer').map(({ args }) => args)).toEqual([[bench.idOf('app'), 30]]);
  expect(bench.session.terminated).toEqual([]);

  await bench.advance(30_000);
  expect(bench.session.terminated).toEqual([{ uid: 'uid-web', namespace: 'default', name: 'web' }]);
  expect(await bench.runtime.list()).toEqual({ sandboxes: [], containers: [] });
});

it('cuts the grace short when the pod is deleted again with a shorter one', async () => {
  bench.runtime.program(() => ({ onSigterm: 'ignored' }));
  await bench.sync(aPod());
  await bench.assign(deleted(aPod(), 30));
  await bench.assign(deleted(aPod(), 0));
  await bench.advance(0);
  expect(bench.session.terminated).toHaveLength(1);
});

it('tells the server at once that a pod it never ran is gone', async () => {
  await bench.assign(deleted(aPod(), 30));
  expect(bench.session.terminated).toHaveLength(1);
  expect(bench.runtime.callsOf('createSandbox')).toEqual([]);
});

it.each(Array.from({ length: 12 }, (_, turns) => turns))(
  'leaves nothing behind of a pod deleted %i turns after its assignment',
  async (turns) => {
    bench.agent.onPod({ revision: 1, pod: aPod() });
    for (let turn = 0; turn < turns; turn++) await new Promise((resolve) => setImmediate(resolve));
    await bench.assign(deleted(aPod(), 30));
    await bench.advance(60_000);
    expect(await bench.runtime.list()).toEqual({ sandboxes: [], containers: [] });
    expect(bench.session.terminated).toHaveLength(1);
  },
);

it.each(['createSandbox', 'startSandbox', 'createContainer', 'startContainer'] as const)(
  'leaves nothing behind of a pod deleted while %s is under way',
  async (method) => {
    bench.runtime.takes(method, 1_000);
    await bench.sync(aPod());
    await bench.assign(deleted(aPod(), 30));
    await bench.advance(60_000);
    expect(await bench.runtime.list()).toEqual({ sandboxes: [], containers: [] });
    expect(bench.session.terminated).toHaveLength(1);
  },
);

it('shows a missing image and tries it again later', async () => {
  bench.missingImages.add('busybox');
  await bench.sync(aPod());
  expect(bench.session.status('web').containerStatuses?.[0]?.state?.waiting?.reason).toBe('ErrImagePull');
  bench.missingImages.clear();
  await bench.advance(10_000);
  expect(bench.running()).toEqual(['app/0']);
});

it('waits for a ConfigMap and goes on as soon as it is there', async () => {
  const env = [{ name: 'A', valueFrom: { configMapKeyRef: { name: 'settings', key: 'a' } } }];
  await bench.sync(aPod({ containers: [{ name: 'app', image: 'busybox', env }] }));
  expect(bench.session.status('web').containerStatuses?.[0]?.state?.waiting).toEqual({
    reason: 'CreateContainerConfigError',
    message: 'configmap "settings" not found',
  });

  const metadata = { name: 'settings', namespace: 'default', uid: 'u', resourceVersion: '1', creationTimestamp: '' };
  const object = { apiVersion: 'v1', kind: 'ConfigMap', metadata, data: { a: 'one' } };
  bench.agent.onObjectChanged({
    revision: 9,
    ref: { kind: 'ConfigMap', namespace: 'default', name: 'settings' },
    object,
  });
  await bench.settle();
  expect(bench.running()).toEqual(['app/0']);
  expect(bench.runtime.specOf(bench.idOf('app')).env).toEqual([{ name: 'A', value: 'one' }]);
});

it('leaves what runs alone without a server, and holds what needs a Secret until there is one', async () => {
  const env = [{ name: 'A', valueFrom: { secretKeyRef: { name: 'login', key: 'a' } } }];
  const metadata = { name: 'login', namespace: 'default', uid: 'u', resourceVersion: '1', creationTimestamp: '' };
  bench.session.objects.set('Secret/default/login', {
    apiVersion: 'v1',
    kind: 'Secret',
    metadata,
    data: { a: 'b25l' },
  });
  const { objects } = bench.session;
  await bench.sync(aPod({ containers: [{ name: 'app', image: 'busybox', env }] }));
  await bench.agent.stop();
  await bench.boot();
  bench.session.isConnected = false;
  await bench.advance(60_000);
  expect(bench.running()).toEqual(['app/0']);

  await bench.exit('app', 1);
  expect(bench.running()).toEqual([]);
  expect(bench.session.said()).toContain('Failed Error: secret "login" is not known on this node: no server');

  bench.session.isConnected = true;
  for (const [key, object] of objects) bench.session.objects.set(key, object);
  bench.agent.onConnected();
  await bench.settle();
  expect(bench.running()).toEqual(['app/1']);
});

it('refreshes the files of a ConfigMap volume when it changes', async () => {
  const metadata = { name: 'settings', namespace: 'default', uid: 'u', resourceVersion: '1', creationTimestamp: '' };
  const settings = (a: string) => ({ apiVersion: 'v1', kind: 'ConfigMap', metadata, data: { a } });
  const ref = { kind: 'ConfigMap', namespace: 'default', name: 'settings' } as const;
  bench.session.objects.set('ConfigMap/default/settings', settings('one'));
  const spec = {
    volumes: [{ name: 'cfg', configMap: { name: 'settings' } }],
    containers: [{ name: 'app', image: 'busybox', volumeMounts: [{ name: 'cfg', mountPath: '/etc/cfg' }] }],
  };
  await bench.sync(aPod({ spec }));
  const file = path.join(dataDir, 'pods/uid-web/volumes/cfg/a');
  expect(await readFile(file, 'utf8')).toBe('one');

  bench.agent.onObjectChanged({ revision: 9, ref, object: settings('two') });
  await bench.settle();
  expect(await readFile(file, 'utf8')).toBe('two');
  expect(bench.running()).toEqual(['app/0']);
});

it('tells containers of the Services there are when they start, also after a restart without a server', async () => {
  const services = [{ name: 'db', clusterIp: '10.96.0.7', ports: [{ port: 80, protocol: 'TCP' }], isCluster: false }];
  const hostOf = () => bench.runtime.specOf(bench.idOf('app')).env.find(({ name }) => name === 'DB_SERVICE_HOST');
  bench.agent.onServices({ namespace: 'default', services });
  await bench.sync(aPod());
  expect(hostOf()?.value).toBe('10.96.0.7');
  await bench.agent.stop();
  await bench.boot();
  await bench.exit('app', 1);
  expect(bench.running()).toEqual(['app/1']);
  expect(hostOf()?.value).toBe('10.96.0.7');
});

it('shows why a container did not start, and backs off', async () => {
  bench.runtime.failNext('startContainer', new RuntimeError('StartFailed', 'exec: "nope": not found'));
  await bench.sync(aPod());
  expect(bench.session.status('web').containerStatuses?.[0]?.state?.waiting).toEqual({
    reason: 'RunContainerError',
    message: 'exec: "nope": not found',
  });
  expect(bench.session.said()).toContain('Failed Error: exec: "nope": not found');
});

it('tries a sandbox again that could not be made', async () => {
  bench.runtime.failNext('startSandbox', new RuntimeError('PortConflict', 'port is already allocated'));
  await bench.sync(aPod());
  expect(bench.session.said()).toContain(
    'FailedCreatePodSandBox Failed to create pod sandbox: port is already allocated',
  );
  await bench.advance(500);
  expect(bench.running()).toEqual(['app/0']);
});

it('says that the node is not ready while the engine is down, and heals when it is back', async () => {
  await bench.sync(aPod());
  bench.runtime.loseEngine('connect ECONNREFUSED');
  await bench.settle();
  expect((await bench.agent.heartbeat()).conditions).toContainEqual({
    type: 'Ready',
    status: 'False',
    reason: 'ContainerRuntimeUnavailable',
    message: 'container runtime is down: connect ECONNREFUSED',
  });
  bench.runtime.restoreEngine();
  await bench.settle();
  expect((await bench.agent.heartbeat()).conditions).toContainEqual(
    expect.objectContaining({ type: 'Ready', status: 'True' }),
  );
});

it('adopts nothing and starts nothing while the engine is down from the start, then does', async () => {
  await bench.agent.stop();
  bench.runtime.failNext('prepare', new RuntimeError('EngineUnavailable', 'no socket'));
  await bench.boot();
  await bench.sync(aPod());
  expect(bench.running()).toEqual([]);
  await bench.advance(2_000);
  expect(bench.running()).toEqual(['app/0']);
});

it('restarts a container whose liveness probe fails', async () => {
  const livenessProbe = { exec: { command: ['true'] }, periodSeconds: 5, failureThreshold: 2 };
  await bench.sync(aPod({ containers: [{ name: 'app', image: 'busybox', livenessProbe }] }));
  bench.runtime.onExec(() => 1);
  await bench.advance(5_000);
  expect(bench.running()).toEqual(['app/0']);
  await bench.advance(5_000);
  expect(bench.running()).toEqual(['app/1']);
  expect(bench.session.said()).toContain('Killing Container app failed liveness probe, will be restarted');
});

it('is ready once the readiness probe succeeds', async () => {
  const readinessProbe = { exec: { command: ['true'] }, initialDelaySeconds: 3 };
  await bench.sync(aPod({ containers: [{ name: 'app', image: 'busybox', readinessProbe }] }));
  expect(bench.session.status('web').containerStatuses?.[0]?.ready).toBe(false);
  await bench.advance(3_000);
  expect(bench.session.status('web').containerStatuses?.[0]?.ready).toBe(true);
});

it('runs the preStop hook before it stops a container', async () => {
  const lifecycle = { preStop: { exec: { command: ['drain'] } } };
  const pod = aPod({ containers: [{ name: 'app', image: 'busybox', lifecycle }] });
  await bench.sync(pod);
  await bench.assign(deleted(pod, 30));
  expect(bench.runtime.callsOf('exec')[0]?.args[1]).toMatchObject({ command: ['drain'] });
  expect(bench.session.terminated).toHaveLength(1);
});

it('fails a pod that outlives its deadline', async () => {
  await bench.sync(aPod({ spec: { activeDeadlineSeconds: 5 } }));
  await bench.advance(5_000);
  expect(bench.session.status('web')).toMatchObject({ phase: 'Failed', reason: 'DeadlineExceeded' });
  expect(bench.running()).toEqual([]);
});

it('reports a pod that completed, and leaves its container for the logs', async () => {
  await bench.sync(aPod({ spec: { restartPolicy: 'Never' } }));
  await bench.exit('app', 0);
  expect(bench.session.status('web').phase).toBe('Succeeded');
  const { sandboxes, containers } = await bench.runtime.list();
  expect([sandboxes.length, containers.length]).toEqual([0, 1]);
});

it('starts thirty pods at once', async () => {
  await bench.sync(...Array.from({ length: 30 }, (_, index) => aPod({ name: `p${index}` })));
  expect(bench.running()).toHaveLength(30);
});

describe('an ephemeral container', () => {
  const withDebugger = (traits: object = {}): Pod =>
    aPod({ spec: { ephemeralContainers: [{ name: 'debugger', image: 'busybox', ...traits }] } });
  const statusOf = () => bench.session.status('web').ephemeralContainerStatuses?.[0];

  it('starts beside what runs, and sees the processes of its target', async () => {
    await bench.sync(aPod());
    await bench.assign(withDebugger({ targetContainerName: 'app' }));
    expect(bench.running()).toEqual(['app/0', 'debugger/0']);
    const { kind, joinsProcessesOf } = bench.runtime.specOf(bench.idOf('debugger'));
    expect({ kind, joinsProcessesOf }).toEqual({ kind: 'ephemeral', joinsProcessesOf: bench.idOf('app') });
    expect(statusOf()).toMatchObject({ name: 'debugger', ready: false, restartCount: 0, state: { running: {} } });
    expect(bench.session.status('web').conditions).toContainEqual(
      expect.objectContaining({ type: 'Ready', status: 'True' }),
    );
    expect(bench.session.events.at(-1)?.pod?.fieldPath).toBe('spec.ephemeralContainers{debugger}');
  });

  it('is never started again, neither after its end nor when it was removed, also by a later agent', async () => {
    await bench.sync(withDebugger());
    await bench.exit('debugger', 1);
    expect(statusOf()?.state?.terminated?.exitCode).toBe(1);
    await bench.advance(600_000);
    bench.runtime.removeBehindOurBack(bench.idOf('debugger'));
    await bench.settle();
    await bench.agent.stop();
    await bench.boot();
    await bench.sync(withDebugger());
    expect(bench.running()).toEqual(['app/0']);
  });

  it('does not keep a pod that is done from being done', async () => {
    const pod = withDebugger();
    await bench.sync({ ...pod, spec: { ...pod.spec, restartPolicy: 'Never' } });
    await bench.exit('app', 0);
    expect(bench.session.status('web').phase).toBe('Succeeded');
    expect(bench.running()).toEqual([]);
  });

  it('waits for its target, and says so', async () => {
    bench.missingImages.add('app:v1');
    const pod = withDebugger({ targetContainerName: 'app' });
    await bench.sync({ ...pod, spec: { ...pod.spec, containers: [{ name: 'app', image: 'app:v1' }] } });
    expect(statusOf()?.state?.waiting).toEqual({
      reason: 'CreateContainerConfigError',
      message: 'unable to find target container "app": it does not run',
    });
    bench.runtime.addImage('app:v1');
    bench.missingImages.clear();
    await bench.advance(20_000);
    expect(bench.running()).toEqual(['app/0', 'debugger/0']);
  });
});

describe('a node that runs short of memory', () => {
  const isShort = { ...PLENTY, 'memory.available': { available: 50 * 2 ** 20, capacity: 2 ** 31 } };
  const condition = async (type: string) =>
    (await bench.agent.heartbeat()).conditions.find((each) => each.type === type)?.status;
  const runAll = async (...pods: Pod[]): Promise<void> => {
    await bench.sync(...pods);
    for (const { observed } of bench.runtime.engine.containers.values())
      bench.runtime.setStats(observed.id, { cpuNanoseconds: 0, memoryBytes: 120 * 2 ** 20 });
    bench.supplies = isShort;
  };

  it('says so, and evicts one pod after the other: first those that use more than they asked for', async () => {
    await runAll(aPod({ name: 'within', memory: '1Gi' }), aPod({ name: 'above', memory: '64Mi' }), aPod());
    expect(await condition('MemoryPressure')).toBe('False');
    await bench.advance(10_000);
    expect(await condition('MemoryPressure')).toBe('True');
    expect(bench.session.status('web')).toMatchObject({
      phase: 'Failed',
      reason: 'Evicted',
      message:
        'The node was low on resource: memory. Threshold quantity: 100Mi, available: 50Mi. ' +
        'Container app was using 120Mi, request is 0, has larger consumption of memory. ',
    });
    expect(bench.session.said()).toContain('EvictionThresholdMet Attempting to reclaim memory');
    expect(bench.running()).toHaveLength(2);
    await bench.advance(10_000);
    expect(bench.session.status('above').reason).toBe('Evicted');
    await bench.advance(10_000);
    expect(bench.session.status('within').reason).toBe('Evicted');
  });

  it('evicts no more once there is enough, and calls itself short for five minutes more', async () => {
    await runAll(aPod(), aPod({ name: 'other' }));
    await bench.advance(10_000);
    bench.supplies = PLENTY;
    await bench.advance(290_000);
    expect(bench.running()).toHaveLength(1);
    expect(await condition('MemoryPressure')).toBe('True');
    await bench.advance(20_000);
    expect(await condition('MemoryPressure')).toBe('False');
  });

  it('waits for the evicted pod to be gone before it takes another', async () => {
    bench.runtime.takes('stopContainer', 25_000);
    await runAll(aPod(), aPod({ name: 'other' }));
    await bench.advance(30_000);
    expect(bench.session.said().filter((words) => words.startsWith('Evicted'))).toHaveLength(1);
    await bench.advance(10_000);
    expect(bench.session.said().filter((words) => words.startsWith('Evicted'))).toHaveLength(2);
  });

  it('takes no new pod that does not say how much it needs', async () => {
    await runAll(aPod());
    await bench.advance(10_000);
    await bench.assign(aPod({ name: 'new' }));
    expect(bench.session.status('new')).toMatchObject({
      phase: 'Failed',
      reason: 'Evicted',
      message: 'Pod was rejected: The node was low on resource: [MemoryPressure]. ',
    });
    await bench.assign(aPod({ name: 'modest', memory: '64Mi' }));
    expect(bench.session.status('modest').phase).toBe('Running');
  });

  it('leaves pods alone that keep the cluster going', async () => {
    await runAll(aPod({ priority: 2_000_001_000 }));
    await bench.advance(60_000);
    expect(bench.running()).toEqual(['app/0']);
  });

  it('still calls a pod evicted after a restart', async () => {
    await runAll(aPod());
    await bench.advance(10_000);
    await bench.agent.stop();
    await bench.boot();
    await bench.sync(aPod());
    expect(bench.session.status('web').reason).toBe('Evicted');
    expect(bench.running()).toEqual([]);
  });
});

describe('a pod that is given other resources while it runs', () => {
  const asking = (cpu: string, memory: string, more: object = {}): Pod => {
    const resources = { requests: { cpu, memory }, limits: { cpu, memory } };
    return aPod({ containers: [{ name: 'app', image: 'busybox', resources, ...more }] });
  };
  const shown = () => bench.session.status('web').containerStatuses?.[0]?.resources?.limits;
  const condition = () => bench.session.status('web').conditions?.find(({ type }) => type.startsWith('PodResize'));

  it('has them at once, without a restart', async () => {
    await bench.sync(asking('100m', '64Mi'));
    expect(shown()).toEqual({ cpu: '100m', memory: '64Mi' });
    await bench.assign(asking('200m', '128Mi'));
    expect(bench.running()).toEqual(['app/0']);
    const resources = { cpuShares: 204, cpuLimitMilli: 200, memoryLimitBytes: 128 * 2 ** 20 };
    expect(bench.runtime.find('app')?.resources).toEqual(resources);
    expect(shown()).toEqual({ cpu: '200m', memory: '128Mi' });
    expect(condition()).toBeUndefined();
  });

  it('is restarted for them where its policy says so', async () => {
    const resizePolicy = [{ resourceName: 'memory', restartPolicy: 'RestartContainer' }];
    await bench.sync(asking('100m', '64Mi', { resizePolicy }));
    await bench.assign(asking('200m', '64Mi', { resizePolicy }));
    expect(bench.running()).toEqual(['app/0']);
    await bench.assign(asking('200m', '128Mi', { resizePolicy }));
    expect(bench.running()).toEqual(['app/1']);
    expect(bench.session.said()).toContain('Killing Container app resize requires restart');
  });

  it('keeps what it has where the node is too small, and says so', async () => {
    await bench.sync(asking('100m', '64Mi'));
    await bench.assign(asking('5', '64Mi'));
    expect(bench.runtime.callsOf('resizeContainer')).toEqual([]);
    expect(shown()).toEqual({ cpu: '100m', memory: '64Mi' });
    expect(condition()).toMatchObject({
      type: 'PodResizePending',
      reason: 'Infeasible',
      message: "Node didn't have enough capacity: cpu, requested: 5000, capacity: 4000",
    });
  });

  it('waits for room beside the other pods, and takes it when one of them goes', async () => {
    const other = aPod({ name: 'other', cpu: '3' });
    await bench.sync(asking('100m', '64Mi'), other);
    await bench.assign(asking('2', '64Mi'));
    expect(shown()).toEqual({ cpu: '100m', memory: '64Mi' });
    expect(condition()).toMatchObject({
      type: 'PodResizePending',
      reason: 'Deferred',
      message: "Node didn't have enough resource: cpu, requested: 2000, used: 3000, capacity: 4000",
    });
    await bench.assign(deleted(other, 0));
    await bench.advance(10_000);
    expect(shown()).toEqual({ cpu: '2', memory: '64Mi' });
    expect(condition()).toBeUndefined();
  });

  it('says why it cannot have less, and tries again until it can', async () => {
    await bench.sync(asking('100m', '128Mi'));
    const id = bench.idOf('app');
    bench.runtime.setStats(id, { cpuNanoseconds: 0, memoryBytes: 100 * 2 ** 20 });
    await bench.assign(asking('100m', '64Mi'));
    expect(condition()).toMatchObject({
      type: 'PodResizeInProgress',
      reason: 'Error',
      message: 'write memory.limit_in_bytes: device or resource busy',
    });
    bench.runtime.setStats(id, { cpuNanoseconds: 0, memoryBytes: 1 });
    await bench.advance(60_000);
    expect(shown()).toEqual({ cpu: '100m', memory: '64Mi' });
    expect(condition()).toBeUndefined();
  });
});

describe('a pod of a StatefulSet', () => {
  const member: Pod = {
    ...aPod({ name: 'db-0' }),
    metadata: {
      ...aPod({ name: 'db-0' }).metadata,
      ownerReferences: [{ apiVersion: 'apps/v1', kind: 'StatefulSet', name: 'db', uid: 'set', controller: true }],
    },
  };
  const other = aPod({ name: 'web', containers: [{ name: 'other', image: 'busybox' }] });
  const FENCE_MS = 20_000;

  it('is started when the server answers', async () => {
    await bench.syncFenced(FENCE_MS, member, other);
    expect(bench.running()).toEqual(['other/0']);
    await bench.answerBeat();
    expect(bench.running()).toEqual(['app/0', 'other/0']);
  });

  it('is stopped, alone, by a node whose server has been away for too long', async () => {
    await bench.syncFenced(FENCE_MS, member, other);
    await bench.answerBeat();
    await bench.advance(FENCE_MS - 1);
    expect(bench.running()).toEqual(['app/0', 'other/0']);
    await bench.advance(10_001);
    expect(bench.running()).toEqual(['other/0']);
    expect(bench.session.status('db-0')).toMatchObject({ phase: 'Failed', reason: 'NodeFenced' });
  });

  it('runs on as long as beats are answered', async () => {
    await bench.syncFenced(FENCE_MS, member);
    for (let beat = 0; beat < 20; beat += 1) {
      await bench.answerBeat();
      await bench.advance(2_000);
    }
    expect(bench.running()).toEqual(['app/0']);
  });

  it('is stopped by the next agent where the one before has gone meanwhile', async () => {
    await bench.syncFenced(FENCE_MS, member);
    await bench.answerBeat();
    await bench.answerBeat();
    await bench.agent.stop();
    await bench.advance(FENCE_MS + 1_000);
    await bench.boot();
    await bench.settle();
    expect(bench.running()).toEqual(['app/0']);
    await bench.advance(15_000);
    expect(bench.running()).toEqual([]);
  });

  it('is not started again by a node that has only just come up', async () => {
    await bench.syncFenced(FENCE_MS, member);
    await bench.answerBeat();
    await bench.answerBeat();
    await bench.agent.stop();
    for (const { observed } of [...bench.runtime.engine.containers.values()])
      bench.runtime.removeBehindOurBack(observed.id);
    await bench.boot();
    await bench.settle();
    expect(bench.running()).toEqual([]);
    await bench.syncFenced(FENCE_MS, member);
    await bench.answerBeat();
    expect(bench.running()).toHaveLength(1);
  });
});
