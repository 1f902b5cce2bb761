import { chmodSync, mkdirSync, readFileSync, readdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { Cluster } from './harness/cluster';
import { podManifest, shell } from './harness/manifests';
import { dist, realKubectl, run } from './harness/programs';

jest.setTimeout(120_000);

/** What kubectl-lite says and does, against a server that has no node. */
describe('kubectl-lite', () => {
  let cluster: Cluster;
  beforeAll(async () => {
    cluster = await Cluster.start({ workers: 0 });
  });
  afterAll(() => cluster.stop());

  const file = (name: string, text: string): string => {
    const full = path.join(cluster.folder, name);
    mkdirSync(path.dirname(full), { recursive: true });
    writeFileSync(full, text);
    return full;
  };
  const configMap = (name: string, value: string): string =>
    `apiVersion: v1\nkind: ConfigMap\nmetadata: {name: ${name}}\ndata: {key: "${value}"}\n`;
  const pod = (name: string): string => podManifest(name, { containers: [shell('true')] });

  it('apply says created, configured, unchanged', async () => {
    const results = [];
    for (const value of ['1', '1', '2']) {
      const { status, stdout } = await cluster.lite(['apply', '-f', file('a.yaml', configMap('settings', value))]);
      results.push([status, stdout]);
    }
    expect(results).toEqual([
      [0, 'configmap/settings created\n'],
      [0, 'configmap/settings unchanged\n'],
      [0, 'configmap/settings configured\n'],
    ]);
  });

  it('apply names the file and line of a field that the server refuses, applies the others, and exits 1', async () => {
    const text = `${configMap('good', '1')}---\napiVersion: v1\nkind: Pod\nmetadata:\n  name: bad\nspec:\n  containers:\n  - name: web\n    imagee: x\n---\n${configMap('fine', '1')}`;
    const { status, stdout, stderr } = await cluster.lite(['apply', '-f', file('three.yaml', text)]);
    expect(status).toBe(1);
    expect(stdout).toBe('configmap/good created\nconfigmap/fine created\n');
    expect(stderr).toMatch(/three\.yaml:13: .*unknown field "spec\.containers\[0\]\.imagee"/);
  });

  it('apply reads standard input and folders', async () => {
    const folder = path.dirname(file('folder/one.yaml', configMap('one', '1')));
    file('folder/deeper/two.yaml', configMap('two', '1'));
    expect((await cluster.lite(['apply', '-f', '-'], configMap('piped', '1'))).stdout).toBe(
      'configmap/piped created\n',
    );
    expect((await cluster.lite(['apply', '-f', folder])).stdout).toBe('configmap/one created\n');
    expect((await cluster.lite(['apply', '-R', '-f', folder])).stdout).toBe(
      'configmap/two created\nconfigmap/one unchanged\n',
    );
  });

  it('get prints every output', async () => {
    await cluster.lite(['apply', '-f', '-'], pod('shown'));
    const out = async (...args: string[]): Promise<string> => (await cluster.lite(['get', 'pod', ...args])).stdout;
    expect(await out('shown')).toMatch(/^NAME +READY +STATUS +RESTARTS +AGE\nshown +0\/1 +Pending +0 +\d+s\n$/);
    expect(await out('shown', '-o', 'wide')).toMatch(/NODE +NOMINATED NODE/);
    expect(await out('shown', '-o', 'name')).toBe('pod/shown\n');
    expect(JSON.parse(await out('shown', '-o', 'json'))).toMatchObject({ kind: 'Pod', metadata: { name: 'shown' } });
    expect(await out('shown', '-o', 'yaml')).toMatch(/^apiVersion: v1\nkind: Pod\n/);
    expect(await out('shown', '-o', 'jsonpath={.status.phase}')).toBe('Pending');
    expect(await out('-l', 'no=such')).toBe('');
    expect(await out('-A', '--no-headers')).toMatch(/^default +shown /);
  });

  it('proxy serves the API on this machine, to nobody who came by another name', async () => {
    const proxy = cluster.liteRunning(['proxy', '--port=0']);
    const [, port = ''] = await proxy.until(/Starting to serve on 127\.0\.0\.1:(\d+)/);
    const at = (path: string): string => `http://127.0.0.1:${port}${path}`;
    const created = await fetch(at('/api/v1/namespaces/default/configmaps'), {
      method: 'POST',
      headers: { 'Content-Type': 'application/json' },
      body: JSON.stringify({ metadata: { name: 'through-proxy' } }),
    });
    expect(created.status).toBe(201);
    expect(await cluster.ok(['--server', at(''), 'get', 'configmap', 'through-proxy', '-o', 'name'])).toBe(
      'configmap/through-proxy\n',
    );
    const watch = await fetch(
      at('/api/v1/namespaces/default/configmaps?watch=true&fieldSelector=metadata.name=through-proxy'),
    );
    const { value } = (await watch.body?.getReader().read()) ?? {};
    expect(Buffer.from(value ?? []).toString()).toContain('"type":"ADDED"');
    const ofOthers = ['-s', '-o', '/dev/null', '-w', '%{http_code}', '-H', 'Host: evil.example', at('/api')];
    expect((await run('curl', ofOthers)).stdout).toBe('403');
    proxy.kill();
    await proxy.exit;
  });

  it('cluster-info dump writes what helps into files', async () => {
    await cluster.lite(['apply', '-f', '-'], pod('dumped'));
    const folder = path.join(cluster.folder, 'dump');
    const { stdout } = await cluster.lite(['cluster-info', 'dump', '--output-directory', folder]);
    expect(stdout).toBe(`Cluster info dumped to ${folder}\n`);
    expect(readdirSync(path.join(folder, 'default'))).toEqual(
      expect.arrayContaining(['events.json', 'pods.json', 'dumped']),
    );
    expect(readFileSync(path.join(folder, 'default', 'dumped', 'logs.txt'), 'utf8')).toContain(
      '==== START logs for container',
    );
    expect(JSON.parse(readFileSync(path.join(folder, 'nodes.json'), 'utf8'))).toMatchObject({ kind: 'NodeList' });
  });

  it('config set changes one value and unset takes it away', async () => {
    const copy = file('config', readFileSync(cluster.kubeconfig, 'utf8'));
    const config = (...args: string[]) => cluster.lite(['--kubeconfig', copy, 'config', ...args]);
    expect((await config('set', 'contexts.pinsetter.namespace', 'kube-system')).stdout).toBe(
      'Property "contexts.pinsetter.namespace" set.\n',
    );
    expect((await cluster.lite(['--kubeconfig', copy, 'get', 'configmap', '-o', 'name'])).stdout).toContain(
      'kube-root-ca.crt',
    );
    expect((await config('unset', 'contexts.pinsetter.namespace')).stdout).toBe(
      'Property "contexts.pinsetter.namespace" unset.\n',
    );
    expect((await config('view', '-o', 'jsonpath={.contexts[0].context.namespace}')).stdout).toBe('');
  });

  const program = (name: string, text: string): string => {
    const full = file(name, `#!/bin/sh\n${text}\n`);
    chmodSync(full, 0o755);
    return full;
  };
  const liteWith = (env: NodeJS.ProcessEnv, ...args: readonly string[]) =>
    run(process.execPath, [dist('cli', 'main.js'), ...args], { env: { ...cluster.env, ...env } });

  it('runs what others add to kubectl', async () => {
    const folder = path.dirname(program('plugins/kubectl-hello-world', 'echo "hello $*"; exit 4'));
    const env = { PATH: `${folder}:${process.env['PATH'] ?? ''}` };
    expect(await liteWith(env, 'hello', 'world', 'x', '--y')).toEqual({
      status: 4,
      stdout: 'hello x --y\n',
      stderr: '',
    });
    expect((await liteWith(env, 'plugin', 'list')).stdout).toContain(`${folder}/kubectl-hello-world\n`);
  });

  it('builds kustomizations by the kubectl that PATH has, with what it is told', async () => {
    file('kustomized/shared.yaml', configMap('shared', '1'));
    const overlay = path.dirname(
      file('kustomized/overlay/kustomization.yaml', 'namePrefix: my-\nresources: [../shared.yaml]\n'),
    );
    const env = { PATH: path.dirname(await realKubectl()) };
    const refused = await liteWith(env, 'kustomize', overlay);
    expect(refused).toMatchObject({ status: 1, stdout: '' });
    expect(refused.stderr).toContain(`error: ${overlay}: accumulating resources`);
    expect((await liteWith(env, 'kustomize', overlay, '--load-restrictor=LoadRestrictionsNone')).stdout).toContain(
      'name: my-shared\n',
    );
    file('kustomized/plain/kustomization.yaml', 'namePrefix: our-\nresources: [shared.yaml]\n');
    const plain = path.dirname(file('kustomized/plain/shared.yaml', configMap('shared', '1')));
    expect((await liteWith(env, 'apply', '-k', plain)).stdout).toBe('configmap/our-shared created\n');
    expect((await liteWith(env, 'delete', '-k', plain)).stdout).toContain('configmap "our-shared" deleted');
  });

  it('is whom a program makes it', async () => {
    const token = (await cluster.ok(['create', 'token', 'default'])).trim();
    const status = `{\\"token\\": \\"${token}\\"}`;
    const command = program('who', `echo "{\\"kind\\": \\"ExecCredential\\", \\"status\\": ${status}}"`);
    const copy = file('with-program', readFileSync(cluster.kubeconfig, 'utf8'));
    const config = (...args: string[]) => cluster.lite(['--kubeconfig', copy, 'config', ...args]);
    await config('set-credentials', 'told', `--exec-command=${command}`);
    await config('set-context', '--current', '--user=told');
    const { stdout } = await cluster.lite([
      '--kubeconfig',
      copy,
      'auth',
      'whoami',
      '-ojsonpath={.status.userInfo.username}',
    ]);
    expect(stdout).toBe('system:serviceaccount:default:default');
  });

  it('edits what was last applied, and not the object', async () => {
    await cluster.lite(['apply', '-f', '-'], configMap('noted', '1'));
    const editor = program('edit-noted.sh', `sed -i 's/key: "1"/key: "2"/' "$1"`);
    const edited = await liteWith({ KUBE_EDITOR: editor }, 'apply', 'edit-last-applied', 'configmap/noted');
    expect(edited).toEqual({ status: 0, stdout: 'configmap/noted edited\n', stderr: '' });
    expect((await cluster.lite(['apply', 'view-last-applied', 'cm/noted'])).stdout).toContain('key: "2"\n');
    expect((await cluster.lite(['get', 'cm', 'noted', '-ojsonpath={.data.key}'])).stdout).toBe('1');
  });

  it('says why a pod waits', async () => {
    await cluster.lite(['apply', '-f', '-'], pod('waits'));
    const { stdout } = await cluster.lite(['why', 'pod/waits']);
    expect(stdout).toContain('no node has joined the cluster yet');
  });

  it('label and annotate add, refuse to overwrite, and remove', async () => {
    await cluster.lite(['apply', '-f', '-'], configMap('labelled', '1'));
    const label = (...args: string[]) => cluster.lite(['label', 'configmap', 'labelled', ...args]);
    expect((await label('a=b')).stdout).toBe('configmap/labelled labeled\n');
    expect(await label('a=c')).toMatchObject({ status: 1, stderr: expect.stringContaining('--overwrite') as string });
    expect((await label('a=c', '--overwrite')).stdout).toBe('configmap/labelled labeled\n');
    expect((await label('a-')).status).toBe(0);
    const { stdout } = await cluster.lite(['get', 'configmap', 'labelled', '-o', 'jsonpath={.metadata.labels}']);
    expect(stdout).toBe('');
  });

  it('delete says what is not there, and is content with that when asked to', async () => {
    const gone = await cluster.lite(['delete', 'configmap', 'nobody']);
    expect(gone).toMatchObject({ status: 1, stderr: expect.stringContaining('"nobody" not found') as string });
    expect((await cluster.lite(['delete', 'configmap', 'nobody', '--ignore-not-found'])).status).toBe(0);
  });

  it('wait gives up in time', async () => {
    await cluster.lite(['apply', '-f', '-'], pod('never'));
    const { status, stderr } = await cluster.lite(['wait', '--for=condition=Ready', 'pod/never', '--timeout=1s']);
    expect(status).toBe(1);
    expect(stderr).toContain('timed out');
  });

  it('config shows contexts, and no secret', async () => {
    expect((await cluster.lite(['config', 'current-context'])).stdout).toBe('pinsetter\n');
    expect((await cluster.lite(['config', 'get-contexts'])).stdout).toMatch(/\* +pinsetter/);
    const { stdout } = await cluster.lite(['config', 'view']);
    expect(stdout).not.toContain('LS0t');
  });

  it('completes commands, types and names', async () => {
    await cluster.lite(['apply', '-f', '-'], pod('complete-me'));
    const complete = async (...words: string[]): Promise<string> =>
      (await cluster.lite(['__complete', ...words])).stdout;
    expect(await complete('des')).toBe('describe\n');
    expect(await complete('get', 'confi')).toBe('configmaps\n');
    expect(await complete('logs', 'comp')).toBe('complete-me\n');
    expect((await cluster.lite(['completion', 'zsh'])).stdout).toContain('#compdef kubectl-lite');
  });

  it.each([
    [['get', 'widgets'], 'doesn\'t have a resource type "widgets"'],
    [['get', 'pod', 'nobody'], 'pods "nobody" not found'],
    [['gte'], 'did you mean "get"?'],
    [['apply'], 'filename'],
    [['get', 'pods', '--server', 'https://127.0.0.1:1'], 'no server answers at https://127.0.0.1:1: start one with'],
    [['get', 'pods', '--kubeconfig', '/nowhere'], 'no kubeconfig at /nowhere'],
  ])('%j exits 1 and says what to do', async (args, message) => {
    const { status, stdout, stderr } = await cluster.lite(args);
    expect({ status, stdout }).toEqual({ status: 1, stdout: '' });
    expect(stderr).toContain(message);
  });

  it('prints no colours and no hints to what is no terminal', async () => {
    const { stdout, stderr } = await cluster.lite(['apply', '-f', '-'], configMap('plain', '1'));
    expect(stdout + stderr).not.toContain('\x1b');
    expect(stderr).toBe('');
  });
});
