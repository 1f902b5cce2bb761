import { mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { randomBytes } from 'node:crypto';
import path from 'node:path';
import { Cluster, freePort } from './harness/cluster';
import { httpGet } from './harness/http-get';
import { configMapManifest, podManifest, shell } from './harness/manifests';

jest.setTimeout(120_000);

/** The real, unmodified kubectl through an ordinary session. Steps build on each other, as a person's do. */
describe('kubectl 1.35', () => {
  let cluster: Cluster;

  beforeAll(async () => {
    cluster = await Cluster.start();
    const web = shell(
      'echo started; echo oops >&2; mkdir -p /www; echo "hello $GREETING" > /www/index.html; exec httpd -f -p 8080 -h /www',
      {
        name: 'web',
        env: [{ name: 'GREETING', valueFrom: { configMapKeyRef: { name: 'settings', key: 'greeting' } } }],
        ports: [{ containerPort: 8080, name: 'http' }],
        readinessProbe: { httpGet: { path: '/', port: 'http' }, periodSeconds: 1 },
      },
    );
    await cluster.ok(['apply', '-f', '-'], configMapManifest('settings', { greeting: 'from a config map' }));
    const applied = await cluster.ok(
      ['apply', '-f', '-'],
      podManifest('web', { containers: [web] }, { labels: { app: 'web' } }),
    );
    expect(applied).toBe('pod/web created\n');
    await cluster.ok(['wait', '--for=condition=Ready', 'pod/web', '--timeout=60s']);
  });

  afterAll(() => cluster.stop());

  it('shows the pod in its table, with the columns people know', async () => {
    const table = await cluster.ok(['get', 'pods']);
    expect(table).toMatch(/^NAME +READY +STATUS +RESTARTS +AGE\nweb +1\/1 +Running +0 +\d+s\n$/);
  });

  it('adds address and node in the wide table', async () => {
    const table = await cluster.ok(['get', 'pods', '-o', 'wide']);
    expect(table).toMatch(/NAME +READY +STATUS +RESTARTS +AGE +IP +NODE +NOMINATED NODE +READINESS GATES/);
    expect(table).toContain(cluster.workers[0]);
  });

  it.each([
    ['json', (text: string) => expect((JSON.parse(text) as { kind: string }).kind).toBe('Pod')],
    ['yaml', (text: string) => expect(text).toContain('kind: Pod')],
    ['name', (text: string) => expect(text).toBe('pod/web\n')],
    ['jsonpath={.status.phase}', (text: string) => expect(text).toBe('Running')],
    ['custom-columns=N:.metadata.name', (text: string) => expect(text).toBe('N\nweb\n')],
  ])('prints it as -o %s', async (format, expectText) => {
    expectText(await cluster.ok(['get', 'pod', 'web', '-o', format]));
  });

  it('finds it by label and by field, and nothing where nothing matches', async () => {
    expect(await cluster.ok(['get', 'pods', '-l', 'app=web', '-o', 'name'])).toBe('pod/web\n');
    expect(await cluster.ok(['get', 'pods', '--field-selector', 'status.phase=Failed', '-o', 'name'])).toBe('');
  });

  it('says unchanged when the same manifest is applied again', async () => {
    expect(
      await cluster.ok(['apply', '-f', '-'], configMapManifest('settings', { greeting: 'from a config map' })),
    ).toBe('configmap/settings unchanged\n');
  });

  it('describes it with its containers, conditions and events', async () => {
    const text = await cluster.ok(['describe', 'pod', 'web']);
    expect(text).toMatch(/State: +Running/);
    expect(text).toMatch(/Ready +True/);
    expect(text).toMatch(/Normal +Scheduled .*Successfully assigned default\/web to/);
    expect(text).toMatch(/Normal +Started .*Started container web|Normal +Started .*Container started/);
  });

  it('describes the node with its capacity and the pod on it', async () => {
    const text = await cluster.ok(['describe', 'node', cluster.workers[0] ?? '']);
    expect(text).toMatch(/Ready +True/);
    expect(text).toMatch(/cpu: +\d/);
    expect(text).toMatch(/default +web/);
    expect(text).toContain(`HolderIdentity:  ${cluster.workers[0]}`);
  });

  it('prints logs of both streams, and follows them', async () => {
    const text = await cluster.ok(['logs', 'web']);
    expect(text).toContain('started\n');
    expect(text).toContain('oops\n');
    expect(await cluster.ok(['logs', 'web', '--tail=0'])).toBe('');
  });

  it('executes a command, feeds its stdin and passes its exit code on', async () => {
    expect(await cluster.ok(['exec', 'web', '--', 'cat', '/www/index.html'])).toBe('hello from a config map\n');
    expect(await cluster.ok(['exec', '-i', 'web', '--', 'cat'], 'through stdin')).toBe('through stdin');
    expect((await cluster.kubectl(['exec', 'web', '--', 'sh', '-c', 'exit 3'])).status).toBe(3);
  });

  it('copies a file there and back unchanged', async () => {
    const folder = mkdtempSync(path.join(cluster.folder, 'cp-'));
    const content = randomBytes(3_000_000);
    writeFileSync(path.join(folder, 'there'), content);
    await cluster.ok(['cp', path.join(folder, 'there'), 'web:/tmp/file']);
    await cluster.ok(['cp', 'web:/tmp/file', path.join(folder, 'back')]);
    expect(readFileSync(path.join(folder, 'back')).equals(content)).toBe(true);
  });

  it('forwards a port', async () => {
    const port = await freePort();
    const forward = cluster.kubectlRunning(['port-forward', 'pod/web', `${port}:8080`]);
    await forward.until(/Forwarding from 127\.0\.0\.1/);
    expect(await httpGet(`http://127.0.0.1:${port}/`)).toBe('hello from a config map\n');
    forward.kill('SIGINT');
    await forward.exit;
  });

  it('labels and annotates it, and takes a label away', async () => {
    await cluster.ok(['label', 'pod', 'web', 'tier=front']);
    await cluster.ok(['annotate', 'pod', 'web', 'note=hi']);
    expect(
      await cluster.ok(['get', 'pod', 'web', '-o', 'jsonpath={.metadata.labels.tier} {.metadata.annotations.note}']),
    ).toBe('front hi');
    await cluster.ok(['label', 'pod', 'web', 'tier-']);
    expect(await cluster.ok(['get', 'pod', 'web', '-o', 'jsonpath={.metadata.labels.tier}'])).toBe('');
  });

  it.each([
    ['merge', '{"data":{"greeting":"merged"}}', 'merged'],
    ['strategic', '{"data":{"greeting":"strategic"}}', 'strategic'],
    ['json', '[{"op":"replace","path":"/data/greeting","value":"json"}]', 'json'],
  ])('edits by a %s patch', async (type, patch, expected) => {
    await cluster.ok(['patch', 'configmap', 'settings', `--type=${type}`, '-p', patch]);
    expect(await cluster.ok(['get', 'configmap', 'settings', '-o', 'jsonpath={.data.greeting}'])).toBe(expected);
  });

  it('refuses to change what may not change, in the words people know', async () => {
    const { status, stderr } = await cluster.kubectl([
      'patch',
      'pod',
      'web',
      '-p',
      '{"spec":{"nodeName":"elsewhere"}}',
    ]);
    expect(status).toBe(1);
    expect(stderr).toContain('The Pod "web" is invalid');
    expect(stderr).toContain('pod updates may not change fields other than');
  });

  it('refuses unknown fields strictly', async () => {
    const { status, stderr } = await cluster.kubectl(
      ['apply', '-f', '-'],
      JSON.stringify({
        apiVersion: 'v1',
        kind: 'Pod',
        metadata: { name: 'odd' },
        spec: { containers: [{ name: 'a', image: 'b', imagee: 'c' }] },
      }),
    );
    expect(status).toBe(1);
    expect(stderr).toContain('unknown field "spec.containers[0].imagee"');
  });

  it('creates the simple kinds with its own generators, whose bodies are protobuf', async () => {
    expect(await cluster.ok(['create', 'namespace', 'team'])).toBe('namespace/team created\n');
    expect(await cluster.ok(['-n', 'team', 'create', 'configmap', 'c', '--from-literal=a=b'])).toBe(
      'configmap/c created\n',
    );
    expect(await cluster.ok(['-n', 'team', 'create', 'secret', 'generic', 's', '--from-literal=a=b'])).toBe(
      'secret/s created\n',
    );
    expect(await cluster.ok(['-n', 'team', 'create', 'serviceaccount', 'bot'])).toBe('serviceaccount/bot created\n');
    expect(await cluster.ok(['-n', 'team', 'get', 'secret', 's', '-o', 'jsonpath={.data.a}'])).toBe('Yg==');
    await cluster.ok(['delete', 'namespace', 'team']);
    expect((await cluster.kubectl(['get', 'namespace', 'team'])).stderr).toContain('namespaces "team" not found');
  });

  it('explains a field from the OpenAPI documents', async () => {
    expect(await cluster.ok(['explain', 'pod.spec.containers.image'])).toMatch(/FIELD: image/);
  });

  it('cordons, uncordons and drains the node', async () => {
    const node = cluster.workers[0] ?? '';
    await cluster.ok(['cordon', node]);
    expect(await cluster.ok(['get', 'nodes'])).toContain('Ready,SchedulingDisabled');
    await cluster.ok(
      ['apply', '-f', '-'],
      podManifest('victim', { containers: [shell('sleep 3600')], nodeName: node }),
    );
    await cluster.untilPod('victim', '{.status.phase}', (phase) => phase === 'Running');
    await cluster.ok(['drain', node, '--force', '--pod-selector=!app']);
    expect((await cluster.kubectl(['get', 'pod', 'victim'])).status).toBe(1);
    await cluster.ok(['uncordon', node]);
  });

  it('deletes the pod, and its containers go', async () => {
    expect(await cluster.ok(['delete', 'pod', 'web'])).toMatch(/pod "web" deleted/);
    expect((await cluster.kubectl(['get', 'pod', 'web'])).stderr).toContain('pods "web" not found');
    await cluster.untilNoContainers('label=io.kubernetes.pod.name=web');
  });
});
