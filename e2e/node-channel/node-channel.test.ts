import type { Pod } from '../../shared/api/objects';
import { StatusError } from '../../shared/status-error';
import { FakeClock } from '../../shared/testing/fake-clock';
import { aPod } from '../../shared/testing/builders';
import type { AgentStream } from '../../shared/wire/byte-stream';
import type { PolicyChange } from '../../shared/wire/network-policy';
import type { ObjectChanged, PodAssignment, StreamRequest, Sync } from '../../shared/wire/node-channel';
import { SUCCESS } from '../../shared/wire/stream-port';
import { ChannelHarness, until } from './channel-harness';

const EXEC: StreamRequest = {
  type: 'exec',
  podUid: 'uid-web',
  container: 'app',
  command: ['cat'],
  stdin: true,
  stdout: true,
  stderr: true,
  tty: false,
};

let harness: ChannelHarness;
afterEach(() => harness.stop());

const createPod = (name: string, node: string, spec: Partial<Pod['spec']> = {}): Promise<Pod> =>
  harness.client.create('Pod', { ...aPod({ name, node, spec }) });

const names = (sync: Sync | undefined): string[] => (sync?.pods ?? []).map((pod) => pod.metadata.name);

describe('a registered agent', () => {
  beforeEach(async () => {
    harness = await ChannelHarness.start();
  });

  it('stands as a ready Node with what it told about itself', async () => {
    await harness.connectedAgent('n1');
    await until(() => harness.client.view('Node').get({ name: 'n1' })?.status?.conditions !== undefined);
    const node = harness.client.view('Node').get({ name: 'n1' });

    expect(node?.metadata.labels).toMatchObject({ 'kubernetes.io/hostname': 'n1', rack: 'r1' });
    expect(node?.status?.capacity).toEqual({ cpu: '4', memory: '8Gi', pods: '110' });
    expect(node?.status?.conditions).toContainEqual(expect.objectContaining({ type: 'Ready', status: 'True' }));
    expect(harness.channel.nodes()).toMatchObject([{ name: 'n1', state: 'connected', address: '10.0.0.7' }]);
    await until(() => harness.channel.nodes()[0]?.usage?.cpuMilli === 120);
  });

  it('is handed its pods at once, and later ones as they come, change and go', async () => {
    await createPod('before', 'n1');
    await createPod('elsewhere', 'n2');
    const agent = await harness.connectedAgent('n1');
    expect(names(agent.all<Sync>('sync')[0])).toEqual(['before']);

    await createPod('later', 'n1');
    await until(() => agent.all('pod').length === 1);
    await harness.client.delete('Pod', { namespace: 'default', name: 'later' });
    await until(() => agent.all('pod').length === 2);
    expect(agent.all<PodAssignment>('pod')[1]?.pod.metadata.deletionTimestamp).toBeDefined();
    agent.session.reportPodTerminated({ uid: 'uid-later', namespace: 'default', name: 'later' });
    await until(() => agent.all('podRemoved').length === 1);
    expect(harness.client.view('Pod').get({ namespace: 'default', name: 'later' })).toBeUndefined();
  });

  it('has its beats answered', async () => {
    const agent = await harness.connectedAgent('n1');
    await until(() => agent.beatsAnswered > 0);
  });

  it('is told of the Services of its pods before the pods, and again when they change', async () => {
    const createService = (namespace: string, name: string, clusterIP: string) =>
      harness.client.create('Service', { metadata: { namespace, name }, spec: { clusterIP, ports: [{ port: 80 }] } });
    await createService('default', 'db', '10.96.0.7');
    await createService('default', 'headless', 'None');
    await createService('default', 'kubernetes', '10.96.0.1');
    await createService('other', 'elsewhere', '10.96.0.8');
    await createPod('early', 'n1');
    const link = (name: string, clusterIp: string, isCluster = false) => ({
      name,
      clusterIp,
      ports: [{ port: 80, protocol: 'TCP' }],
      isCluster,
    });
    const before = [link('db', '10.96.0.7'), link('kubernetes', '10.96.0.1', true)];
    const agent = await harness.connectedAgent('n1');
    expect(agent.all('sync')).toEqual([
      expect.objectContaining({ services: [{ namespace: 'default', services: before }] }),
    ]);

    const metadata = { namespace: 'other', name: 'late', uid: 'uid-late' };
    await harness.client.create('Pod', { metadata, spec: { nodeName: 'n1', containers: [] } });
    await until(() => agent.all('pod').length === 1);
    expect(agent.told.slice(-2).map(({ what }) => what)).toEqual(['services', 'pod']);
    expect(agent.all('services')).toEqual([
      { namespace: 'other', services: [link('elsewhere', '10.96.0.8'), link('kubernetes', '10.96.0.1', true)] },
    ]);

    await createService('default', 'new', '10.96.0.9');
    await until(() => agent.all('services').length === 2);
    expect(agent.all('services').at(-1)).toMatchObject({ namespace: 'default', services: { length: 3 } });
  });

  it('is told of the policies of its pods before the pods, of nobody else, and of who comes and goes as a peer', async () => {
    const policy = {
      podSelector: { matchLabels: { app: 'web' } },
      policyTypes: ['Ingress'],
      ingress: [{ from: [{ podSelector: { matchLabels: { app: 'web' } } }] }],
    };
    const put = (name: string, nodeName: string, labels: Record<string, string>, podIP?: string) =>
      harness.client.create('Pod', {
        metadata: { namespace: 'default', name, uid: `uid-${name}`, labels },
        spec: { nodeName, containers: [] },
        ...(podIP === undefined ? {} : { status: { podIP } }),
      });
    await harness.client.create('NetworkPolicy', { metadata: { namespace: 'default', name: 'web' }, spec: policy });
    const agent = await harness.connectedAgent('n1');
    expect(agent.all<Sync>('sync')[0]?.policies).toMatchObject({ kind: 'snapshot', policies: [], groups: [] });

    await put('web', 'n1', { app: 'web' });
    await until(() => agent.all('pod').length === 1);
    expect(agent.told.filter(({ what }) => what === 'policies' || what === 'pod').map(({ what }) => what)).toEqual([
      'policies',
      'pod',
    ]);
    const [first] = agent.all<PolicyChange>('policies');
    expect(first?.policies).toMatchObject([{ name: 'web', pods: [{ uid: 'uid-web', ports: [] }], ingress: [{}] }]);

    await put('db', 'n2', { app: 'db' }, '10.0.2.1');
    await put('peer', 'n2', { app: 'web' }, '10.0.2.2');
    await until(() => agent.all('policies').length === 2);
    expect(agent.all<PolicyChange>('policies')[1]).toMatchObject({
      policies: [],
      groups: [{ come: ['10.0.2.2'], gone: [] }],
    });

    await harness.client.delete('NetworkPolicy', { namespace: 'default', name: 'web' });
    await until(() => agent.all('policies').length === 3);
    expect(agent.all<PolicyChange>('policies')[2]).toMatchObject({
      removedPolicies: ['default/web'],
      removedGroups: [first?.groups[0]?.id],
    });
  });

  it('has the newest status of a pod stored, and the conditions of others kept', async () => {
    await createPod('web', 'n1');
    await harness.client.modify(
      'Pod',
      { namespace: 'default', name: 'web' },
      (pod) => ({ ...pod, status: { phase: 'Pending', conditions: [{ type: 'PodScheduled', status: 'True' }] } }),
      { subresource: 'status' },
    );
    const agent = await harness.connectedAgent('n1');
    for (let restarts = 0; restarts < 20; restarts++) {
      agent.session.reportPodStatus({
        uid: 'uid-web',
        namespace: 'default',
        name: 'web',
        status: { phase: 'Running', message: `${restarts}`, conditions: [{ type: 'Ready', status: 'True' }] },
      });
    }
    const stored = (): Pod | undefined => harness.client.view('Pod').get({ namespace: 'default', name: 'web' });
    await until(() => stored()?.status?.message === '19');
    expect(stored()?.status).toMatchObject({
      phase: 'Running',
      conditions: [
        { type: 'PodScheduled', status: 'True' },
        { type: 'Ready', status: 'True' },
      ],
    });
    // Twenty reports, but only what stood still long enough to matter was written.
    expect(harness.client.writes.filter((write) => write === 'update status Pod default/web').length).toBeLessThan(5);
    expect(agent.all('pod')).toEqual([]);
  });

  it('hears what others say for the readiness gates of a pod, and of no other condition', async () => {
    await createPod('web', 'n1', { readinessGates: [{ conditionType: 'example.com/gate' }] });
    const agent = await harness.connectedAgent('n1');
    const say = (type: string): Promise<Pod> =>
      harness.client.modify(
        'Pod',
        { namespace: 'default', name: 'web' },
        (pod) => ({
          ...pod,
          status: { ...pod.status, conditions: [...(pod.status?.conditions ?? []), { type, status: 'True' }] },
        }),
        { subresource: 'status' },
      );
    await say('example.com/other');
    await say('example.com/gate');
    await until(() => agent.all('pod').length > 0);
    expect(agent.all<PodAssignment>('pod').map(({ pod }) => pod.status?.conditions?.map(({ type }) => type))).toEqual([
      ['example.com/other', 'example.com/gate'],
    ]);
  });

  it('cannot touch pods of other nodes', async () => {
    await createPod('web', 'n2');
    const agent = await harness.connectedAgent('n1');
    const pod = { uid: 'uid-web', namespace: 'default', name: 'web' };
    const before = harness.client.writes.length;
    agent.session.reportPodStatus({ ...pod, status: { phase: 'Failed' } });
    agent.session.reportPodTerminated(pod);
    agent.session.reportEvent({ pod, type: 'Warning', reason: 'Forged', message: 'not mine' });
    // Answered in order on one socket: once this is refused, so were the others before it.
    const secret = { kind: 'Secret', namespace: 'default', name: 'password' } as const;
    await expect(agent.session.fetch(secret)).rejects.toMatchObject({ reason: 'Forbidden' });
    expect(harness.client.writes.slice(before).filter((write) => !write.includes('Node'))).toEqual([]);
  });

  it('may read what its pods refer to, and hears when that changes or goes', async () => {
    const ref = { kind: 'Secret', namespace: 'default', name: 'password' } as const;
    await harness.client.create('Secret', {
      metadata: { namespace: 'default', name: 'password' },
      data: { a: 'MQ==' },
    });
    await createPod('web', 'n1', {
      containers: [{ name: 'app', image: 'busybox', envFrom: [{ secretRef: { name: 'password' } }] }],
    });
    const agent = await harness.connectedAgent('n1');
    expect(await agent.session.fetch(ref)).toMatchObject({ data: { a: 'MQ==' } });

    await harness.client.modify('Secret', ref, (secret) => ({ ...secret, data: { a: 'Mg==' } }));
    await harness.client.modify('Secret', ref, (secret) => ({ ...secret, data: { a: 'Mw==' } }));
    await until(() => agent.all<ObjectChanged>('objectChanged').some(({ object }) => object?.data?.['a'] === 'Mw=='));
    await harness.client.delete('Secret', ref);
    await until(() => agent.all<ObjectChanged>('objectChanged').at(-1)?.object === null);
  });

  it('resumes with the difference after its connection was cut', async () => {
    await createPod('stays', 'n1');
    await createPod('goes', 'n1');
    const agent = await harness.connectedAgent('n1');
    agent.pods = [
      { uid: 'uid-stays', namespace: 'default', name: 'stays' },
      { uid: 'uid-goes', namespace: 'default', name: 'goes' },
      { uid: 'uid-orphan', namespace: 'default', name: 'orphan' },
    ];
    harness.proxy.refuse();
    await until(() => agent.all('disconnected').length === 1);
    agent.session.reportPodStatus({
      uid: 'uid-stays',
      namespace: 'default',
      name: 'stays',
      status: { phase: 'Running' },
    });
    await harness.client.delete('Pod', { namespace: 'default', name: 'goes' }, { gracePeriodSeconds: 0 });
    await createPod('new', 'n1');
    harness.proxy.restore();
    await until(() => agent.all('sync').length === 2);

    const sync = agent.all<Sync>('sync')[1];
    expect(sync?.kind).toBe('difference');
    expect(names(sync)).toEqual(['new']);
    expect([...(sync?.removed ?? [])].sort()).toEqual(['uid-goes', 'uid-orphan']);
    const phase = (): string | undefined =>
      harness.client.view('Pod').get({ namespace: 'default', name: 'stays' })?.status?.phase;
    await until(() => phase() === 'Running');
  });

  it('gets everything when it has seen a future that was rolled back', async () => {
    await createPod('web', 'n1');
    const agent = await harness.connectedAgent('n1');
    harness.proxy.refuse();
    await until(() => agent.all('disconnected').length === 1);
    harness.client.revision = 5;
    harness.proxy.restore();
    await until(() => agent.all('sync').length === 2);
    expect(agent.all<Sync>('sync')[1]?.kind).toBe('full');
  });

  it('is replaced by a newer connection of the same node', async () => {
    const identity = await harness.credential('n1');
    const older = await harness.agent('n1', identity);
    older.session.start();
    await until(() => older.all('connected').length === 1);
    const newer = await harness.agent('n1', identity);
    newer.session.start();
    await until(() => older.all('disconnected').length === 1);
    await older.session.stop();
    await until(() => harness.channel.nodes()[0]?.state === 'connected');
    expect(harness.channel.nodes()).toHaveLength(1);
  });

  it('is refused under a name that another key holds', async () => {
    await harness.connectedAgent('n1');
    const impostor = await harness.agent('n1');
    const failures: unknown[] = [];
    impostor.registration = () => {
      failures.push('dialled');
      return Promise.resolve({ ...registration, nodeName: 'n1' });
    };
    const registration = await (await harness.agent('n1')).registration();
    impostor.session.start();
    await until(() => failures.length >= 2);
    expect(impostor.all('sync')).toEqual([]);
  });

  it('has its events recorded, repeats counted', async () => {
    await createPod('web', 'n1');
    const agent = await harness.connectedAgent('n1');
    const pod = { uid: 'uid-web', namespace: 'default', name: 'web', fieldPath: 'spec.containers{app}' };
    for (let i = 0; i < 3; i++) {
      agent.session.reportEvent({ pod, type: 'Warning', reason: 'BackOff', message: 'Back-off restarting' });
    }
    const backOff = () =>
      harness.client.view('Event').list({ where: ({ reason, count }) => reason === 'BackOff' && count === 3 });
    await until(() => backOff().length === 1);
    expect(backOff()[0]).toMatchObject({
      involvedObject: { kind: 'Pod', name: 'web', uid: 'uid-web', fieldPath: 'spec.containers{app}' },
      source: { component: 'kubelet', host: 'n1' },
    });
  });
});

