import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { ensureBusyboxImage } from '../../deploy/local-cluster/busybox-image';
import { command } from '../../deploy/local-cluster/command';
import { IMAGE, freePort } from '../harness/cluster';
import { httpGet } from '../harness/http-get';
import { CHECKOUT, dist, run } from '../harness/programs';
import { gatherText } from '../harness/secrecy/gathered-logs';
import { ensureMachineImage } from './machine-image';

jest.setTimeout(600_000);

/** Nested machines cannot have every right that `privileged` asks for; and no registry is at hand. */
const override = (images: string): string => {
  const worker = {
    privileged: false,
    cap_add: ['ALL'],
    cap_drop: ['SYS_RESOURCE'],
    security_opt: ['seccomp=unconfined', 'apparmor=unconfined'],
    device_cgroup_rules: ['a *:* rwm'],
    volumes: [`${images}:/images:ro`],
  };
  return JSON.stringify({ services: { 'worker-1': worker, 'worker-2': worker, 'worker-3': worker } });
};

/** `deploy/compose.yaml` with docker-compose 1.29: a control plane, three workers, the example app. */
describe('the compose demo', () => {
  const folder = mkdtempSync(path.join(tmpdir(), 'pinsetter-compose-'));
  const project = path.basename(folder).toLowerCase();
  let env: NodeJS.ProcessEnv;
  let url: string;

  const compose = async (...args: readonly string[]): Promise<string> => {
    const files = [path.join(CHECKOUT, 'deploy', 'compose.yaml'), path.join(folder, 'override.yaml')];
    const all = ['-p', project, ...files.flatMap((file) => ['-f', file]), ...args];
    const { status, stdout, stderr } = await run('docker-compose', all, { env, timeoutMs: 300_000 });
    if (status !== 0) throw new Error(`docker-compose ${args.join(' ')} exited ${status}:\n${stdout}${stderr}`);
    return stdout;
  };
  const lite = (...args: readonly string[]): Promise<string> =>
    compose('exec', '-T', 'server', 'kubectl-lite', ...args);
  /** The answer of the app; asked again until it comes and satisfies. */
  const answer = async (satisfies: (text: string) => boolean = () => true): Promise<string> => {
    const deadline = Date.now() + 120_000;
    for (;;) {
      const text = await httpGet(url).catch(() => '');
      if (text !== '' && satisfies(text)) return text;
      if (Date.now() > deadline)
        throw new Error(`no such answer; last "${text}"\n${await compose('logs', '--tail', '30')}`);
      await new Promise((resolve) => setTimeout(resolve, 200));
    }
  };
  const nodesOf = async (selector: string): Promise<readonly string[]> => {
    const text = await lite('get', 'pods', '-l', selector, '-o', 'json');
    interface Listed {
      readonly metadata: { readonly name: string; readonly deletionTimestamp?: string };
      readonly spec: { readonly nodeName?: string };
      readonly status: { readonly conditions?: readonly { readonly type: string; readonly status: string }[] };
    }
    return (JSON.parse(text) as { readonly items: readonly Listed[] }).items
      .filter(({ metadata }) => metadata.deletionTimestamp === undefined)
      .filter(
        ({ status }) => status.conditions?.some((each) => each.type === 'Ready' && each.status === 'True') === true,
      )
      .map(({ spec }) => spec.nodeName ?? '');
  };

  beforeAll(async () => {
    await ensureBusyboxImage(IMAGE, { step: () => () => undefined });
    await command('docker', ['save', '-o', path.join(folder, 'busybox.tar'), IMAGE]);
    writeFileSync(path.join(folder, 'override.yaml'), override(folder));
    const [apiPort, appPort] = [await freePort(), await freePort()];
    env = { ...process.env, BASE: await ensureMachineImage(), API_PORT: String(apiPort), APP_PORT: String(appPort) };
    url = `http://127.0.0.1:${appPort}/`;
    await run(process.execPath, [dist('deploy', 'release', 'main.js')]);
    await compose('build');
  });
  afterAll(async () => {
    gatherText('compose', await compose('logs', '--no-color'));
    await compose('down', '--volumes', '--timeout', '2');
    rmSync(folder, { recursive: true, force: true });
  });

  it('brings up four machines and an app that answers', async () => {
    const startedMs = Date.now();
    await compose('up', '-d');
    expect(await answer()).toMatch(/^Hello from guestbook-web-\w+-\w+\.\n/);
    process.stdout.write(`compose up -> answering: ${((Date.now() - startedMs) / 1_000).toFixed(1)} s\n`);

    // The web tier asks the data tier, which is on one of the machines.
    await answer((text) => /\nGuest number \d+\.\n$/.test(text));
    const nodes = await lite('get', 'nodes', '--no-headers');
    expect(nodes).toMatch(/^worker-1 +Ready .*\nworker-2 +Ready .*\nworker-3 +Ready .*\n$/);
    expect([...(await nodesOf('tier=web'))].sort()).toEqual(['worker-1', 'worker-2', 'worker-3']);
    await lite('wait', '--for=condition=complete', 'job/guestbook-opening', '--timeout=60s');
    expect(await lite('logs', 'job/guestbook-opening')).toMatch(/^The guestbook was opened at \S+Z\.\n$/);
  });

  it('keeps what the data tier writes over a restart of its container', async () => {
    /** Which guest we are; those that look at the page are guests too. */
    const visit = async (): Promise<number> => {
      const said = await lite('exec', 'deploy/guestbook-data', '--', 'wget', '-qO-', 'http://127.0.0.1:8080/');
      return Number(/^Guest number (\d+)\.\n$/.exec(said)?.[1]);
    };
    const [first, second] = [await visit(), await visit()];
    expect(second).toBeGreaterThan(first);
    await lite('exec', 'deploy/guestbook-data', '--', 'kill', '-9', '1').catch(() => undefined);
    await lite('exec', 'deploy/guestbook-data', '--', 'killall', '-9', 'httpd').catch(() => undefined);
    const deadline = Date.now() + 60_000;
    let third = 0;
    while (third === 0) {
      third = await visit().catch((error: unknown) => {
        if (Date.now() > deadline) throw error;
        return 0;
      });
    }
    expect(third).toBeGreaterThan(second);
  });

  it('goes on answering when a worker stops, and its pods come back elsewhere', async () => {
    const name = /^Hello from (\S+)\.\n/.exec(await answer())?.[1] ?? '';
    const node = (await lite('get', 'pod', name, '-o', 'jsonpath={.spec.nodeName}')).trim();
    const stoppedMs = Date.now();
    await compose('stop', '--timeout', '0', node);
    await answer((text) => !text.includes(name));
    process.stdout.write(`worker stopped -> answering: ${((Date.now() - stoppedMs) / 1_000).toFixed(1)} s\n`);
    const deadline = Date.now() + 120_000;
    for (;;) {
      const ready = await nodesOf('app=guestbook');
      if (ready.filter((each) => each !== node).length === 4) break;
      if (Date.now() > deadline) throw new Error(await lite('get', 'pods', '-o', 'wide'));
      await new Promise((resolve) => setTimeout(resolve, 200));
    }
    process.stdout.write(`worker stopped -> all pods back: ${((Date.now() - stoppedMs) / 1_000).toFixed(1)} s\n`);

    await compose('start', node);
    await lite('wait', '--for=condition=Ready', `node/${node}`, '--timeout=60s');
  });
});
