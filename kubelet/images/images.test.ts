import { setImmediate as turn } from 'node:timers/promises';
import type { Secret } from '../../shared/api/objects';
import { silentLogger } from '../../shared/logger';
import { StatusError } from '../../shared/status-error';
import { aPod } from '../../shared/testing/builders';
import { FakeClock, settle } from '../../shared/testing/fake-clock';
import { FakeRuntime } from '../runtime/fake/fake-runtime';
import { RuntimeError } from '../runtime/runtime';
import { duration } from './image-events';
import { parseImageName } from './image-name';
import { createImageProvider } from './image-provider';
import { decidePull, pullPolicyOf } from './pull-policy';
import { credentialsOf, matches, matching } from './registry-credentials';

const base64 = (value: unknown): string =>
  Buffer.from(typeof value === 'string' ? value : JSON.stringify(value)).toString('base64');

describe('an image name', () => {
  const digest = `sha256:${'a'.repeat(64)}`;
  it.each([
    ['busybox', { registry: 'docker.io', repository: 'library/busybox', tag: 'latest' }],
    ['team/app:v1', { registry: 'docker.io', repository: 'team/app', tag: 'v1' }],
    ['localhost/app', { registry: 'localhost', repository: 'app', tag: 'latest' }],
    ['127.0.0.1:5000/a/b/c:1.0', { registry: '127.0.0.1:5000', repository: 'a/b/c', tag: '1.0' }],
    [`quay.io/x/y@${digest}`, { registry: 'quay.io', repository: 'x/y', digest }],
    [`app:v1@${digest}`, { registry: 'docker.io', repository: 'library/app', tag: 'v1', digest }],
    ['index.docker.io/library/nginx', { registry: 'docker.io', repository: 'library/nginx', tag: 'latest' }],
  ])('%s is completed', (image, expected) => {
    expect(parseImageName(image)).toEqual(expected);
  });

  it.each(['', 'Upper', 'a b', 'app:', 'app:tag:tag', 'app@sha256:short', '-x/y', 'a//b', `app:${'t'.repeat(129)}`])(
    '"%s" is refused in Kubernetes’ words',
    (image) => {
      expect(() => parseImageName(image)).toThrow(
        expect.objectContaining({
          kind: 'InvalidImageName',
          message: expect.stringContaining(`couldn't parse image name "${image}": invalid reference format`),
        }),
      );
    },
  );
});

describe('the pull policy', () => {
  it.each([
    [{ image: 'app' }, 'Always'],
    [{ image: 'app:latest' }, 'Always'],
    [{ image: 'app:v1' }, 'IfNotPresent'],
    [{ image: `app@sha256:${'a'.repeat(64)}` }, 'IfNotPresent'],
    [{ image: 'app:latest', imagePullPolicy: 'Never' }, 'Never'],
  ])('of %j is %s', (container, expected) => {
    expect(pullPolicyOf(container)).toBe(expected);
  });

  it.each([
    ['Always', true, 'pull'],
    ['Always', false, 'pull'],
    ['IfNotPresent', true, 'use'],
    ['IfNotPresent', false, 'pull'],
    ['Never', true, 'use'],
    ['Never', false, 'refuse'],
  ] as const)('%s with the image present (%s) means: %s', (policy, isPresent, expected) => {
    expect(decidePull(policy, isPresent)).toBe(expected);
  });
});

describe('a duration', () => {
  it.each([
    [0, '0s'],
    [850.4, '850ms'],
    [1_200, '1.2s'],
    [60_000, '1m0s'],
    [123_500, '2m3.5s'],
    [3_661_000, '1h1m1s'],
  ])('of %d ms is printed as %s', (ms, expected) => {
    expect(duration(ms)).toBe(expected);
  });
});

describe('credentials', () => {
  it.each([
    ['registry.example', 'registry.example/app', true],
    ['registry.example', 'registry.example:5000/app', false],
    ['registry.example:5000', 'registry.example:5000/app', true],
    ['registry.example/team', 'registry.example/team/app', true],
    ['registry.example/team', 'registry.example/other/app', false],
    ['*.example', 'registry.example/app', true],
    ['*.example', 'a.registry.example/app', false],
    ['prefix*.example', 'prefix-1.example/app', true],
    ['docker.io', 'busybox', true],
    ['127.0.0.1:5000', '127.0.0.1:5000/app', true],
  ])('for %s, asked for %s: %s', (pattern, image, expected) => {
    expect(matches(pattern, parseImageName(image))).toBe(expected);
  });

  it.each([
    [
      'kubernetes.io/dockerconfigjson',
      { '.dockerconfigjson': base64({ auths: { 'r.example': { auth: base64('u:p:q') } } }) },
    ],
    [
      'kubernetes.io/dockercfg',
      { '.dockercfg': base64({ 'https://r.example/v2/': { username: 'u', password: 'p:q' } }) },
    ],
  ])('are read from a Secret of type %s', (type, data) => {
    expect(credentialsOf({ type, data })).toEqual([
      { pattern: 'r.example', credential: expect.objectContaining({ username: 'u', password: 'p:q' }) },
    ]);
  });

  it.each([
    ['of another type', { type: 'Opaque', data: { '.dockerconfigjson': base64('{}') } }],
    ['that is no JSON', { type: 'kubernetes.io/dockerconfigjson', data: { '.dockerconfigjson': base64('{') } }],
    ['without data', { type: 'kubernetes.io/dockerconfigjson' }],
  ])('are none in a Secret %s', (_sentence, secret) => {
    expect(credentialsOf(secret)).toEqual([]);
  });

  it('are tried the most specific first', () => {
    const entry = (pattern: string) => ({
      pattern,
      credential: { username: pattern, password: '', serverAddress: pattern },
    });
    const found = matching(
      [entry('*.example'), entry('r.example'), entry('r.example/team'), entry('other')],
      parseImageName('r.example/team/app'),
    );
    expect(found.map(({ username }) => username)).toEqual(['r.example/team', 'r.example', '*.example']);
  });
});

