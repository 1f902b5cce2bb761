import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { text } from 'node:stream/consumers';
import { systemRandom } from '../../../shared/random';
import { SCRIPTS } from '../contract/runtime-contract';
import { aContainerSpec, aSandboxSpec } from '../contract/specs';
import type { NetworkSpec, PodIdentity, Runtime, SandboxId, SandboxSpec } from '../runtime';
import { podInterfaceOf } from './pod-interface';
import { EngineBench } from './testing/engine-bench';

jest.setTimeout(60_000);

describe('a pod on the network of its node', () => {
  const bench = new EngineBench();
  let runtime: Runtime;
  let network: NetworkSpec;
  let cleanUps: (() => Promise<void>)[] = [];
  let made: SandboxId[] = [];

  beforeAll(async () => {
    await bench.start();
    await bench.runtime('one').prepare();
  });
  afterAll(() => bench.stop());
  beforeEach(async () => {
    const suffix = systemRandom.suffix(6);
    const base = `198.19.${128 + Math.floor(systemRandom.next() * 128)}`;
    network = {
      ...{ name: `pinsetter-test-${suffix}`, bridge: `pnst-${suffix}`, mtu: 1_400 },
      ...{ subnet: `${base}.0/24`, gateway: `${base}.1`, reserved: [] },
    };
    runtime = bench.runtime('one');
    await runtime.ensureNetwork(network);
  });
  afterEach(async () => {
    for (const cleanUp of cleanUps.reverse()) await cleanUp();
    cleanUps = [];
    await runtime.removeNetwork(network);
    expect(links()).not.toContain(network.bridge);
    for (const id of made) expect(links()).not.toContain(podInterfaceOf(id));
    made = [];
  });

  const links = (): string => execFileSync('ip', ['-o', 'link']).toString();
  const ping = (address: string): void => void execFileSync('busybox', ['ping', '-c1', '-W2', address]);
  const addressOf = (last: number): string => network.gateway.replace(/1$/, String(last));
  const aPod = (): PodIdentity => ({ uid: systemRandom.uid(), namespace: 'default', name: 'web' });
  const create = async (traits: Partial<SandboxSpec> = {}, by = runtime, pod = aPod()): Promise<SandboxId> => {
    const id = await by.createSandbox(aSandboxSpec(pod, { network: network.name, ...traits }));
    cleanUps.push(() => runtime.removeSandbox(id));
    made.push(id);
    return id;
  };
  const start = async (traits: Partial<SandboxSpec> = {}, by = runtime): Promise<SandboxId> => {
    const id = await create(traits, by);
    await by.startSandbox(id);
    return id;
  };
  const modeOf = async (id: SandboxId): Promise<string | undefined> =>
    (await bench.docker.getContainer(id).inspect()).HostConfig.NetworkMode;
  const inNetworkOf = async (id: SandboxId, ...command: readonly string[]): Promise<string> => {
    const { State } = await bench.docker.getContainer(id).inspect();
    return execFileSync('nsenter', ['-t', String(State.Pid), '-n', ...command]).toString();
  };
  /** Runs in a container of the pod. */
  const inside = async (sandbox: SandboxId, script: string): Promise<string> => {
    const pod = aPod();
    const spec = aContainerSpec(pod, { image: bench.image, command: ['sh', '-c', SCRIPTS.heeds] });
    const id = await runtime.createContainer(sandbox, spec);
    cleanUps.push(() => runtime.removeContainer(id));
    await runtime.startContainer(id);
    const { stdout, exitCode } = await runtime.exec(id, { command: ['sh', '-c', script], stdin: false, tty: false });
    const said = await text(stdout);
    await exitCode;
    return said.trim();
  };

  it('has an interface that the engine knows nothing of, with the address that was kept for it', async () => {
    const id = await start({ hostname: 'my-host', hostAliases: [{ ip: '10.1.2.3', hostnames: ['alias'] }] });
    expect(await modeOf(id)).toBe('none');
    const [link] = JSON.parse(await inNetworkOf(id, 'ip', '-json', 'addr', 'show', 'dev', 'eth0')) as [unknown];
    expect(link).toMatchObject({
      mtu: 1_400,
      operstate: 'UP',
      addr_info: [{ local: addressOf(2), prefixlen: 24 }],
    });
    expect(await inNetworkOf(id, 'ip', 'route', 'show', 'default')).toContain(`via ${network.gateway}`);
    expect(links()).toMatch(new RegExp(`${podInterfaceOf(id)}@.* master ${network.bridge} `));
    expect(await inside(id, 'hostname -i; cat /etc/hosts')).toMatch(
      new RegExp(`^${addressOf(2)}\\n(.|\\n)*${addressOf(2)}\\tmy-host\\n10\\.1\\.2\\.3\\talias`),
    );
  });

  it('asks the names of whom it is told to', async () => {
    const dns = { servers: ['10.9.8.7'], searches: ['my.search'], options: ['ndots:5'] };
    const lines = (await inside(await start({ dns }), 'cat /etc/resolv.conf')).split('\n');
    expect(lines.sort()).toEqual(['nameserver 10.9.8.7', 'options ndots:5', 'search my.search']);
  });

  it('reaches the machine and another pod, and is reached', async () => {
    const [one, two] = [
      await start(),
      await start({ ports: [{ containerPort: 1, hostPort: 18_474, protocol: 'TCP' }] }),
    ];
    expect(await modeOf(two)).toBe(network.name);
    for (const address of [network.gateway, addressOf(3)])
      await inNetworkOf(one, 'busybox', 'ping', '-c1', '-W2', address);
    for (const address of [network.gateway, addressOf(2)])
      await inNetworkOf(two, 'busybox', 'ping', '-c1', '-W2', address);
    ping(addressOf(2));
  });

  it('leaves the connections of its address alone when it goes', async () => {
    const id = await start();
    const server = createServer((socket) => socket.resume().on('error', () => undefined));
    await new Promise<void>((resolve) => server.listen(0, network.gateway, resolve));
    cleanUps.push(() => new Promise((resolve) => void server.close(() => resolve())));
    const { port } = server.address() as { port: number };
    const entries = (): string =>
      execFileSync('conntrack', ['-L', '-p', 'tcp', '--orig-src', addressOf(2)], {
        stdio: ['ignore', 'pipe', 'ignore'],
      })
        .toString()
        .trim();
    const dial = `exec 3<>/dev/tcp/${network.gateway}/${port}`;
    await inNetworkOf(id, 'bash', '-c', dial);
    expect(entries()).toContain(`dport=${port}`);
    await runtime.removeSandbox(id);
    expect(entries()).toContain(`dport=${port}`);
  });

  it('that was started and not connected is not yet up, and starting it connects it', async () => {
    const id = await create();
    await bench.docker.getContainer(id).start();
    const restarted = bench.runtime('one');
    const unconnected = { id, state: { phase: 'created' }, ips: [] };
    expect((await restarted.list()).sandboxes).toEqual([expect.objectContaining(unconnected)]);
    // An agent that ended in between, with the machine's end made and not connected.
    const { State } = await bench.docker.getContainer(id).inspect();
    const half = [
      'link',
      'add',
      podInterfaceOf(id),
      'type',
      'veth',
      'peer',
      'name',
      'eth0',
      'netns',
      String(State.Pid),
    ];
    execFileSync('ip', half);
    expect(await restarted.inspectSandbox(id)).toMatchObject(unconnected);
    const connected = { state: { phase: 'running' }, ips: [addressOf(2)] };
    expect(await restarted.startSandbox(id)).toMatchObject(connected);
    expect((await bench.runtime('one').list()).sandboxes).toMatchObject([connected]);
    ping(addressOf(2));
  });

  it('has its address after the agent began anew, with those that the engine gave to pods of an earlier agent', async () => {
    const engines = bench.runtime('one', undefined, { isRoot: false });
    const old = await start({}, engines);
    expect(await modeOf(old)).toBe(network.name);
    const fresh = bench.runtime('one');
    const id = await start({}, fresh);
    const ips = (await fresh.list()).sandboxes.map((sandbox) => [sandbox.id, sandbox.ips]);
    expect(new Map(ips as [string, string[]][])).toEqual(
      new Map([
        [old, [addressOf(2)]],
        [id, [addressOf(3)]],
      ]),
    );
  });

  it('of an earlier agent, which was not started and has no address, is thrown away', async () => {
    const { Id } = await bench.docker
      .createContainer({
        Image: bench.image,
        Cmd: ['sleep', '1000'],
        Labels: { 'io.pinsetter.test-session': bench.session },
        HostConfig: { NetworkMode: network.name },
      })
      .then((made) => made.inspect());
    await expect(runtime.startSandbox(Id)).rejects.toMatchObject({ kind: 'NotFound' });
    await expect(bench.docker.getContainer(Id).inspect()).rejects.toMatchObject({ statusCode: 404 });
  });

  it('is the engine’s where the agent does not see the engine’s processes, from the second try on', async () => {
    const procRoot = mkdtempSync(path.join(tmpdir(), 'proc-'));
    cleanUps.push(() => Promise.resolve(rmSync(procRoot, { recursive: true })));
    const blind = bench.runtime('one', undefined, { procRoot });
    const first = await create({}, blind);
    await expect(blind.startSandbox(first)).rejects.toMatchObject({ kind: 'NotFound' });
    expect(await blind.inspectSandbox(first)).toBeUndefined();
    expect(blind.interfaceProblem()).toMatch(/not seen/);
    const second = await create({}, blind);
    expect(await blind.startSandbox(second)).toMatchObject({ ips: [addressOf(3)] });
    expect(await modeOf(second)).toBe(network.name);
  });

  it('goes on when somebody tidies up the engine’s networks, and its network is made again around it', async () => {
    const id = await start();
    await bench.docker.getNetwork(network.name).remove();
    ping(addressOf(2));
    await runtime.ensureNetwork(network);
    ping(addressOf(2));
    expect(await bench.docker.getNetwork(network.name).inspect()).toMatchObject({ Name: network.name });
    expect((await runtime.inspectSandbox(id))?.ips).toEqual([addressOf(2)]);
  });

  it('is connected again when its bridge was taken away', async () => {
    const id = await start();
    await bench.docker.getNetwork(network.name).remove();
    execFileSync('ip', ['link', 'delete', network.bridge]);
    await runtime.ensureNetwork(network);
    ping(addressOf(2));
    expect((await runtime.inspectSandbox(id))?.ips).toEqual([addressOf(2)]);
  });
});
