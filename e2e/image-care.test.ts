import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { command } from '../deploy/local-cluster/command';
import { Cluster, IMAGE, freePort } from './harness/cluster';
import { podManifest, shell } from './harness/manifests';
import type { Running } from './harness/programs';
import { start } from './harness/programs';

jest.setTimeout(180_000);

/** Images of a real registry that a real agent pulls, and what becomes of them. */
describe('images on a node', () => {
  const folder = mkdtempSync(path.join(tmpdir(), 'pinsetter-images-'));
  const image = (tag: string): string => `${host}/team/app:${tag}`;
  let cluster: Cluster;
  let registry: Running;
  let host = '';

  beforeAll(async () => {
    cluster = await Cluster.start({ agentArgs: ['--minimum-image-ttl-duration', '1s'] });
    host = `127.0.0.1:${await freePort()}`;
    const storage = { filesystem: { rootdirectory: path.join(folder, 'data') } };
    writeFileSync(path.join(folder, 'config.yml'), JSON.stringify({ version: '0.1', storage, http: { addr: host } }));
    registry = start('docker-registry', ['serve', path.join(folder, 'config.yml')]);
    await registry.until(/listening on/);
    for (const tag of ['v1', 'v2', 'v3', 'own']) {
      const container = await docker('create', IMAGE, 'true');
      // Each another image, not another name of one.
      await docker('commit', '--change', `LABEL tag=${tag} host=${host}`, container, image(tag));
      await docker('rm', container);
      if (tag === 'own') continue;
      await docker('push', '--quiet', image(tag));
      await docker('rmi', image(tag));
    }
  });

  afterAll(async () => {
    await cluster.stop();
    await command('docker', ['rmi', '-f', ...['v1', 'v2', 'v3', 'own'].map(image)]);
    registry.kill();
    await registry.exit;
    rmSync(folder, { recursive: true, force: true });
  });

  const listed = async (): Promise<string> => (await cluster.lite(['image', 'list'])).stdout;

  it('are in its status once a pod has pulled them', async () => {
    for (const tag of ['v1', 'v2', 'v3'])
      await cluster.ok(
        ['apply', '-f', '-'],
        podManifest(tag, {
          terminationGracePeriodSeconds: 0,
          containers: [shell('sleep 3600', { image: image(tag) })],
        }),
      );
    for (const tag of ['v1', 'v2', 'v3']) {
      await cluster.untilPod(tag, '{.status.phase}', (phase) => phase === 'Running');
      await cluster.until(['get', 'node', '-o', 'jsonpath={.items[0].status.images[*].names}'], ({ stdout }) =>
        stdout.includes(image(tag)),
      );
    }
  });

  it('are all needed while pods run', async () => {
    expect(await listed()).toMatch(new RegExp(`${image('v1')}.*pod default/v1 uses it`));
    expect(await listed()).toMatch(new RegExp(`${image('own')}.*the agent did not pull it`));
  });

  it('are told of by a dry run, with why the others stay, and not touched', async () => {
    await cluster.ok(['create', 'deployment', 'later', `--image=${image('v3')}`, '--replicas=0']);
    await cluster.ok(['delete', 'pod', 'v1', 'v2', 'v3']);
    await cluster.untilNoContainers();
    expect((await cluster.lite(['image', 'pin', image('v2')])).stdout).toContain('pinned');
    const { stdout } = await cluster.lite(['image', 'prune', '--dry-run']);
    expect(stdout).toMatch(new RegExp(`${image('v1')}.*goes.*nobody needs it`));
    expect(stdout).toMatch(new RegExp(`${image('v2')}.*stays.*it is pinned`));
    expect(stdout).toMatch(new RegExp(`${image('v3')}.*stays.*a workload refers to it`));
    expect(stdout).toMatch(/1 images would go from 1 nodes, \d/);
    expect(await has(image('v1'))).toBe(true);
  });

  it('are not removed without a yes', async () => {
    const { status, stderr } = await cluster.lite(['image', 'prune'], 'n\n');
    expect([status, stderr]).toEqual([1, expect.stringContaining('nothing was removed')]);
    expect(await has(image('v1'))).toBe(true);
  });

  it('are removed where nobody needs them, also by an agent that was started anew', async () => {
    await cluster.stopKubelet(undefined, 'SIGKILL');
    await cluster.startKubelet();
    await cluster.kubelet().until(/ready: connected to the server/);
    const { stdout } = await cluster.lite(['image', 'prune', '--yes']);
    expect(stdout).toMatch(new RegExp(`${image('v1')} removed`));
    const left = await Promise.all(['v1', 'v2', 'v3', 'own'].map((tag) => has(image(tag))));
    expect(left).toEqual([false, true, true, true]);
    expect((await cluster.lite(['image', 'prune'])).stdout).toContain('nothing to remove');
  });
});

async function docker(...args: readonly string[]): Promise<string> {
  const { status, stdout, stderr } = await command('docker', args);
  if (status !== 0) throw new Error(`docker ${args[0]} failed: ${stderr}`);
  return stdout.trim();
}

const has = async (image: string): Promise<boolean> =>
  (await command('docker', ['image', 'inspect', image])).status === 0;
