import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { manifestList, podManifest, shell } from '../harness/manifests';
import { eventually } from './eventually';
import type { Host } from './host';
import { HostCluster } from './host-cluster';

jest.setTimeout(300_000);

const labels = { app: 'web' };
/** Stays where it is, whatever becomes of its node. */
const STEADY = { tolerations: [{ operator: 'Exists' }], restartPolicy: 'Always' as const };

/** Real machines, as far as programs can tell, to which happens what happens to machines. */
describe('hosts', () => {
  let cluster: HostCluster;
  let steady: Host;
  let hidden: Host;
  beforeAll(async () => {
    // Seconds, so that nobody waits long for pods to be moved.
    const patience = ['not-ready', 'unreachable'].flatMap((each) => [`--default-${each}-toleration-seconds`, '2']);
    cluster = await HostCluster.start({ workers: [{}, {}, { isBehindNat: true }], serverArgs: patience });
    [steady, hidden] = [cluster.worker(1), cluster.worker(3)];
    await cluster.ok(['taint', 'node', hidden.name, 'hidden=yes:NoSchedule']);
    const on = (host: Host): object => ({ nodeName: host.name, ...STEADY });
    const counting = shell('echo started; i=0; while :; do i=$((i+1)); echo $i > /tmp/count; sleep 1; done');
    const serving = shell(
      'echo hello from behind; mkdir -p /tmp/www; echo served > /tmp/www/index.html; exec httpd -f -p 8080 -h /tmp/www',
    );
    await cluster.ok(
      ['apply', '-f', '-'],
      manifestList(
        podManifest('steady', { containers: [counting], ...on(steady) }),
        podManifest('behind', { containers: [serving], ...on(hidden) }),
      ),
    );
    await cluster.ok(['wait', '--for=condition=Ready', 'pod', '--all', '--timeout=120s']);
  });
  afterAll(() => cluster.stop());

  const field = (kind: string, name: string, jsonpath: string): Promise<string> =>
    cluster.ok(['get', kind, name, '-o', `jsonpath={${jsonpath}}`]);
  /** What tells whether a pod is still the same, and was never started anew. */
  const lifeOf = async (pod: string): Promise<string> =>
    field(
      'pod',
      pod,
      '.metadata.uid} {.status.containerStatuses[0].containerID} {.status.containerStatuses[0].restartCount',
    );
  const isReady = async (host: Host): Promise<boolean> =>
    (await field('node', host.name, '.status.conditions[?(@.type=="Ready")].status')) === 'True';
  const beating = async (): Promise<string> => cluster.ok(['exec', 'steady', '--', 'cat', '/tmp/count']);
  /** The node is seen away, and then back. */
  const bridged = async (host: Host, away: () => Promise<void>, back: () => Promise<void>): Promise<void> => {
    await away();
    await eventually(`${host.name} is seen away`, async () => !(await isReady(host)));
    await back();
    await cluster.untilReady(host);
  };

  it('are nodes by their own names and addresses', async () => {
    const nodes = await cluster.ok([
      'get',
      'nodes',
      '-o',
      'jsonpath={range .items[*]}{.metadata.name} {.status.addresses[?(@.type=="InternalIP")].address}{"\\n"}{end}',
    ]);
    expect(nodes).toBe(cluster.workers.map(({ name, address }) => `${name} ${address}\n`).join(''));
    const ids = await cluster.ok(['get', 'nodes', '-o', 'jsonpath={.items[*].status.nodeInfo.machineID}']);
    expect(new Set(ids.split(' ')).size).toBe(3);
  });

  it('behind NAT give logs, exec, files and ports, though nobody can dial them', async () => {
    const dialled = await cluster.serverHost.run('curl', ['-s', '-m', '1', `http://${hidden.address}:8080`]);
    expect(dialled.status).not.toBe(0);
    expect(await cluster.ok(['logs', 'behind'])).toBe('hello from behind\n');
    expect(await cluster.ok(['exec', 'behind', '--', 'hostname'])).toBe('behind\n');

    const folder = path.join(cluster.serverHost.folder, 'copied');
    mkdirSync(folder);
    writeFileSync(path.join(folder, 'there'), 'over and back');
    await cluster.ok(['cp', path.join(folder, 'there'), 'behind:/tmp/there']);
    await cluster.ok(['cp', 'behind:/tmp/there', path.join(folder, 'back')]);
    expect(readFileSync(path.join(folder, 'back'), 'utf8')).toBe('over and back');

    const forward = cluster.kubectlRunning(['port-forward', 'pod/behind', ':8080']);
    const [, port = ''] = await forward.until(/127\.0\.0\.1:(\d+) ->/);
    expect(await cluster.serverHost.ok('curl', '-sS', '-m', '20', `http://127.0.0.1:${port}`)).toBe('served\n');
    forward.kill();
    await forward.exit;
  });

  it('keep their containers when the engine is killed', async () => {
    const before = await lifeOf('steady');
    const count = Number(await beating());
    await steady.killEngine();
    await steady.startEngine();
    await eventually('the agent works with the new engine', async () => Number(await beating()) > count);
    expect(await lifeOf('steady')).toBe(before);
    await cluster.untilReady(steady);
  });

  it('stay the same nodes when their address changes', async () => {
    const before = [await field('node', steady.name, '.metadata.uid'), await lifeOf('steady')];
    const address = `${cluster.network.net}.99`;
    await steady.readdress(address);
    await cluster.until(
      ['get', 'node', steady.name, '-o', 'jsonpath={.status.addresses[?(@.type=="InternalIP")].address}'],
      ({ stdout }) => stdout === address,
    );
    await cluster.untilReady(steady);
    expect([await field('node', steady.name, '.metadata.uid'), await lifeOf('steady')]).toEqual(before);
    expect(await cluster.ok(['exec', 'steady', '--', 'hostname'])).toBe('steady\n');
  });

  it('that stand still for a while go on as if nothing had been', async () => {
    const before = await lifeOf('steady');
    await bridged(
      steady,
      () => steady.pause(),
      () => steady.resume(),
    );
    expect(await lifeOf('steady')).toBe(before);
  });

  it('that are cut off lose their pods to others, and give up theirs first when they return', async () => {
    const spec = {
      terminationGracePeriodSeconds: 1,
      containers: [shell('exec sleep 3600')],
      nodeSelector: { pool: 'web' },
    };
    await cluster.ok(['label', 'node', steady.name, 'pool=web']);
    await cluster.ok(
      ['apply', '-f', '-'],
      JSON.stringify({
        apiVersion: 'apps/v1',
        kind: 'Deployment',
        metadata: { name: 'web' },
        spec: { replicas: 2, selector: { matchLabels: labels }, template: { metadata: { labels }, spec } },
      }),
    );
    await cluster.ok(['rollout', 'status', 'deployment/web', '--timeout=120s']);
    const other = cluster.worker(2);
    await cluster.ok(['label', 'node', other.name, 'pool=web']);
    const nodes = ['get', 'pods', '-l', 'app=web', '-o', 'jsonpath={.items[*].spec.nodeName}'];
    expect(await cluster.ok(nodes)).toBe(`${steady.name} ${steady.name}`);
    const running = async (): Promise<readonly string[]> => {
      const ids = await steady.docker(
        'ps',
        '-q',
        '--no-trunc',
        '--filter',
        'name=web-',
        '--filter',
        'label=io.kubernetes.container.name=main',
      );
      return ids.split('\n').filter((id) => id !== '');
    };
    const kept = await running();
    expect(kept).toHaveLength(2);

    await steady.cut();
    await cluster.until(
      ['get', 'pods', '-l', 'app=web', '-o', `jsonpath={.items[?(@.spec.nodeName=="${other.name}")].status.phase}`],
      ({ stdout }) => stdout === 'Running Running',
      180_000,
    );
    // Nobody told it: it goes on, and waits for a pod that it cannot know of yet.
    expect(await running()).toEqual(kept);
    await cluster.ok(
      ['apply', '-f', '-'],
      podManifest('newcomer', { containers: [shell('exec sleep 3600')], nodeName: steady.name, ...STEADY }),
    );

    const watched = steady.start('docker', [
      'events',
      '--filter',
      'type=container',
      '--format',
      '{{.Action}} {{.ID}} {{.Actor.Attributes.name}}',
    ]);
    await steady.heal();
    await cluster.ok(['wait', '--for=condition=Ready', 'pod/newcomer', '--timeout=120s']);
    await cluster.until(nodes, ({ stdout }) => stdout === `${other.name} ${other.name}`, 120_000);
    await eventually('what was replaced is gone', async () => (await running()).length === 0);
    const events = watched.output().split('\n');
    watched.kill();
    const ends = kept.map((id) => events.findIndex((line) => line.startsWith(`kill ${id}`)));
    const begins = events.findIndex((line) => line.startsWith('create ') && line.includes('newcomer'));
    expect(Math.min(...ends)).toBeGreaterThanOrEqual(0);
    expect(begins).toBeGreaterThan(Math.max(...ends));
    expect(await cluster.ok(['get', 'pods', '-l', 'app=web', '-o', 'jsonpath={.items[*].status.phase}'])).toBe(
      'Running Running',
    );
  });

  it('that are switched off and on run their pods again', async () => {
    const uid = await field('pod', 'steady', '.metadata.uid');
    const node = [
      await field('node', steady.name, '.metadata.uid'),
      await field('node', steady.name, '.status.nodeInfo.bootID'),
    ];
    await bridged(
      steady,
      () => steady.powerOff(),
      async () => {
        await steady.powerOn();
        cluster.startAgent(steady);
      },
    );
    await cluster.untilPod('steady', '{.status.containerStatuses[0].restartCount}', (count) => count === '1', 120_000);
    await cluster.untilPod('steady', '{.status.containerStatuses[0].state.running.startedAt}', (at) => at !== '');
    expect(await field('pod', 'steady', '.metadata.uid')).toBe(uid);
    expect(await field('node', steady.name, '.metadata.uid')).toBe(node[0]);
    expect(await field('node', steady.name, '.status.nodeInfo.bootID')).not.toBe(node[1]);
    expect(await cluster.ok(['exec', 'steady', '--', 'hostname'])).toBe('steady\n');
  });
});
