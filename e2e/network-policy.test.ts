import { Cluster } from './harness/cluster';
import { manifestList, podManifest, shell } from './harness/manifests';
import { run, start } from './harness/programs';

jest.setTimeout(240_000);

const SERVER = shell('mkdir -p /tmp/www; hostname > /tmp/www/index.html; exec httpd -f -p 8080 -h /tmp/www', {
  ports: [{ name: 'http', containerPort: 8080 }],
  readinessProbe: { httpGet: { path: '/', port: 8080 }, periodSeconds: 1 },
});
const namespace = (name: string, labels: Record<string, string>): string =>
  JSON.stringify({ apiVersion: 'v1', kind: 'Namespace', metadata: { name, labels } });
const inNamespace = (name: string, manifest: string): string => {
  const object = JSON.parse(manifest) as { metadata: object };
  return JSON.stringify({ ...object, metadata: { ...object.metadata, namespace: name } });
};

/** Who reaches whom under NetworkPolicies, pod by pod, on a real engine. */
describe('network policies', () => {
  let cluster: Cluster;
  const ips = new Map<string, string>();
  const pids = new Map<string, string>();

  beforeAll(async () => {
    const block = 64 + Math.floor(Math.random() * 128);
    cluster = await Cluster.start({ serverArgs: ['--service-cluster-ip-range', `10.${block}.0.0/16`] });
    const client = { containers: [shell('exec sleep 3600')] };
    await cluster.ok(
      ['apply', '-f', '-'],
      manifestList(
        namespace('other', { team: 'b' }),
        podManifest('web', { containers: [SERVER] }, { labels: { app: 'web' } }),
        podManifest('friend', client, { labels: { role: 'friend' } }),
        podManifest('stranger', client, { labels: { role: 'stranger' } }),
        JSON.stringify({
          apiVersion: 'v1',
          kind: 'Service',
          metadata: { name: 'web' },
          spec: { selector: { app: 'web' }, ports: [{ port: 80, targetPort: 'http' }] },
        }),
        inNamespace('other', podManifest('guest', client, { labels: { role: 'friend' } })),
      ),
    );
    for (const [ns, pod] of [
      ['default', 'web'],
      ['default', 'friend'],
      ['default', 'stranger'],
      ['other', 'guest'],
    ] as const) {
      await cluster.ok(['wait', '-n', ns, '--for=condition=Ready', `pod/${pod}`, '--timeout=90s']);
      await learn(ns, pod);
    }
  });
  afterAll(() => cluster.stop());

  async function learn(ns: string, pod: string): Promise<void> {
    ips.set(pod, await cluster.ok(['get', 'pod', '-n', ns, pod, '-o', 'jsonpath={.status.podIP}']));
    const [id = ''] = await cluster.containers(`name=${pod}`, 'label=io.pinsetter.type=sandbox');
    pids.set(pod, (await run('docker', ['inspect', '-f', '{{.State.Pid}}', id])).stdout.trim());
  }
  const inNetworkOf = (pod: string, script: string, ...args: readonly string[]) =>
    start('nsenter', ['-t', pids.get(pod) ?? '', '-n', process.execPath, '-e', script, ...args]);
  /** Whether an answer comes: where nobody listens the receiver's kernel says so, at once. What is kept back has none. */
  const reaches = async (from: string, to: string, port = 8080, protocol: 'tcp' | 'udp' = 'tcp'): Promise<boolean> => {
    const probe = inNetworkOf(from, PROBE, protocol, ips.get(to) ?? to, String(port));
    const [answer] = await probe.until(/answered|silent/);
    return answer === 'answered';
  };
  const echoes = (from: string, to: string): Promise<boolean> => reaches(from, to, 5300, 'udp');
  const becomes = async (wanted: boolean, ask: () => Promise<boolean>): Promise<void> => {
    const deadline = Date.now() + 60_000;
    while ((await ask()) !== wanted)
      if (Date.now() > deadline) throw new Error(`${String(ask)} did not become ${String(wanted)} in a minute`);
  };
  const policy = (name: string, spec: object): string =>
    JSON.stringify({ apiVersion: 'networking.k8s.io/v1', kind: 'NetworkPolicy', metadata: { name }, spec });
  const apply = (name: string, spec: object) => cluster.ok(['apply', '-f', '-'], policy(name, spec));
  const remove = (...names: readonly string[]) => cluster.ok(['delete', 'networkpolicy', ...names]);
  const web = { podSelector: { matchLabels: { app: 'web' } } };
  const friends = { podSelector: { matchLabels: { role: 'friend' } } };

  it('without one everybody is reached', async () => {
    for (const from of ['friend', 'stranger', 'guest']) {
      expect(await reaches(from, 'web')).toBe(true);
      expect(await echoes(from, 'web')).toBe(true);
    }
  });

  it('let in whom they select, and their replies out; by TCP and UDP, and through a Service', async () => {
    await apply('web', { ...web, ingress: [{ from: [friends] }] });
    await becomes(false, () => reaches('stranger', 'web'));
    const ip = await cluster.ok(['get', 'service', 'web', '-o', 'jsonpath={.spec.clusterIP}']);
    expect(await reaches('friend', 'web')).toBe(true);
    expect(await echoes('friend', 'web')).toBe(true);
    expect(await reaches('friend', ip, 80)).toBe(true);
    expect(await reaches('stranger', ip, 80)).toBe(false);
    expect(await echoes('stranger', 'web')).toBe(false);
    // The labels of another namespace's pods are others' labels.
    expect(await reaches('guest', 'web')).toBe(false);
    // What it dials itself, it says nothing of.
    expect(await reaches('web', 'stranger')).toBe(true);
    expect(await reaches('web', 'web')).toBe(true);
  });

  it('leave the node its way in: probes go on, the machine itself reaches the pod', async () => {
    const answer = await run('curl', ['-sS', '-m', '5', `http://${ips.get('web') ?? ''}:8080/`]);
    expect(answer.stdout.trim()).toBe('web');
    expect(await cluster.ok(['get', 'pod', 'web', '-o', 'jsonpath={.status.containerStatuses[0].ready}'])).toBe('true');
  });

  it('follow labels of pods and of namespaces', async () => {
    await cluster.ok(['label', 'pod', 'stranger', 'role=friend', '--overwrite']);
    await becomes(true, () => reaches('stranger', 'web'));
    await cluster.ok(['label', 'pod', 'stranger', 'role=stranger', '--overwrite']);
    await becomes(false, () => reaches('stranger', 'web'));
    await apply('web', {
      ...web,
      ingress: [{ from: [{ ...friends, namespaceSelector: { matchLabels: { team: 'a' } } }] }],
    });
    await becomes(false, () => reaches('friend', 'web'));
    expect(await reaches('guest', 'web')).toBe(false);
    await cluster.ok(['label', 'namespace', 'other', 'team=a', '--overwrite']);
    await becomes(true, () => reaches('guest', 'web'));
    expect(await reaches('friend', 'web')).toBe(false);
  });

  it('open ports by number, by name and as a range, each of its protocol', async () => {
    await apply('web', { ...web, ingress: [{ ports: [{ port: 'http' }] }] });
    await becomes(true, () => reaches('stranger', 'web'));
    expect(await reaches('stranger', 'web', 9090)).toBe(false);
    expect(await echoes('stranger', 'web')).toBe(false);
    await apply('web', {
      ...web,
      ingress: [
        {
          ports: [
            { port: 9000, endPort: 9100 },
            { port: 5300, protocol: 'UDP' },
          ],
        },
      ],
    });
    await becomes(false, () => reaches('stranger', 'web'));
    expect(await reaches('stranger', 'web', 9090)).toBe(true);
    expect(await echoes('stranger', 'web')).toBe(true);
  });

  it('take blocks of addresses, with exceptions', async () => {
    await apply('web', {
      ...web,
      ingress: [{ from: [{ ipBlock: { cidr: '0.0.0.0/0', except: [`${ips.get('friend') ?? ''}/32`] } }] }],
    });
    await becomes(false, () => reaches('friend', 'web'));
    expect(await reaches('stranger', 'web')).toBe(true);
  });

  it('add up', async () => {
    await apply('web-too', { ...web, ingress: [{ from: [friends], ports: [{ port: 8080 }] }] });
    await becomes(true, () => reaches('friend', 'web'));
    expect(await reaches('friend', 'web', 9090)).toBe(false);
    await remove('web-too', 'web');
    await becomes(true, () => reaches('friend', 'web', 9090));
  });

  it('keep pods from dialling out, but for what they allow', async () => {
    await apply('friend', { podSelector: friends.podSelector, policyTypes: ['Egress'] });
    await becomes(false, () => reaches('friend', 'web'));
    expect(await reaches('friend', 'stranger')).toBe(false);
    await apply('friend', {
      podSelector: friends.podSelector,
      policyTypes: ['Egress'],
      egress: [{ to: [web], ports: [{ port: 'http' }] }],
    });
    await becomes(true, () => reaches('friend', 'web'));
    const ip = await cluster.ok(['get', 'service', 'web', '-o', 'jsonpath={.spec.clusterIP}']);
    expect(await reaches('friend', ip, 80)).toBe(true);
    expect(await reaches('friend', 'web', 9090)).toBe(false);
    expect(await reaches('friend', 'stranger')).toBe(false);
    await remove('friend');
    await becomes(true, () => reaches('friend', 'stranger'));
  });

  it('end connections that stand, when they are no longer allowed', async () => {
    const listener = inNetworkOf('web', LISTEN);
    await listener.until(/listens/);
    const caller = inNetworkOf('friend', CALL, ips.get('web') ?? '');
    await listener.until(/hears/);
    await apply('nobody', { ...web, policyTypes: ['Ingress'] });
    await listener.until(/silence/, 60_000);
    caller.kill();
    await Promise.all([caller.exit, listener.exit]);
    await remove('nobody');
    await becomes(true, () => reaches('friend', 'web'));
  });

  it('hold while the agent is away and when it is back, for pods that come too', async () => {
    await apply('all', { podSelector: {}, policyTypes: ['Ingress', 'Egress'] });
    await becomes(false, () => reaches('friend', 'web'));
    await cluster.stopKubelet();
    expect(await reaches('friend', 'web')).toBe(false);
    await cluster.startKubelet();
    await cluster.ok(
      ['apply', '-f', '-'],
      podManifest('late', {
        containers: [
          shell(
            `timeout 2 wget -q -O - http://${ips.get('web') ?? ''}:8080/ && echo reached || echo kept; exec sleep 3600`,
          ),
        ],
      }),
    );
    await cluster.until(['logs', 'late'], ({ stdout }) => stdout.includes('kept'));
    expect(await reaches('friend', 'web')).toBe(false);
    await remove('all');
    await becomes(true, () => reaches('friend', 'web'));
  });

  it('are described by kubectl', async () => {
    await apply('shown', { ...web, ingress: [{ from: [friends], ports: [{ port: 80, endPort: 90 }] }] });
    const text = await cluster.ok(['describe', 'networkpolicy', 'shown']);
    expect(text).toContain('Allowing ingress traffic:');
    expect(text).toContain('PodSelector: role=friend');
    await remove('shown');
  });
});

const PROBE = `
  const [protocol, host, port] = process.argv.slice(1);
  const say = (text) => { console.log(text); process.exit(); };
  setTimeout(() => say('silent'), 1500);
  const onError = (error) => say(error.code === 'ECONNREFUSED' ? 'answered' : error.code);
  if (protocol === 'tcp') require('net').connect(port, host, () => say('answered')).on('error', onError);
  else {
    const socket = require('dgram').createSocket('udp4').on('error', onError);
    socket.connect(port, host, () => socket.send('hello'));
  }`;
const LISTEN = `
  let timer;
  require('net').createServer((socket) => {
    socket.on('error', () => undefined);
    socket.on('data', () => {
      clearTimeout(timer);
      console.log('hears');
      timer = setTimeout(() => { console.log('silence'); process.exit(); }, 3000);
    });
  }).listen(7000, () => console.log('listens'));`;
const CALL = `
  const socket = require('net').connect(7000, process.argv[1]);
  socket.on('error', () => undefined);
  setInterval(() => socket.write('tick'), 100);`;
