import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { command } from '../deploy/local-cluster/command';
import { Cluster, IMAGE, freePort } from './harness/cluster';
import { podManifest, shell } from './harness/manifests';
import type { Running } from './harness/programs';
import { start } from './harness/programs';

jest.setTimeout(120_000);

/** A real registry that wants a password, and pods that do or do not have it. */
describe('images behind a password', () => {
  const folder = mkdtempSync(path.join(tmpdir(), 'pinsetter-registry-'));
  let cluster: Cluster;
  let registry: Running;
  let image = '';
  let host = '';

  beforeAll(async () => {
    cluster = await Cluster.start();
    const port = await freePort();
    host = `127.0.0.1:${port}`;
    image = `${host}/team/app:v1`;
    writeFileSync(path.join(folder, 'htpasswd'), execFileSync('htpasswd', ['-Bbn', 'puller', 'sesame']));
    const config = {
      version: '0.1',
      storage: { filesystem: { rootdirectory: path.join(folder, 'data') } },
      http: { addr: host },
      auth: { htpasswd: { realm: 'test', path: path.join(folder, 'htpasswd') } },
    };
    writeFileSync(path.join(folder, 'config.yml'), JSON.stringify(config));
    registry = start('docker-registry', ['serve', path.join(folder, 'config.yml')]);
    await registry.until(/listening on/);
    await docker('tag', IMAGE, image);
    await docker('--config', folder, 'login', '-u', 'puller', '-p', 'sesame', host);
    await docker('--config', folder, 'push', '--quiet', image);
    await docker('rmi', image);
  });

  afterAll(async () => {
    await cluster.stop();
    await command('docker', ['rmi', '-f', image]);
    registry.kill();
    await registry.exit;
    rmSync(folder, { recursive: true, force: true });
  });

  const apply = (name: string, spec = {}): Promise<string> =>
    cluster.ok(
      ['apply', '-f', '-'],
      podManifest(name, { ...spec, containers: [shell('sleep 3600', { image, imagePullPolicy: 'Always' })] }),
    );

  it('says ErrImagePull, then ImagePullBackOff, to a pod without the password', async () => {
    await apply('stranger');
    await cluster.untilPod(
      'stranger',
      '{.status.containerStatuses[0].state.waiting.reason}',
      (reason) => reason === 'ErrImagePull' || reason === 'ImagePullBackOff',
    );
    await cluster.until(
      ['get', 'events', '--field-selector', 'involvedObject.name=stranger'],
      ({ stdout }) => stdout.includes('Failed to pull image') && stdout.includes(image),
    );
    await cluster.ok(['delete', 'pod', 'stranger']);
  });

  it('pulls with the password of an imagePullSecret', async () => {
    await cluster.ok([
      'create',
      'secret',
      'docker-registry',
      'pull',
      `--docker-server=${host}`,
      '--docker-username=puller',
      '--docker-password=sesame',
    ]);
    await apply('friend', { imagePullSecrets: [{ name: 'pull' }] });
    await cluster.untilPod('friend', '{.status.phase}', (phase) => phase === 'Running');
    await cluster.until(['get', 'events', '--field-selector', 'involvedObject.name=friend'], ({ stdout }) =>
      stdout.includes('Successfully pulled image'),
    );
    expect(cluster.serverOutput + cluster.kubelet().output()).not.toContain('sesame');
    await cluster.ok(['delete', 'pod', 'friend']);
  });
});

async function docker(...args: readonly string[]): Promise<void> {
  const { status, stderr } = await command('docker', args);
  if (status !== 0) throw new Error(`docker ${args[0]} failed: ${stderr}`);
}
