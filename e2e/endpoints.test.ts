import { Cluster } from './harness/cluster';
import { shell } from './harness/manifests';

jest.setTimeout(120_000);

const labels = { app: 'web' };
const manifest = (apiVersion: string, kind: string, spec: object): string =>
  JSON.stringify({ apiVersion, kind, metadata: { name: 'web' }, spec });

/** Who stands behind a service, as the real kubectl shows it. */
describe('endpoints', () => {
  let cluster: Cluster;
  beforeAll(async () => {
    cluster = await Cluster.start();
    const ready = { readinessProbe: { exec: { command: ['test', '-f', '/tmp/ready'] }, periodSeconds: 1 } };
    const spec = {
      terminationGracePeriodSeconds: 0,
      containers: [shell('touch /tmp/ready; exec sleep 3600', ready)],
    };
    const template = { metadata: { labels }, spec };
    await cluster.ok(
      ['apply', '-f', '-'],
      manifest('apps/v1', 'Deployment', { replicas: 2, selector: { matchLabels: labels }, template }),
    );
    await cluster.ok(['rollout', 'status', 'deployment/web', '--timeout=60s']);
    await cluster.ok(['expose', 'deployment', 'web', '--port=80', '--target-port=8080']);
  });
  afterAll(() => cluster.stop());

  const addresses = async (): Promise<readonly string[]> =>
    (await cluster.ok(['get', 'pods', '-l', 'app=web', '-o', 'jsonpath={.items[*].status.podIP}'])).split(' ').sort();

  it('stand in the columns of endpoints and endpointslices, and in describe', async () => {
    const [one = '', two = ''] = await addresses();
    const both = `(${one}:8080,${two}:8080|${two}:8080,${one}:8080)`;
    await cluster.until(['get', 'endpoints', 'web'], ({ stdout }) => new RegExp(`web +${both} `).test(stdout));
    expect(await cluster.ok(['get', 'endpointslices', '-l', 'kubernetes.io/service-name=web'])).toMatch(
      new RegExp(`NAME +ADDRESSTYPE +PORTS +ENDPOINTS +AGE\nweb-\\w{5} +IPv4 +8080 +(${one},${two}|${two},${one}) `),
    );
    expect(await cluster.ok(['describe', 'service', 'web'])).toMatch(new RegExp(`Endpoints: +${both}`));
  });

  it('leave out a pod that is not ready, until it is', async () => {
    const [pod = ''] = (await cluster.ok(['get', 'pods', '-l', 'app=web', '-o', 'name'])).split('\n');
    const ip = await cluster.ok(['get', pod, '-o', 'jsonpath={.status.podIP}']);
    const isShown = (): readonly string[] => ['get', 'endpoints', 'web'];
    await cluster.ok(['exec', pod, '--', 'rm', '/tmp/ready']);
    await cluster.until(isShown(), ({ stdout }) => stdout.includes(':8080') && !stdout.includes(`${ip}:`));
    await cluster.ok(['exec', pod, '--', 'touch', '/tmp/ready']);
    await cluster.until(isShown(), ({ stdout }) => stdout.includes(`${ip}:8080`));
  });

  it('go with the service', async () => {
    await cluster.ok(['delete', 'service', 'web']);
    await cluster.until(
      ['get', 'endpoints,endpointslices', '--ignore-not-found', '-o', 'name'],
      ({ stdout }) => !stdout.includes('web'),
    );
  });
});
