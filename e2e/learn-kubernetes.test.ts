import { randomBytes } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { command } from '../deploy/local-cluster/command';
import { Cluster, IMAGE, freePort } from './harness/cluster';
import { httpGet } from './harness/http-get';
import type { Running } from './harness/programs';

jest.setTimeout(180_000);

const NAME = 'kubernetes-bootcamp';

/** The six modules of "Learn Kubernetes Basics" in their order, as a newcomer types them, with what they are told to expect. */
describe('Learn Kubernetes Basics', () => {
  let cluster: Cluster;
  let proxy: Running | undefined;
  /** Nobody listens there: v10, which is not on the machine, cannot be pulled. */
  let repository = '';
  const image = (tag: string): string => `${repository}:${tag}`;

  beforeAll(async () => {
    repository = `127.0.0.1:${await freePort()}/bootcamp-${randomBytes(3).toString('hex')}`;
    const block = 64 + Math.floor(Math.random() * 128);
    cluster = await Cluster.start({ serverArgs: ['--service-cluster-ip-range', `10.${block}.0.0/16`] });
    for (const version of ['1', '2']) await makeApp(image(`v${version}`), version);
  });
  afterAll(async () => {
    proxy?.kill();
    await cluster.stop();
    await command('docker', ['rmi', '-f', image('v1'), image('v2')]);
  });

  const podNames = async (...selector: readonly string[]): Promise<readonly string[]> => {
    const names = await cluster.ok(['get', 'pods', ...selector, '-o', 'jsonpath={.items[*].metadata.name}']);
    return names.split(' ').filter((name) => name !== '');
  };
  const podName = async (): Promise<string> => (await podNames())[0] ?? '';
  const rolledOut = (): Promise<string> => cluster.ok(['rollout', 'status', `deployments/${NAME}`, '--timeout=90s']);
  const expose = async (): Promise<string> => {
    await cluster.ok(['expose', `deployment/${NAME}`, '--type=NodePort', '--port', '8080']);
    return cluster.ok(['get', `services/${NAME}`, '-o', 'jsonpath={.spec.ports[0].nodePort}']);
  };
  const nodeAddress = (): Promise<string> =>
    cluster.ok(['get', 'nodes', '-o', 'jsonpath={.items[0].status.addresses[?(@.type=="InternalIP")].address}']);
  /** Asks until an answer satisfies: proxies learn of Services and pods a moment later. */
  const answer = async (url: string, satisfies: (body: string) => boolean): Promise<string> => {
    const deadlineMs = Date.now() + 60_000;
    for (;;) {
      const body = await httpGet(url).catch((error: unknown) => String(error));
      if (satisfies(body)) return body;
      if (Date.now() > deadlineMs) throw new Error(`${url} answered at last: ${body}`);
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
  };

  it('1: there is a cluster', async () => {
    expect(await cluster.ok(['cluster-info'])).toMatch(/control plane.* is running at .*https:\/\/127\.0\.0\.1/s);
    expect(await cluster.ok(['get', 'nodes'])).toMatch(
      /^NAME +STATUS +ROLES +AGE +VERSION\n\S+ +Ready +\S+ +\S+ +v1\./,
    );
  });

  it('2: an app is deployed, and seen through kubectl proxy', async () => {
    expect(await cluster.ok(['create', 'deployment', NAME, `--image=${image('v1')}`])).toBe(
      `deployment.apps/${NAME} created\n`,
    );
    await cluster.until(['get', 'deployments'], ({ stdout }) => new RegExp(`^${NAME} +1/1 +1 +1 `, 'm').test(stdout));
    proxy = cluster.kubectlRunning(['proxy', '--port=0']);
    const [, port = ''] = await proxy.until(/Starting to serve on 127\.0\.0\.1:(\d+)/);
    expect(JSON.parse(await httpGet(`http://127.0.0.1:${port}/version`))).toMatchObject({ major: '1' });
    const pod = await podName();
    const url = `http://127.0.0.1:${port}/api/v1/namespaces/default/pods/${pod}:8080/proxy/`;
    expect(await answer(url, (body) => body.includes('Hello'))).toBe(
      `Hello Kubernetes bootcamp! | Running on: ${pod} | v=1\n`,
    );
  });

  it('3: the app is explored: its pod, its log, its environment, from within', async () => {
    const pod = await podName();
    expect(await cluster.ok(['get', 'pods'])).toMatch(new RegExp(`^${pod} +1/1 +Running +0 `, 'm'));
    const described = await cluster.ok(['describe', 'pods']);
    expect(described).toMatch(new RegExp(`Image: +${image('v1')}`));
    expect(described).toMatch(/IP: +\d+\.\d+\.\d+\.\d+/);
    expect(described).toMatch(/Normal +Scheduled .*Successfully assigned default\//);
    expect(await cluster.ok(['logs', pod])).toContain('Kubernetes Bootcamp App Started');
    expect(await cluster.ok(['exec', pod, '--', 'env'])).toMatch(/^HOSTNAME=kubernetes-bootcamp-/m);
    const { stdout } = await cluster.kubectl(['exec', '-i', pod, '--', 'sh'], 'wget -qO- http://localhost:8080\n');
    expect(stdout).toContain('| v=1');
  });

  it('4: the app is exposed by a Service, chosen by labels, and hidden again', async () => {
    const port = await expose();
    expect(await cluster.ok(['get', 'services'])).toMatch(
      new RegExp(`^${NAME} +NodePort +\\S+ +<none> +8080:${port}/TCP`, 'm'),
    );
    expect(await cluster.ok(['describe', `services/${NAME}`])).toMatch(new RegExp(`NodePort: +<unset> +${port}/TCP`));
    const url = `http://${await nodeAddress()}:${port}`;
    expect(await answer(url, (body) => body.includes('Hello'))).toContain('v=1');

    const [pod = ''] = await podNames('-l', `app=${NAME}`);
    expect(await cluster.ok(['label', 'pods', pod, 'version=v1'])).toBe(`pod/${pod} labeled\n`);
    expect(await cluster.ok(['describe', 'pods', pod])).toMatch(/version=v1/);
    expect(await podNames('-l', 'version=v1')).toEqual([pod]);
    expect(await cluster.ok(['get', 'services', '-l', `app=${NAME}`])).toContain(NAME);

    expect(await cluster.ok(['delete', 'service', '-l', `app=${NAME}`])).toContain(`service "${NAME}" deleted`);
    await answer(url, (body) => !body.includes('Hello'));
    expect(await cluster.ok(['exec', pod, '--', 'wget', '-qO-', 'http://localhost:8080'])).toContain('v=1');
  });

  it('5: the app is scaled up, its load is spread, and it is scaled down', async () => {
    const port = await expose();
    expect(await cluster.ok(['get', 'rs'])).toMatch(new RegExp(`^${NAME}-\\S+ +1 +1 +1 `, 'm'));
    expect(await cluster.ok(['scale', `deployments/${NAME}`, '--replicas=4'])).toBe(`deployment.apps/${NAME} scaled\n`);
    await cluster.until(['get', 'deployments'], ({ stdout }) => new RegExp(`^${NAME} +4/4 +4 +4 `, 'm').test(stdout));
    expect(await podNames()).toHaveLength(4);
    expect(await cluster.ok(['describe', `deployments/${NAME}`])).toMatch(
      /ScalingReplicaSet .*Scaled up replica set \S+ from 1 to 4/,
    );
    const url = `http://${await nodeAddress()}:${port}`;
    const hosts = new Set<string>();
    await answer(url, (body) => {
      const [, host] = /Running on: (\S+)/.exec(body) ?? [];
      if (host !== undefined) hosts.add(host);
      return hosts.size > 1;
    });
    expect(await podNames()).toEqual(expect.arrayContaining([...hosts]));
    await cluster.ok(['scale', `deployments/${NAME}`, '--replicas=2']);
    await cluster.until(
      ['get', 'pods', '--no-headers'],
      ({ stdout }) => stdout.trim().split('\n').length === 2,
      90_000,
    );
  });

  it('6: the app is updated, then to a version that there is not, and back', async () => {
    const url = `http://${await nodeAddress()}:${await cluster.ok(['get', `services/${NAME}`, '-o', 'jsonpath={.spec.ports[0].nodePort}'])}`;
    const container = await cluster.ok([
      ...['get', `deployments/${NAME}`],
      ...['-o', 'jsonpath={.spec.template.spec.containers[0].name}'],
    ]);
    await cluster.ok(['set', 'image', `deployments/${NAME}`, `${container}=${image('v2')}`]);
    expect(await rolledOut()).toContain(`deployment "${NAME}" successfully rolled out`);
    expect(await answer(url, (body) => body.includes('v=2'))).toContain('v=2');

    await cluster.ok(['set', 'image', `deployments/${NAME}`, `${container}=${image('v10')}`]);
    await cluster.until(['get', 'pods'], ({ stdout }) => /ErrImagePull|ImagePullBackOff/.test(stdout));
    expect(await answer(url, (body) => body.includes('Hello'))).toContain('v=2');
    expect(await cluster.ok(['rollout', 'undo', `deployments/${NAME}`])).toBe(`deployment.apps/${NAME} rolled back\n`);
    await rolledOut();
    // The pod that never ran takes a moment to go.
    await cluster.until(
      ['get', 'pods', '-o', 'jsonpath={.items[*].spec.containers[0].image}'],
      ({ stdout }) => stdout === `${image('v2')} ${image('v2')}`,
      90_000,
    );
    await cluster.ok(['delete', `deployments/${NAME}`, `services/${NAME}`]);
    await cluster.untilNoContainers();
  });
});

/** An image that answers as the tutorial's does. */
async function makeApp(image: string, version: string): Promise<void> {
  const folder = mkdtempSync(path.join(tmpdir(), 'pinsetter-app-'));
  const answer = `Hello Kubernetes bootcamp! | Running on: %s | v=${version}`;
  writeFileSync(
    path.join(folder, 'hello'),
    `#!/bin/sh\nwhile read -r line && [ \${#line} -gt 1 ]; do :; done\nprintf 'HTTP/1.0 200 OK\\r\\n\\r\\n${answer}\\n' "$(hostname)"\n`,
    { mode: 0o755 },
  );
  // The first process of a container ends by SIGTERM only where it says so.
  const line = 'echo Kubernetes Bootcamp App Started; trap "exit 0" TERM; busybox nc -ll -p 8080 -e /hello & wait';
  const container = await docker('create', IMAGE, 'true');
  await docker('cp', path.join(folder, 'hello'), `${container}:/hello`);
  await docker('commit', '--change', `CMD ${JSON.stringify(['sh', '-c', line])}`, container, image);
  await docker('rm', container);
  rmSync(folder, { recursive: true });
}

async function docker(...args: readonly string[]): Promise<string> {
  const { status, stdout, stderr } = await command('docker', args);
  if (status !== 0) throw new Error(`docker ${args[0]} failed: ${stderr}`);
  return stdout.trim();
}
