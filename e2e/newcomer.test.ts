import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { command } from '../deploy/local-cluster/command';
import { freePort } from './harness/cluster';
import { httpGet } from './harness/http-get';
import type { Outcome, Running } from './harness/programs';
import { CHECKOUT, dist, run, start } from './harness/programs';
import { gatherText } from './harness/secrecy/gathered-logs';
import { noteSecretFiles } from './harness/secrecy/known-secrets';

jest.setTimeout(240_000);

/** The README's first steps, by the commands it names, in the order it names them. */
describe("a newcomer's session", () => {
  const home = mkdtempSync(path.join(tmpdir(), 'pinsetter-newcomer-'));
  let env: NodeJS.ProcessEnv;
  const lite = (...args: string[]): Promise<Outcome> =>
    run(process.execPath, [dist('cli', 'main.js'), ...args], { env });
  const liteRunning = (...args: string[]): Running => start(process.execPath, [dist('cli', 'main.js'), ...args], env);
  const local = (action: string): Promise<Outcome> =>
    run(process.execPath, [dist('deploy', 'local-cluster', 'main.js'), action], { env, timeoutMs: 120_000 });
  const hello = path.join(CHECKOUT, 'deploy', 'examples', 'hello.yaml');

  beforeAll(async () => {
    env = {
      ...process.env,
      PINSETTER_HOME: home,
      KUBECONFIG: path.join(home, 'kubeconfig'),
      PORT: String(await freePort()),
      NODES: '2',
      NO_COLOR: '1',
    };
  });
  afterAll(async () => {
    await local('down');
    const logs = path.join(home, 'logs');
    for (const name of readdirSync(logs)) gatherText(name, readFileSync(path.join(logs, name), 'utf8'));
    noteSecretFiles(home);
    rmSync(home, { recursive: true, force: true });
  });

  it('make up starts the control plane and the workers, and says what to try next', async () => {
    const { status, stdout, stderr } = await local('up');
    expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
    expect(stdout).toMatch(/worker-1 +Ready/);
    expect(stdout).toMatch(/worker-2 +Ready/);
    expect(stdout).toContain('kubeconfig: ');
    expect(stdout).toContain('kubectl-lite apply -f deploy/examples/hello.yaml');
  });

  it('a second make up is harmless', async () => {
    const { status, stdout } = await local('up');
    expect(status).toBe(0);
    expect(stdout).toContain('runs already');
  });

  it('apply creates the example, and finds nothing to change the second time', async () => {
    expect((await lite('apply', '-f', hello)).stdout).toBe('configmap/hello created\npod/hello created\n');
    expect((await lite('wait', '--for=condition=Ready', 'pod/hello', '--timeout=60s')).status).toBe(0);
    expect((await lite('apply', '-f', hello)).stdout).toBe('configmap/hello unchanged\npod/hello unchanged\n');
  });

  it('get shows the pod, and -w shows it change', async () => {
    const watching = liteRunning('get', 'pods', '-w');
    await watching.until(/hello +1\/1 +Running/);
    await lite('label', 'pod', 'hello', 'seen=yes');
    await watching.until(/hello +1\/1 +Running[^]*hello +1\/1 +Running/);
    watching.kill('SIGINT');
    await watching.exit;
  });

  it('port-forward reaches the page, and logs -f shows the request', async () => {
    const port = await freePort();
    const logs = liteRunning('logs', '-f', 'hello');
    const forward = liteRunning('port-forward', 'pod/hello', `${port}:8080`);
    await forward.until(/127\.0\.0\.1/);
    expect(await httpGet(`http://127.0.0.1:${port}/`)).toContain('Hello from Pinsetter');
    await logs.until(/response:200/);
    for (const running of [forward, logs]) {
      running.kill('SIGINT');
      await running.exit;
    }
  });

  it('exec runs a command in the pod, also on a terminal', async () => {
    expect((await lite('exec', 'hello', '--', 'cat', '/www/index.html')).stdout).toContain('Hello from Pinsetter');
    expect((await lite('exec', 'hello', '--', 'sh', '-c', 'exit 5')).status).toBe(5);
    const terminal = start(
      'script',
      ['-qec', `${process.execPath} ${dist('cli', 'main.js')} exec -it hello -- sh`, '/dev/null'],
      env,
    );
    terminal.write('stty size && echo in-$((40+2))\n');
    await terminal.until(/in-42/);
    terminal.write('exit\n');
    expect(await terminal.exit).toBe(0);
  });

  it('describe and why tell how it is', async () => {
    expect((await lite('describe', 'pod', 'hello')).stdout).toMatch(/Status: +Running/);
    expect((await lite('why', 'pod/hello')).status).toBe(0);
  });

  it('the real kinds of errors are told with what to do', async () => {
    const missing = await lite('get', 'pod', 'nobody');
    expect(missing.status).toBe(1);
    expect(missing.stderr).toBe('Error from server (NotFound): pods "nobody" not found\n');
    const away = await lite('--server', 'https://127.0.0.1:1', 'get', 'pods');
    expect(away.status).toBe(1);
    expect(away.stderr).toContain('make up');
  });

  it('delete removes the pod', async () => {
    const { status, stdout } = await lite('delete', '-f', hello);
    expect({ status, stdout }).toEqual({
      status: 0,
      stdout: 'configmap "hello" deleted from default namespace\npod "hello" deleted from default namespace\n',
    });
  });

  it('make down leaves no container, no process and no table of Services', async () => {
    await lite('apply', '-f', hello);
    await lite('wait', '--for=condition=Ready', 'pod/hello', '--timeout=60s');
    const tables = async (): Promise<string> => (await command('nft', ['list', 'tables'])).stdout;
    expect(await tables()).toMatch(/pinsetter-worker-1\n/);
    const { status } = await local('down');
    expect(status).toBe(0);
    expect(await tables()).not.toMatch(/pinsetter-(policy-)?worker-/);
    const left = await command('docker', [
      'ps',
      '-aq',
      '--filter',
      'label=io.pinsetter.node=worker-1',
      '--filter',
      'label=io.kubernetes.pod.name=hello',
    ]);
    expect(left.stdout).toBe('');
    const processes = await command('ps', ['-eo', 'args']);
    expect(processes.stdout).not.toContain(home);
  });
});
