import { readFile, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { aPod } from '../../shared/testing/builders';
import { RuntimeError } from '../runtime/runtime';
import type { Bench } from './testing/agent-bench';
import { deleted, endBench, startBench } from './testing/agent-bench';

let bench: Bench;

beforeEach(async () => {
  bench = await startBench();
});

afterEach(() => endBench(bench));

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
  await rm(path.join(bench.dataDir, 'assigned-pods.json'));

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

it('tells how a pod ended that is deleted, before it says that it is gone', async () => {
  await bench.sync(aPod());
  bench.runtime.takes('stopContainer', 5_000);
  await bench.assign(deleted(aPod(), 30));
  await bench.advance(5_000);
  expect(bench.session.terminated).toHaveLength(1);
  const { phase, containerStatuses } = bench.session.status('web');
  expect(['Succeeded', 'Failed']).toContain(phase);
  expect(containerStatuses?.[0]?.state?.terminated?.finishedAt).toBeDefined();
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
  const file = path.join(bench.dataDir, 'pods/uid-web/volumes/cfg/a');
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

it('keeps a container ready that was so when the agent was killed, until its probe says otherwise', async () => {
  const file = path.join(bench.dataDir, 'assigned-pods.json');
  const isReady = (): boolean | undefined => bench.session.status('web').containerStatuses?.[0]?.ready;
  await bench.sync(
    aPod({
      containers: [
        { name: 'app', image: 'busybox', readinessProbe: { exec: { command: ['look'] }, initialDelaySeconds: 3 } },
      ],
    }),
  );
  await bench.advance(200);
  await writtenWith(file, '"ready":false');
  await bench.advance(3_000);
  const leftByTheKilled = await writtenWith(file, '"ready":true');
  await bench.agent.stop();
  await writeFile(file, leftByTheKilled);
  bench.runtime.onExec(() => Promise.resolve(1));

  await bench.boot();
  await bench.settle();
  expect(isReady()).toBe(true);
  await bench.advance(20_000);
  expect(isReady()).toBe(false);
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

it('takes no pod that asks for a sysctl that is not allowed, and says which', async () => {
  await bench.sync(
    aPod({ spec: { securityContext: { sysctls: [{ name: 'kernel.msgmax', value: '65536' }] } } }),
    aPod({ name: 'safe', spec: { securityContext: { sysctls: [{ name: 'kernel.shm_rmid_forced', value: '1' }] } } }),
  );
  expect(bench.session.status('web')).toMatchObject({
    phase: 'Failed',
    reason: 'SysctlForbidden',
    message: 'Pod was rejected: forbidden sysctl: "kernel.msgmax" not allowlisted',
  });
  expect(bench.session.said()).toContain('SysctlForbidden forbidden sysctl: "kernel.msgmax" not allowlisted');
  expect(bench.session.status('safe').phase).toBe('Running');
});

/** What the file holds once it holds that. */
async function writtenWith(file: string, text: string): Promise<string> {
  const deadline = Date.now() + 3_000;
  for (;;) {
    const content = await readFile(file, 'utf8').catch(() => '');
    if (content.includes(text)) return content;
    if (Date.now() > deadline) throw new Error(`${file} does not hold ${text}: ${content}`);
    await new Promise((resolve) => setImmediate(resolve));
  }
}
