import { Cluster } from './harness/cluster';
import { manifestList, podManifest, shell } from './harness/manifests';

jest.setTimeout(180_000);

/** Two nodes on one engine: the engine keeps their networks apart, the cluster joins them. */
describe('the pod network of nodes on one machine', () => {
  let cluster: Cluster;

  beforeAll(async () => {
    cluster = await Cluster.start({ workers: 2 });
    const [one = '', two = ''] = cluster.workers;
    await cluster.ok(
      ['apply', '-f', '-'],
      manifestList(
        podManifest('one', { nodeName: one, containers: [shell('exec nc -ll -p 8080 -e cat')] }),
        podManifest('two', { nodeName: two, containers: [shell('exec nc -ll -p 8080 -e cat')] }),
      ),
    );
    await cluster.ok(['wait', '--for=condition=Ready', 'pod', 'one', 'two', '--timeout=90s']);
  });
  afterAll(() => cluster.stop());

  const ipOf = (pod: string): Promise<string> => cluster.ok(['get', 'pod', pod, '-o', 'jsonpath={.status.podIP}']);

  it('gives each node a block, and its pods addresses of it', async () => {
    const blocks = await cluster.ok(['get', 'nodes', '-o', 'jsonpath={.items[*].spec.podCIDR}']);
    const [first = '', second = ''] = blocks.split(' ');
    expect(first).not.toBe(second);
    const prefixes = [await ipOf('one'), await ipOf('two')].map((ip) => ip.split('.').slice(0, 3).join('.'));
    for (const prefix of prefixes) expect(blocks).toContain(prefix);
  });

  it('lets pods of different nodes reach each other', async () => {
    const said = await cluster.ok(['exec', 'one', '--', 'sh', '-c', `echo hello | nc -w 5 ${await ipOf('two')} 8080`]);
    expect(said.trim()).toBe('hello');
  });
});
