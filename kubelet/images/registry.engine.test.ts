import type { ChildProcess } from 'node:child_process';
import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import type { AddressInfo } from 'node:net';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { createInterface } from 'node:readline';
import type { Secret } from '../../shared/api/objects';
import { systemClock } from '../../shared/clock';
import { silentLogger } from '../../shared/logger';
import { aPod } from '../../shared/testing/builders';
import { EngineBench } from '../runtime/docker/testing/engine-bench';
import type { PullProgress, Runtime } from '../runtime/runtime';
import { createImageProvider } from './image-provider';

jest.setTimeout(60_000);

/** A real registry that wants a password. */
describe('images behind a password', () => {
  const folder = mkdtempSync(path.join(tmpdir(), 'registry-'));
  const bench = new EngineBench();
  let runtime: Runtime;
  let registry: ChildProcess;
  let host: string;
  let image: string;

  beforeAll(async () => {
    await bench.start();
    runtime = bench.runtime('one');
    host = `127.0.0.1:${await freePort()}`;
    image = `${host}/team/app:v1`;
    writeFileSync(path.join(folder, 'htpasswd'), execFileSync('htpasswd', ['-Bbn', 'puller', 'sesame']));
    const config = {
      version: '0.1',
      storage: { filesystem: { rootdirectory: path.join(folder, 'data') } },
      http: { addr: host },
      auth: { htpasswd: { realm: 'test', path: path.join(folder, 'htpasswd') } },
    };
    writeFileSync(path.join(folder, 'config.yml'), JSON.stringify(config));
    registry = spawn('docker-registry', ['serve', path.join(folder, 'config.yml')], {
      stdio: ['ignore', 'ignore', 'pipe'],
    });
    await listening(registry);
    await bench.docker.getImage(bench.image).tag({ repo: `${host}/team/app`, tag: 'v1' });
    const push = await bench.docker
      .getImage(image)
      .push({ authconfig: { username: 'puller', password: 'sesame', serveraddress: host } });
    await new Promise((resolve, reject) => push.resume().once('end', resolve).once('error', reject));
  });
  beforeEach(() => forget());
  afterAll(async () => {
    await forget();
    registry.kill();
    await once(registry, 'exit');
    rmSync(folder, { recursive: true });
    await bench.stop();
  });

  const forget = async (): Promise<void> => {
    if ((await runtime.inspectImage(image)) !== undefined) await bench.docker.getImage(image).remove({ force: true });
  };
  const pullWith = async (password?: string): Promise<{ readonly said: string[]; readonly problem: unknown }> => {
    const secret: Secret = {
      apiVersion: 'v1',
      kind: 'Secret',
      metadata: { name: 'pull' } as Secret['metadata'],
      type: 'kubernetes.io/dockerconfigjson',
      data: {
        '.dockerconfigjson': Buffer.from(
          JSON.stringify({ auths: { [host]: { username: 'puller', password } } }),
        ).toString('base64'),
      },
    };
    const provider = createImageProvider({
      runtime,
      clock: systemClock,
      logger: silentLogger,
      source: { get: () => Promise.resolve(secret) },
    });
    const pod = aPod({ spec: password === undefined ? {} : { imagePullSecrets: [{ name: 'pull' }] } });
    const said: string[] = [];
    const problem: unknown = await provider
      .ensure(
        {
          pod,
          container: { name: 'app', image, imagePullPolicy: 'Always' },
          onEvent: ({ message }) => said.push(message),
        },
        new AbortController().signal,
      )
      .catch((error: unknown) => error);
    return { said, problem };
  };

  it('are pulled with the right password, and known by their digest from then on', async () => {
    const { said, problem } = await pullWith('sesame');
    expect(problem).toBeUndefined();
    expect(said).toEqual([
      `Pulling image "${image}"`,
      expect.stringMatching(/^Successfully pulled image .* Image size: \d+ bytes\.$/),
    ]);
    const pulled = await runtime.inspectImage(image);
    expect(pulled?.imageId).toMatch(new RegExp(`^docker-pullable://${host}/team/app@sha256:[0-9a-f]{64}$`));
  });

  it.each([
    ['a wrong password', 'wrong'],
    ['none', undefined],
  ])('are refused with %s, in the registry’s words', async (_sentence, password) => {
    const { problem } = await pullWith(password);
    expect(problem).toMatchObject({
      reason: 'ErrImagePull',
      message: expect.stringMatching(/unauthorized|no basic auth credentials|denied/),
    });
    expect(await runtime.inspectImage(image)).toBeUndefined();
  });

  it('that do not exist are said to be unknown', async () => {
    const credential = { username: 'puller', password: 'sesame', serverAddress: host };
    await expect(runtime.pullImage(`${host}/team/nothing:v1`, { credential })).rejects.toMatchObject({
      kind: 'ImagePullFailed',
      message: expect.stringMatching(/manifest unknown|not found/),
    });
  });

  it('of a registry that does not answer are said to be out of reach', async () => {
    await expect(runtime.pullImage('127.0.0.1:1/app:v1', {})).rejects.toMatchObject({
      kind: 'ImagePullFailed',
      message: expect.stringContaining('connection refused'),
    });
  });

  it('tell how far they are while they are pulled', async () => {
    // Nothing else has its layer now, so that it is really downloaded.
    await bench.docker.getImage(bench.image).remove({ force: true });
    const seen: PullProgress[] = [];
    const credential = { username: 'puller', password: 'sesame', serverAddress: host };
    const { sizeBytes } = await runtime.pullImage(image, { credential, onProgress: (progress) => seen.push(progress) });
    await bench.docker.getImage(image).tag({ repo: bench.image.split(':')[0] ?? '', tag: bench.session });
    expect(sizeBytes).toBeGreaterThan(1_000_000);
    const last = seen.at(-1);
    expect(last?.downloadedBytes).toBeGreaterThan(0);
    expect(last?.totalBytes).toBeGreaterThanOrEqual(last?.downloadedBytes ?? Infinity);
  });
});

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return port;
}

async function listening({ stderr }: ChildProcess): Promise<void> {
  if (stderr === null) throw new Error('the registry says nothing');
  for await (const line of createInterface({ input: stderr })) if (line.includes('listening on')) break;
  stderr.resume();
}