describe('streams', () => {
  beforeEach(async () => {
    harness = await ChannelHarness.start();
  });

  const accepting = async (): Promise<AgentStream[]> => {
    const agent = await harness.connectedAgent('n1');
    const accepted: AgentStream[] = [];
    agent.accept = (_request, stream) => {
      accepted.push(stream);
      return Promise.resolve();
    };
    return accepted;
  };

  it('carry bytes both ways and end with the final status', async () => {
    const accepted = await accepting();
    const stream = await harness.channel.openStream('n1', EXEC);
    const agent = accepted[0];
    agent?.stdin.pipe(agent.stdout);
    agent?.stdin.on('end', () => agent.finish(SUCCESS));
    stream.stdin.end('round trip');
    let echoed = '';
    for await (const chunk of stream.stdout) echoed += String(chunk);
    expect(echoed).toBe('round trip');
    expect(await stream.result).toEqual(SUCCESS);
  });

  it('throw the refusal of the agent, and ServiceUnavailable for a node that is not there', async () => {
    const agent = await harness.connectedAgent('n1');
    agent.accept = () => Promise.reject(new StatusError('NotFound', 'no container "app"'));
    await expect(harness.channel.openStream('n1', EXEC)).rejects.toMatchObject({ reason: 'NotFound' });
    await expect(harness.channel.openStream('n2', EXEC)).rejects.toMatchObject({ reason: 'ServiceUnavailable' });
  });

  it('end on both sides when the connection is cut in the middle', async () => {
    const accepted = await accepting();
    const stream = await harness.channel.openStream('n1', EXEC);
    accepted[0]?.stdout.write('so far');
    await new Promise((resolve) => stream.stdout.once('readable', resolve));
    harness.proxy.cut();
    expect(await stream.result).toMatchObject({ status: 'Failure', reason: 'ServiceUnavailable' });
    await until(() => accepted[0]?.signal.aborted === true);
  });

  it('carry 32 MB through a slow line with bounded memory', async () => {
    const accepted = await accepting();
    const stream = await harness.channel.openStream('n1', EXEC);
    const chunk = Buffer.alloc(256 * 1024, 7);
    const total = 128;
    const agent = accepted[0];
    let largest = 0;
    void (async () => {
      for (let i = 0; i < total; i++) {
        if (agent?.stdout.write(chunk) === false) await new Promise((resolve) => agent.stdout.once('drain', resolve));
        largest = Math.max(largest, agent?.stdout.writableLength ?? 0);
      }
      agent?.finish(SUCCESS);
    })();
    let received = 0;
    for await (const data of stream.stdout) received += (data as Buffer).length;
    expect(received).toBe(total * chunk.length);
    expect(largest).toBeLessThanOrEqual(2 * chunk.length);
    expect(await stream.result).toEqual(SUCCESS);
  });
});