describe('making an image present', () => {
  const clock = new FakeClock();
  let runtime: FakeRuntime;
  let secrets: Map<string, Secret>;
  let provider: ReturnType<typeof createImageProvider>;
  let said: string[];

  beforeEach(() => {
    runtime = new FakeRuntime({ clock });
    secrets = new Map();
    said = [];
    provider = createImageProvider({
      runtime,
      clock,
      logger: silentLogger,
      pullsAtOnce: 1,
      source: { get: ({ name }) => Promise.resolve(secrets.get(name)) },
    });
  });

  const ensure = (
    image: string,
    { imagePullPolicy = 'IfNotPresent', pod = aPod(), signal = new AbortController().signal } = {},
  ): Promise<void> =>
    provider.ensure(
      {
        pod,
        container: { name: 'app', image, imagePullPolicy },
        onEvent: ({ reason, message }) => said.push(`${reason}: ${message}`),
      },
      signal,
    );
  const withSecrets = (...names: string[]) => aPod({ spec: { imagePullSecrets: names.map((name) => ({ name })) } });
  const aSecret = (password: string): Secret => ({
    apiVersion: 'v1',
    kind: 'Secret',
    metadata: { name: 's', namespace: 'default', uid: 's', resourceVersion: '1' } as Secret['metadata'],
    type: 'kubernetes.io/dockerconfigjson',
    data: { '.dockerconfigjson': base64({ auths: { 'r.example': { username: 'u', password } } }) },
  });

  it('uses one that is there', async () => {
    runtime.addImage('app:v1');
    await ensure('app:v1');
    expect(said).toEqual(['Pulled: Container image "app:v1" already present on machine']);
    expect(runtime.callsOf('pullImage')).toEqual([]);
  });

  it('pulls one that is not, and says how long that took and how large it is', async () => {
    runtime.addPullable('app:v1', { takesMs: 1_200 });
    const done = ensure('app:v1');
    await clock.advance(1_200);
    await done;
    expect(said).toEqual([
      'Pulling: Pulling image "app:v1"',
      'Pulled: Successfully pulled image "app:v1" in 1.2s (1.2s including waiting). Image size: 1000000 bytes.',
    ]);
  });

  it('never pulls where that is forbidden', async () => {
    await expect(ensure('app:v1', { imagePullPolicy: 'Never' })).rejects.toMatchObject({
      reason: 'ErrImageNeverPull',
      message: 'Container image "app:v1" is not present with pull policy of Never',
    });
  });

  it('refuses a name that is none', async () => {
    await expect(ensure('Not A Name')).rejects.toMatchObject({ reason: 'InvalidImageName' });
  });

  it('shows a failure, then waits 10 s, 20 s … at most 5 min between tries, and starts over after a success', async () => {
    const pod = aPod();
    const tries: number[] = [];
    const startMs = clock.now();
    for (let round = 0; round < 14; round++) {
      const problem = (await ensure('gone:v1', { pod }).catch((error: unknown) => error)) as {
        reason: string;
        retryAtMs: number;
      };
      if (problem.reason === 'ErrImagePull') tries.push((clock.now() - startMs) / 1000);
      else expect(problem.reason).toBe('ImagePullBackOff');
      await clock.advance(problem.retryAtMs - clock.now());
    }
    expect(tries).toEqual([0, 10, 30, 70, 150, 310, 610]);
    expect(said.slice(0, 5)).toEqual([
      'Pulling: Pulling image "gone:v1"',
      'Failed: Failed to pull image "gone:v1": manifest for gone:v1 not found: manifest unknown',
      'Failed: Error: ErrImagePull',
      'BackOff: Back-off pulling image "gone:v1"',
      'Failed: Error: ImagePullBackOff',
    ]);
    runtime.addPullable('gone:v1');
    await ensure('gone:v1', { pod });
    runtime.engine.images.clear();
    runtime.failNext('pullImage', new RuntimeError('ImagePullFailed', 'no'));
    await expect(ensure('gone:v1', { pod })).rejects.toMatchObject({ reason: 'ErrImagePull' });
    const again = (await ensure('gone:v1', { pod }).catch((error: unknown) => error)) as { retryAtMs: number };
    expect(again.retryAtMs - clock.now()).toBe(10_000);
  });

  it('shares one pull among pods that want the same image at once', async () => {
    runtime.addPullable('app:v1', { takesMs: 1_000 });
    const both = Promise.all([
      ensure('app:v1', { pod: aPod({ name: 'a' }) }),
      ensure('app:v1', { pod: aPod({ name: 'b' }) }),
    ]);
    await clock.advance(1_000);
    await both;
    expect(runtime.callsOf('pullImage')).toHaveLength(1);
  });

  it('pulls no more at once than it may, and says what was waiting', async () => {
    runtime.addPullable('a:v1', { takesMs: 1_000 });
    runtime.addPullable('b:v1', { takesMs: 1_000 });
    const both = Promise.all([ensure('a:v1'), ensure('b:v1')]);
    await clock.advance(999);
    expect(runtime.callsOf('pullImage')).toHaveLength(1);
    await clock.advance(1_001);
    await both;
    expect(said.at(-1)).toContain('in 1s (2s including waiting)');
  });

  it('gives a pull up when nobody waits for it any more, and not before', async () => {
    runtime.addPullable('app:v1', { takesMs: 1_000 });
    const [one, other] = [new AbortController(), new AbortController()];
    const results = Promise.allSettled([
      ensure('app:v1', { signal: one.signal }),
      ensure('app:v1', { signal: other.signal, pod: aPod({ name: 'b' }) }),
    ]);
    await settle();
    const [call] = runtime.callsOf('pullImage');
    const { signal } = call?.args[1] as { readonly signal: AbortSignal };
    one.abort(new Error('not wanted'));
    await settle();
    expect(signal.aborted).toBe(false);
    other.abort(new Error('not wanted'));
    await settle();
    expect(signal.aborted).toBe(true);
    expect((await results).map(({ status }) => status)).toEqual(['rejected', 'rejected']);
    expect(clock.pending).toBe(0);
    await turn();
  });

  it('tries each password that fits until one is let in', async () => {
    runtime.addPullable('r.example/app:v1', { credential: { username: 'u', password: 'right' } });
    secrets.set('old', aSecret('wrong'));
    secrets.set('new', aSecret('right'));
    await ensure('r.example/app:v1', { pod: withSecrets('old', 'new') });
    expect(runtime.callsOf('pullImage')).toHaveLength(2);
    expect(said.join()).not.toContain('right');
  });

  it('says which secrets it could not have, and tries all the same', async () => {
    runtime.addPullable('app:v1');
    await ensure('app:v1', { pod: withSecrets('missing') });
    expect(said).toContain(
      'FailedToRetrieveImagePullSecret: Unable to retrieve some image pull secrets (missing); attempting to pull the image may not succeed.',
    );
  });

  it('tries without its secrets while the server is away', async () => {
    runtime.addPullable('app:v1');
    const cutOff = createImageProvider({
      runtime,
      clock,
      logger: silentLogger,
      source: { get: () => Promise.reject(new StatusError('ServiceUnavailable', 'no server')) },
    });
    const container = { name: 'app', image: 'app:v1' };
    await cutOff.ensure({ pod: withSecrets('s'), container, onEvent: () => undefined }, new AbortController().signal);
    expect(await runtime.inspectImage('app:v1')).toBeDefined();
  });

  it('starts nothing of an image that is for other processors, and says for which', async () => {
    runtime.addImage('app:v1', { architecture: 'arm64' });
    await expect(ensure('app:v1')).rejects.toMatchObject({
      reason: 'ErrImageArchitecture',
      message: 'image "app:v1" is for linux/arm64, this node runs linux/amd64',
    });
    expect(said.at(-1)).toContain('is for linux/arm64');
  });

  it('takes an image for what the node runs beside its own', async () => {
    runtime.addImage('app:v1', { architecture: '386' });
    await ensure('app:v1');
  });

  it('backs off from pulling an image that is for other processors', async () => {
    runtime.addPullable('app:v1', { architecture: 'arm64' });
    await expect(ensure('app:v1', { imagePullPolicy: 'Always' })).rejects.toMatchObject({
      reason: 'ErrImageArchitecture',
    });
    await expect(ensure('app:v1', { imagePullPolicy: 'Always' })).rejects.toMatchObject({ reason: 'ImagePullBackOff' });
  });

  it('leaves an engine that is down to its caller', async () => {
    runtime.loseEngine();
    await expect(ensure('app:v1')).rejects.toMatchObject({ kind: 'EngineUnavailable' });
  });
});
