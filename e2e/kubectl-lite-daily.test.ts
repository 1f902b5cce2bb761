import { chmodSync, mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { Cluster, IMAGE } from './harness/cluster';
import { dist, run } from './harness/programs';

jest.setTimeout(120_000);

const web = (name: string, replicas: number): string => `apiVersion: apps/v1
kind: Deployment
metadata: {name: ${name}, labels: {part: ${name}}}
spec:
  replicas: ${replicas}
  selector: {matchLabels: {app: ${name}}}
  template:
    metadata: {labels: {app: ${name}}}
    spec:
      terminationGracePeriodSeconds: 0
      containers:
      - {name: main, image: "${IMAGE}", imagePullPolicy: IfNotPresent, command: [sh, -c, "echo hello from main; sleep 100000"]}
`;
const configMap = (name: string, value: string): string =>
  `apiVersion: v1\nkind: ConfigMap\nmetadata: {name: ${name}, labels: {part: settings}}\ndata: {key: "${value}"}\n`;

/** What kubectl-lite does beyond kubectl, and with a terminal's help, against pods that run. */
describe('kubectl-lite on running pods', () => {
  let cluster: Cluster;
  beforeAll(async () => {
    cluster = await Cluster.start({ workers: 1 });
  });
  afterAll(() => cluster.stop());

  const file = (name: string, text: string): string => {
    const full = path.join(cluster.folder, 'daily', name);
    mkdirSync(path.dirname(full), { recursive: true });
    writeFileSync(full, text);
    return full;
  };

  it('apply --wait ends when a deployment is rolled out, and says so', async () => {
    const { status, stdout } = await cluster.lite(['apply', '-f', file('web.yaml', web('web', 2)), '--wait']);
    expect(status).toBe(0);
    expect(stdout).toMatch(/^deployment\.apps\/web created\n/);
    expect(stdout).toMatch(/deployment\.apps\/web rolled out\n$/);
  });

  it('apply --wait gives up where pods do not come, and says where to look', async () => {
    const { status, stderr } = await cluster.lite(
      ['apply', '-f', '-', '--wait', '--timeout=1s'],
      web('never', 1).replace('command', 'resources: {requests: {cpu: "1000"}}, command'),
    );
    expect(status).toBe(1);
    expect(stderr).toContain('not ready after 1 s: deployment.apps/never: kubectl-lite describe deployment.apps/never');
    await cluster.ok(['delete', 'deployment', 'never']);
  });

  it('tree shows what a deployment owns, and that it is ready', async () => {
    const { stdout } = await cluster.lite(['tree', 'deploy/web']);
    expect(stdout).toMatch(
      /^NAMESPACE +NAME +READY +REASON +AGE\ndefault +Deployment\/web +True +rolled out +\S+\ndefault +└─ReplicaSet\/web-\w+ +True .*\ndefault +  ├─Pod\/web-.* True .*\ndefault +  └─Pod\/web-.* True .*\n$/,
    );
  });

  it('logs follows all pods of a deployment: those that come join, those that go are told', async () => {
    const logs = cluster.liteRunning(['logs', '-f', 'deploy/web']);
    await logs.until(/(\[pod\/web-\S+\/main\] hello from main\n[\s\S]*){2}/);
    await cluster.lite(['scale', 'deploy/web', '--replicas=3']);
    const [, joined = ''] = await logs.until(/\+ (web-\S+) main\n/);
    await logs.until(new RegExp(`\\[pod/${joined}/main\\] hello from main\\n`));
    await cluster.ok(['delete', 'pod', joined]);
    await logs.until(new RegExp(`- ${joined}\\n`));
    logs.kill('SIGINT');
    await logs.exit;
  });

  it('logs -f says once which container of several it shows, however often pods change', async () => {
    const two = web('two', 1)
      .replace(/- (\{name: main.*\})/, '- $1\n      - $1')
      .replace('name: main', 'name: first');
    await cluster.lite(['apply', '-f', file('two.yaml', two), '--wait']);
    const logs = cluster.liteRunning(['logs', '-f', 'deploy/two']);
    await logs.until(/hello from main/);
    await cluster.lite(['scale', 'deploy/two', '--replicas=2']);
    await logs.until(/\+ two-\S+ first\n/);
    expect(logs.output().match(/Defaulted container "first" out of: first, main/g)).toHaveLength(1);
    logs.kill('SIGINT');
    await logs.exit;
    await cluster.ok(['delete', 'deployment', 'two']);
  });

  it('why takes what owns pods, and looks at one that is not as it should be', async () => {
    expect((await cluster.lite(['why', 'deploy/web'])).stdout).toMatch(/^pod\/web-\S+ is fine/);
  });

  it('logs takes a regular expression of names', async () => {
    const { stdout } = await cluster.lite(['logs', '^web-.*', '--tail=1']);
    expect(stdout).toMatch(/^(\[pod\/web-\S+\/main\] hello from main\n){2,}$/);
  });

  it('rollout follows, goes back and tells the history', async () => {
    await cluster.lite(['set', 'env', 'deploy/web', 'A=b']);
    const { stdout } = await cluster.lite(['rollout', 'status', 'deploy/web', '--timeout=60s']);
    expect(stdout).toContain('deployment "web" successfully rolled out');
    expect((await cluster.lite(['rollout', 'undo', 'deploy/web'])).stdout).toBe('deployment.apps/web rolled back\n');
    await cluster.lite(['rollout', 'status', 'deploy/web', '--timeout=60s']);
    expect((await cluster.lite(['rollout', 'history', 'deploy/web'])).stdout).toMatch(/\n2 +<none>\n3 +<none>\n/);
  });

  it('run --rm -i shows what the pod prints, ends with its exit code and leaves nothing', async () => {
    const args = ['run', 'once', `--image=${IMAGE}`, '--image-pull-policy=IfNotPresent', '--restart=Never'];
    const once = await cluster.lite([...args, '-i', '--rm', '-q', '--', 'sh', '-c', 'cat; exit 3'], 'typed\n');
    expect(once).toMatchObject({ status: 3, stdout: 'typed\n' });
    expect((await cluster.kubectl(['get', 'pod', 'once'])).status).toBe(1);
  });

  it('debug looks into a pod from a container beside it', async () => {
    await cluster.lite([
      'run',
      'looked-at',
      `--image=${IMAGE}`,
      '--image-pull-policy=IfNotPresent',
      '--',
      'sleep',
      '1000',
    ]);
    await cluster.ok(['wait', '--for=condition=Ready', 'pod/looked-at', '--timeout=60s']);
    const looked = await cluster.lite(
      [
        'debug',
        'looked-at',
        `--image=${IMAGE}`,
        '--image-pull-policy=IfNotPresent',
        '-c',
        'looker',
        '-i',
        '-q',
        '--',
        'cat',
      ],
      'seen\n',
    );
    expect(looked).toMatchObject({ status: 0, stdout: 'seen\n', stderr: '' });
    await cluster.ok(['delete', 'pod', 'looked-at', '--now']);
  });

  it('apply --prune shows what would go, deletes it only when agreed, and leaves what others made', async () => {
    await cluster.lite(['apply', '-f', file('both.yaml', `${configMap('kept', '1')}---\n${configMap('gone', '1')}`)]);
    await cluster.ok(['create', 'configmap', 'other']);
    await cluster.ok(['label', 'configmap', 'other', 'part=settings']);
    const prune = ['apply', '-f', file('kept.yaml', configMap('kept', '2')), '--prune', '-l', 'part=settings'];
    const asked = await cluster.lite(prune);
    expect(asked).toMatchObject({ status: 1, stdout: '', stderr: expect.stringContaining('say --yes') as string });
    expect(asked.stderr).toMatch(/-  key: "1"\n\+  key: "2"\n/);
    expect(asked.stderr).toContain('-  name: gone\n');
    const { stdout } = await cluster.lite([...prune, '--yes']);
    expect(stdout).toBe('configmap/kept configured\nconfigmap/gone pruned\n');
    expect(await cluster.ok(['get', 'configmap', '-l', 'part=settings', '-o', 'name'])).toBe(
      'configmap/kept\nconfigmap/other\n',
    );
  });

  it('edit hands the object to the editor, and opens it again with what the server refused', async () => {
    await cluster.lite(['apply', '-f', '-'], web('edited', 0));
    const editor = file(
      'editor.sh',
      `#!/bin/sh\nif grep -q "is invalid" "$1"; then sed -i 's/replicas: -1/replicas: 0/; s/name: main/name: renamed/' "$1"; else sed -i 's/replicas: 0/replicas: -1/' "$1"; fi\n`,
    );
    chmodSync(editor, 0o755);
    const { status, stdout, stderr } = await run(
      process.execPath,
      [dist('cli', 'main.js'), 'edit', 'deploy', 'edited'],
      {
        env: { ...cluster.env, KUBE_EDITOR: editor },
      },
    );
    expect({ status, stdout }).toEqual({ status: 0, stdout: 'deployment.apps/edited edited\n' });
    expect(stderr).toContain('spec.replicas: Invalid value: -1');
    const containers = '{.spec.template.spec.containers[*].name}';
    expect(await cluster.ok(['get', 'deploy', 'edited', '-o', `jsonpath=${containers}`])).toBe('renamed');
  });

  it('drain refuses what would be lost, then empties the node', async () => {
    const [node = ''] = cluster.workers;
    await cluster.lite(['run', 'alone', `--image=${IMAGE}`, '--image-pull-policy=IfNotPresent', '--', 'sleep', '1000']);
    await cluster.ok(['wait', '--for=condition=Ready', 'pod/alone', '--timeout=60s']);
    const refused = await cluster.lite(['drain', node]);
    expect(refused.status).toBe(1);
    expect(refused.stderr).toContain(
      'cannot delete Pods that declare no controller (use --force to override): default/alone',
    );
    const { status, stdout, stderr } = await cluster.lite(['drain', node, '--force', '--grace-period=0']);
    expect(stderr).toContain('Warning: deleting Pods that declare no controller: default/alone');
    expect(status).toBe(0);
    expect(stdout).toMatch(/pod\/alone evicted\n/);
    expect(stdout).toMatch(new RegExp(`node/${node} drained\\n$`));
    expect((await cluster.lite(['uncordon', node])).stdout).toBe(`node/${node} uncordoned\n`);
  });
});
