import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import type { Server } from 'node:net';
import { connect, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { text } from 'node:stream/consumers';
import { systemRandom } from '../../../shared/random';
import { EventLog } from '../contract/event-log';
import { SCRIPTS, describeRuntime } from '../contract/runtime-contract';
import type { ContainerTraits } from '../contract/specs';
import { aContainerSpec, aSandboxSpec } from '../contract/specs';
import type { ContainerId, PodIdentity, Runtime, SandboxSpec } from '../runtime';
import { EngineBench } from './testing/engine-bench';

jest.setTimeout(60_000);

describeRuntime('Docker', async () => {
  const bench = new EngineBench();
  await bench.start();
  return {
    runtime: bench.runtime('one'),
    neighbour: bench.runtime('two'),
    image: bench.image,
    removeBehindOurBack: (id) => bench.removeBehindOurBack(id),
    stop: () => bench.stop(),
  };
});

describe('a pod on Docker', () => {
  const bench = new EngineBench();
  let runtime: Runtime;
  let cleanUps: (() => Promise<void>)[] = [];

  beforeAll(async () => {
    await bench.start();
    runtime = bench.runtime('one');
    await runtime.prepare();
  });
  afterAll(() => bench.stop());
  afterEach(async () => {
    for (const cleanUp of cleanUps.reverse()) await cleanUp();
    cleanUps = [];
  });

  const aPod = (): PodIdentity => ({ uid: systemRandom.uid(), namespace: 'default', name: 'web' });

  const sandboxOf = async (pod: PodIdentity, traits: Partial<SandboxSpec> = {}): Promise<string> => {
    const id = await runtime.createSandbox(aSandboxSpec(pod, traits));
    cleanUps.push(() => runtime.removeSandbox(id));
    await runtime.startSandbox(id);
    return id;
  };
  const start = async (traits: ContainerTraits, sandboxTraits: Partial<SandboxSpec> = {}) => {
    const pod = aPod();
    const sandbox = await sandboxOf(pod, sandboxTraits);
    const id = await runtime.createContainer(sandbox, aContainerSpec(pod, { image: bench.image, ...traits }));
    cleanUps.push(() => runtime.removeContainer(id));
    await runtime.startContainer(id);
    return { id, sandbox };
  };
  const idle = (traits: ContainerTraits = {}): ContainerTraits => ({ command: ['sh', '-c', SCRIPTS.heeds], ...traits });
  const said = async (id: ContainerId, ...command: readonly string[]): Promise<string> => {
    const { stdout, stderr, exitCode } = await runtime.exec(id, { command, stdin: false, tty: false });
    const [out, err] = await Promise.all([text(stdout), text(stderr)]);
    await exitCode;
    return (out + err).trim();
  };
  const inside = (id: ContainerId, script: string): Promise<string> => said(id, 'sh', '-c', script);
  /** A file of the container's group in one controller, whichever version of control groups the machine has. */
  const group = (id: ContainerId, v1: string, v2: string): string => {
    for (const file of [
      `/sys/fs/cgroup/${v1.split('.')[0]}/docker/${id}/${v1}`,
      `/sys/fs/cgroup/docker/${id}/${v2}`,
      `/sys/fs/cgroup/system.slice/docker-${id}.scope/${v2}`,
    ])
      try {
        return readFileSync(file, 'utf8').trim();
      } catch {
        continue;
      }
    throw new Error(`no group of ${id} has ${v1} or ${v2}`);
  };

  describe('its limits', () => {
    it('are those of its control group', async () => {
      const resources = { cpuShares: 512, cpuLimitMilli: 250, memoryLimitBytes: 64 * 2 ** 20, pidsLimit: 50 };
      const { id } = await start(idle({ resources }));
      expect(group(id, 'memory.limit_in_bytes', 'memory.max')).toBe(String(64 * 2 ** 20));
      expect(group(id, 'pids.max', 'pids.max')).toBe('50');
      expect(['25000', '25000 100000']).toContain(group(id, 'cpu.cfs_quota_us', 'cpu.max'));
      const { HostConfig } = await bench.docker.getContainer(id).inspect();
      expect(HostConfig).toMatchObject({ CpuShares: 512, MemorySwap: 64 * 2 ** 20 });
    });

    it('may ask for a lower OOM score than the engine can give', async () => {
      const { id } = await start(idle({ resources: { oomScoreAdj: -997 } }));
      expect(Number(await said(id, 'cat', '/proc/1/oom_score_adj'))).toBeLessThanOrEqual(0);
    });

    it('bound its log', async () => {
      const { id } = await start(idle());
      const { HostConfig } = await bench.docker.getContainer(id).inspect();
      expect(HostConfig.LogConfig).toEqual({ Type: 'json-file', Config: { 'max-size': '10485760', 'max-file': '5' } });
    });
  });

  describe('its security', () => {
    const CAPABILITIES = 'grep CapEff /proc/self/status';
    it.each([
      [
        'drops all capabilities but those added',
        { dropCapabilities: ['ALL'], addCapabilities: ['NET_BIND_SERVICE'] },
        CAPABILITIES,
        /0000000000000400$/,
      ],
      ['drops one', { dropCapabilities: ['CHOWN'] }, 'touch /x; chown 1:1 /x', /Operation not permitted/],
      ['runs as the user and group it names', { runAsUser: 1234, runAsGroup: 99 }, 'id', /^uid=1234 gid=99/],
      ['runs as the image’s user in the group it names', { runAsGroup: 99 }, 'id', /^uid=0\S* gid=99/],
      ['adds groups', { runAsUser: 1234, supplementalGroups: [77] }, 'id', /groups=.*\b77\b/],
      ['cannot write to a read-only root', { readOnlyRootFilesystem: true }, 'touch /x', /Read-only file system/],
      [
        'gains no privileges where it must not',
        { allowPrivilegeEscalation: false },
        'grep NoNewPrivs /proc/self/status',
        /\t1$/,
      ],
      ['may gain privileges where it may', {}, 'grep NoNewPrivs /proc/self/status', /\t0$/],
      ['is confined by seccomp', {}, 'grep Seccomp: /proc/self/status', /\t2$/],
      [
        'is not confined where that is asked for',
        { seccompUnconfined: true },
        'grep Seccomp: /proc/self/status',
        /\t0$/,
      ],
    ])('%s', async (_sentence, security, script, expected) => {
      const { id } = await start(idle({ security }));
      expect(await inside(id, script)).toMatch(expected);
    });
  });

  describe('its program', () => {
    const entrypoint = 'ENTRYPOINT ["echo","entry"]\nCMD ["default"]';
    it.each([
      ['the image’s own words where it names none', {}, 'entry default'],
      ['its arguments after the image’s entrypoint', { args: ['given'] }, 'entry given'],
      ['its command alone, without the image’s arguments', { command: ['echo', 'mine'] }, 'mine'],
      ['its command and arguments', { command: ['echo', 'mine'], args: ['given'] }, 'mine given'],
    ])('has %s', async (_sentence, words, expected) => {
      const image = `pinsetter-test/entry:${bench.session}`;
      await bench.importImage(image, entrypoint.split('\n')[0]);
      const built = await bench.docker.createContainer({
        Image: image,
        Cmd: ['default'],
        Labels: { 'io.pinsetter.test-session': bench.session },
      });
      await built.commit({ repo: 'pinsetter-test/entry', tag: bench.session, changes: 'CMD ["default"]' });
      await built.remove();
      cleanUps.push(async () => void (await bench.docker.getImage(image).remove({ force: true })));
      const log = new EventLog(runtime);
      const { id } = await start({ image, ...words });
      await log.untilOf(id, 'died');
      await log.stop();
      const { stdout } = await runtime.logs(id, { follow: false, timestamps: false });
      expect((await text(stdout)).trim()).toBe(expected);
    });

    it('gets its environment and its working directory', async () => {
      const { id } = await start(idle({ env: [{ name: 'A', value: 'b c' }], workingDir: '/tmp' }));
      expect(await inside(id, 'echo $A; cat /proc/1/environ >/dev/null; ls -d $PWD')).toBe('b c\n/tmp');
    });

    it('has a terminal that can be resized', async () => {
      const { id } = await start(idle());
      const session = await runtime.exec(id, { command: ['sh'], stdin: true, tty: true });
      await session.resize({ width: 77, height: 33 });
      session.stdin?.write('stty size; exit 5\n');
      expect(await text(session.stdout)).toContain('33 77');
      expect(await session.exitCode).toBe(5);
    });

    it('is attached to: what it reads and writes from then on, and how it ends', async () => {
      const { id } = await start({ command: ['sh', '-c', 'read line; echo got $line; exit 4'], stdin: true });
      const session = await runtime.attach(id, { stdin: true, tty: false });
      session.stdin?.write('hello\n');
      expect(await text(session.stdout)).toBe('got hello\n');
      expect(await session.exitCode).toBe(4);
    });

    it('is attached to until it ends, also where what it is told ends before and its input stays open', async () => {
      const { id } = await start({ command: ['sh', '-c', 'read line; sleep 0.3; echo got $line'], stdin: true });
      const session = await runtime.attach(id, { stdin: true, tty: false });
      session.stdin?.end('hello\n');
      expect(await text(session.stdout)).toBe('got hello\n');
    });

    it('leaves its last words in the host’s file', async () => {
      const folder = mkdtempSync(path.join(tmpdir(), 'last-words-'));
      cleanUps.push(() => Promise.resolve(rmSync(folder, { recursive: true })));
      const terminationMessageHostPath = path.join(folder, 'message');
      writeFileSync(terminationMessageHostPath, '');
      const { id } = await start(idle({ terminationMessageHostPath }));
      await inside(id, 'echo farewell > /dev/termination-log');
      expect(readFileSync(terminationMessageHostPath, 'utf8')).toBe('farewell\n');
    });
  });

  describe('its volumes', () => {
    it('are the host’s folders, read-only where that is asked for, and memory', async () => {
      const folder = mkdtempSync(path.join(tmpdir(), 'volume-'));
      cleanUps.push(() => Promise.resolve(rmSync(folder, { recursive: true })));
      writeFileSync(path.join(folder, 'greeting'), 'hello');
      const source = { type: 'bind', hostPath: folder } as const;
      const mounts = [
        { containerPath: '/rw', readOnly: false, source },
        { containerPath: '/ro', readOnly: true, source },
        { containerPath: '/memory', readOnly: false, source: { type: 'tmpfs', sizeBytes: 2 ** 20 } as const },
      ];
      const { id } = await start(idle({ mounts }));
      expect(await inside(id, 'cat /ro/greeting; touch /ro/x; touch /rw/made; grep " /memory " /proc/mounts')).toMatch(
        /^hello(.|\n)*tmpfs \/memory tmpfs rw.*size=1024k(.|\n)*Read-only file system/,
      );
      expect(readFileSync(path.join(folder, 'made'), 'utf8')).toBe('');
    });

    it('must be there: a host folder that is not refuses the container', async () => {
      const pod = aPod();
      const sandbox = await sandboxOf(pod);
      const source = { type: 'bind', hostPath: '/no/such/folder' } as const;
      const spec = aContainerSpec(pod, {
        image: bench.image,
        mounts: [{ containerPath: '/x', readOnly: false, source }],
      });
      await expect(runtime.createContainer(sandbox, spec)).rejects.toMatchObject({
        kind: 'InvalidSpec',
        message: expect.stringContaining('/no/such/folder'),
      });
    });
  });

  describe('its network', () => {
    it('is shared by its containers: name, hosts, resolver, ports, shared memory', async () => {
      const pod = aPod();
      const sandbox = await sandboxOf(pod, {
        hostname: 'my-host',
        hostAliases: [{ ip: '10.1.2.3', hostnames: ['alias-one', 'alias-two'] }],
        dns: { servers: ['10.9.8.7'], searches: ['my.search'], options: ['ndots:5'] },
        sysctls: { 'net.ipv4.ip_unprivileged_port_start': '1000' },
      });
      const id = await runtime.createContainer(sandbox, aContainerSpec(pod, idle({ image: bench.image })));
      cleanUps.push(() => runtime.removeContainer(id));
      await runtime.startContainer(id);
      expect(await said(id, 'hostname')).toBe('my-host');
      const files = await inside(id, 'cat /etc/hosts /etc/resolv.conf /proc/sys/net/ipv4/ip_unprivileged_port_start');
      for (const expected of [
        '10.1.2.3\talias-one',
        '10.1.2.3\talias-two',
        'nameserver 10.9.8.7',
        'search my.search',
        'ndots:5',
        '1000',
      ])
        expect(files).toContain(expected);
      const ipcOf = async (one: string): Promise<string> =>
        execFileSync('readlink', [
          `/proc/${(await bench.docker.getContainer(one).inspect()).State.Pid}/ns/ipc`,
        ]).toString();
      expect(await ipcOf(id)).toBe(await ipcOf(sandbox));
    });

    it('publishes host ports', async () => {
      const ports = [{ containerPort: 8080, hostPort: 18_472, protocol: 'TCP' }] as const;
      const { id, sandbox } = await start({ command: ['sh', '-c', SCRIPTS.echoServer] }, { ports });
      while ((await runtime.connect(sandbox, 8080).catch(() => undefined))?.destroy() === undefined);
      const socket = connect(18_472, '127.0.0.1');
      socket.end('over the host');
      expect(await text(socket)).toBe('over the host');
      expect(id).toBeDefined();
    });

    it('is the host’s where it asks for that', async () => {
      const { id, sandbox } = await start(idle(), { hostNetwork: true, hostPid: true, hostIpc: true });
      expect((await runtime.inspectSandbox(sandbox))?.ips).toEqual([]);
      const own = (kind: string): string => execFileSync('readlink', [`/proc/self/ns/${kind}`]).toString();
      const { State } = await bench.docker.getContainer(id).inspect();
      for (const kind of ['net', 'pid', 'ipc'])
        expect(execFileSync('readlink', [`/proc/${State.Pid}/ns/${kind}`]).toString()).toBe(own(kind));
    });

    it('is entered for a program that listens on 127.0.0.1 alone, and leaves no process behind', async () => {
      const { sandbox } = await start({
        command: ['sh', '-c', 'echo page > /tmp/index.html; exec httpd -f -p 127.0.0.1:8081 -h /tmp'],
      });
      let connection = await runtime.connect(sandbox, 8081).catch(() => undefined);
      while (connection === undefined) connection = await runtime.connect(sandbox, 8081).catch(() => undefined);
      connection.write('GET /index.html HTTP/1.0\r\n\r\n');
      expect(await text(connection)).toMatch(/^HTTP\/1\.[01] 200 OK[^]*page\n$/);
      // An end of the connection that neither side saw coming: the processes inside must go all the same.
      for (let round = 0; round < 3; round++) (await runtime.connect(sandbox, 8081)).destroy();
      let processes: string[][];
      do {
        processes = ((await bench.docker.getContainer(sandbox).top()) as { Processes: string[][] }).Processes;
      } while (processes.length > 1);
      expect(processes.map((columns) => columns.at(-1))).toEqual(['/sandbox']);
    });
  });

  describe('its engine', () => {
    it('is told apart by its label from what else runs there, and names are readable', async () => {
      const { id, sandbox } = await start(idle());
      const names = await Promise.all(
        [id, sandbox].map(async (one) => (await bench.docker.getContainer(one).inspect()).Name),
      );
      expect(names).toEqual([
        expect.stringMatching(/^\/pin_app_web_default_[0-9a-f]{8}_0$/),
        expect.stringMatching(/^\/pin_POD_web_default_[0-9a-f]{8}_0$/),
      ]);
    });

    it('is said to be lost when it goes away, and restored when it is back', async () => {
      const sockets = new Set<{ destroy(): void }>();
      const open = (port: number): Promise<Server> =>
        new Promise((resolve) => {
          const server = createServer((socket) => {
            const engine = connect(bench.socketPath);
            for (const end of [socket, engine]) {
              sockets.add(end);
              end.on('error', () => undefined);
              end.on('close', () => [socket, engine].forEach((one) => one.destroy()));
            }
            socket.pipe(engine).pipe(socket);
          }).listen(port, '127.0.0.1', () => resolve(server));
        });
      const first = await open(0);
      const { port } = first.address() as { port: number };
      const remote = bench.runtime('one', { host: `tcp://127.0.0.1:${port}` });
      const log = new EventLog(remote);
      const { id } = await start(idle());
      await log.untilOf(id, 'started');

      first.close();
      sockets.forEach((socket) => socket.destroy());
      await log.until(({ action }) => action === 'lost');
      await expect(remote.list()).rejects.toMatchObject({ kind: 'EngineUnavailable' });

      const second = await open(port);
      await log.until(({ action }) => action === 'restored');
      expect((await remote.list()).containers.map((container) => container.id)).toEqual([id]);
      await log.stop();
      second.close();
      sockets.forEach((socket) => socket.destroy());
    });
  });
});