describe('a node that falls silent', () => {
  it('is suspect, then lost after three missed beats, and ready again when it is back', async () => {
    const clock = new FakeClock();
    harness = await ChannelHarness.start(clock);
    await createPod('web', 'n1');
    await harness.client.modify(
      'Pod',
      { namespace: 'default', name: 'web' },
      (pod) => ({ ...pod, status: { phase: 'Running', conditions: [{ type: 'Ready', status: 'True' }] } }),
      { subresource: 'status' },
    );
    const agent = await harness.connectedAgent('n1');
    const node = () => harness.client.view('Node').get({ name: 'n1' });
    const ready = () => node()?.status?.conditions?.find(({ type }) => type === 'Ready');
    const taints = () => (node()?.spec?.taints ?? []).map(({ key, effect }) => `${key}:${effect ?? ''}`);
    await until(() => ready()?.status === 'True' && taints().length === 0);
    await until(() => harness.channel.nodes()[0]?.usage !== undefined);

    // Its process goes on and answers nobody, as where it has no turn on its machine.
    agent.heartbeat = () => Promise.reject(new Error('no figures'));
    await clock.advance(2_000);
    await clock.advance(1_900);
    expect(harness.channel.nodes()[0]?.state).toBe('connected');
    await clock.advance(2_000);
    expect(harness.channel.nodes()[0]?.state).toBe('suspect');
    await harness.lifecycle.idle();
    expect(ready()?.status).toBe('True');
    expect(taints()).toEqual(['pinsetter.io/suspect:NoSchedule']);

    await clock.advance(200);
    await harness.lifecycle.idle();
    expect(harness.channel.nodes()[0]?.state).toBe('lost');
    expect(ready()).toMatchObject({
      status: 'Unknown',
      reason: 'NodeStatusUnknown',
      message: 'Kubelet stopped posting node status.',
    });
    // No more than that: it is the only node, and where all are lost nobody is moved.
    expect(taints()).toEqual(['node.kubernetes.io/unreachable:NoSchedule']);
    const pod = () => harness.client.view('Pod').get({ namespace: 'default', name: 'web' });
    expect(pod()?.status?.conditions).toMatchObject([{ type: 'Ready', status: 'False', reason: 'NodeLost' }]);
    await harness.events.flush();
    const reasons = harness.client
      .view('Event')
      .list()
      .map(({ reason }) => reason);
    expect(reasons).toEqual(expect.arrayContaining(['NodeReady', 'NodeNotReady']));

    await until(() => agent.all('disconnected').length === 1);
    await clock.advance(8_000);
    await until(() => ready()?.status === 'True' && taints().length === 0);
  });

  it('is not silent where its figures take long: those of before stand for them', async () => {
    const clock = new FakeClock();
    harness = await ChannelHarness.start(clock);
    const agent = await harness.connectedAgent('n1');
    const lastBeatMs = () => harness.channel.nodes()[0]?.lastHeartbeatMs;
    await until(() => harness.channel.nodes()[0]?.usage !== undefined);
    agent.heartbeat = () => new Promise(() => undefined);
    await clock.advance(1_000);
    for (let beat = 0; beat < 5; beat++) {
      await clock.advance(1_000);
      // Begun a second ago, and not waited for any longer.
      await clock.advance(1_000);
      await until(() => lastBeatMs() === clock.now());
    }
    expect(harness.channel.nodes()[0]?.state).toBe('connected');
  });

  it('is not ready for the reason its agent gives', async () => {
    harness = await ChannelHarness.start();
    const agent = await harness.agent('n1');
    agent.conditions = [
      { type: 'Ready', status: 'False', reason: 'EngineDown', message: 'the engine does not answer' },
    ];
    agent.session.start();
    const node = () => harness.client.view('Node').get({ name: 'n1' });
    await until(() => node()?.status?.conditions?.some(({ reason }) => reason === 'EngineDown') === true);
    await until(() => node()?.spec?.taints?.length === 1);
    expect(node()?.spec?.taints).toMatchObject([{ key: 'node.kubernetes.io/not-ready', effect: 'NoSchedule' }]);
  });
});
