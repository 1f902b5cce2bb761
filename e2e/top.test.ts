import { Cluster } from './harness/cluster';
import { podManifest, shell } from './harness/manifests';

jest.setTimeout(120_000);

/** What nodes and pods use, measured by their agents. */
describe('kubectl top', () => {
  let cluster: Cluster;

  beforeAll(async () => {
    cluster = await Cluster.start();
    const busy = shell('while true; do :; done', { name: 'busy', resources: { limits: { cpu: '200m' } } });
    const idle = shell('exec sleep 3600', { name: 'idle' });
    await cluster.ok(['apply', '-f', '-'], podManifest('web', { containers: [busy, idle] }));
    await cluster.ok(['wait', '--for=condition=Ready', 'pod/web', '--timeout=60s']);
  });
  afterAll(() => cluster.stop());

  it('shows what each node uses, and of how much', async () => {
    const { stdout } = await cluster.until(['top', 'nodes'], ({ status }) => status === 0);
    expect(stdout).toMatch(/^NAME +CPU\(cores\) +CPU\(%\) +MEMORY\(bytes\) +MEMORY\(%\) *\n/);
    expect(stdout).toMatch(new RegExp(`^${cluster.workers[0]} +\\d+m +\\d+% +\\d+Mi +\\d+%`, 'm'));
  });

  it('shows what each container uses, held by its limit', async () => {
    const busyMilli = (text: string): number => Number(/^web +busy +(\d+)m +\d+Mi/m.exec(text)?.[1] ?? 0);
    const { stdout } = await cluster.until(['top', 'pods', '--containers'], (answer) => busyMilli(answer.stdout) > 100);
    expect(busyMilli(stdout)).toBeLessThan(300);
    expect(stdout).toMatch(/^web +idle +[01]m +\d+Mi/m);
    expect(await cluster.ok(['top', 'pod', 'web', '--no-headers'])).toMatch(/^web +\d+m +\d+Mi *\n$/);
  });

  it('says what it cannot find', async () => {
    expect((await cluster.kubectl(['top', 'pod', 'none'])).stderr).toContain('"none" not found');
  });
});
