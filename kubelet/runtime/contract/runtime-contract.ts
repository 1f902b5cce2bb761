import { text } from 'node:stream/consumers';
import { systemRandom } from '../../../shared/random';
import type { ContainerId, NetworkSpec, PodIdentity, Runtime, SandboxId } from '../runtime';
import { EventLog } from './event-log';
import type { ContainerTraits } from './specs';
import { aContainerSpec, aSandboxSpec } from './specs';

/** Shell scripts that the suite's containers run. A fake acts them out. */
export const SCRIPTS = {
  /** Runs on; ends with 0 on SIGTERM. */
  heeds: 'trap "exit 0" TERM; echo ready; sleep 1000 & wait',
  deaf: 'trap "" TERM; echo ready; while :; do sleep 1; done',
  fails: 'exit 7',
  speaks: 'echo one; echo two; echo oops >&2',
  echoServer: 'busybox nc -ll -p 8080 -e cat',
  devours: 'echo ready; exec tail /dev/zero',
} as const;

/** Commands that the suite runs inside a container. */
export const COMMANDS = {
  returnsInput: ['sh', '-c', 'cat; echo done >&2; exit 3'],
} as const;

/** What the suite needs of an engine. */
export interface RuntimeBench {
  readonly runtime: Runtime;
  /** Another node on the same engine. */
  readonly neighbour: Runtime;
  /** Has a shell, and root as its user. */
  readonly image: string;
  /** As somebody with the engine's own tools would. */
  removeBehindOurBack(id: string): Promise<void>;
  stop(): Promise<void>;
}

const MEBIBYTE = 2 ** 20;

/** What every Runtime does, whatever the engine. */
export function describeRuntime(name: string, start: () => Promise<RuntimeBench>): void {
  describe(`the runtime contract, on ${name}`, () => {
    let bench: RuntimeBench;
    let runtime: Runtime;
    let log: EventLog;
    let sandboxes: SandboxId[] = [];
    let containers: ContainerId[] = [];

    beforeAll(async () => {
      bench = await start();
      runtime = bench.runtime;
      await runtime.prepare();
    });
    afterAll(() => bench.stop());
    beforeEach(() => {
      log = new EventLog(runtime);
    });
    afterEach(async () => {
      await Promise.all(containers.map((id) => runtime.removeContainer(id)));
      await Promise.all(sandboxes.map((id) => runtime.removeSandbox(id)));
      sandboxes = [];
      containers = [];
      await log.stop();
    });

    const aPod = (): PodIdentity => ({ uid: systemRandom.uid(), namespace: 'default', name: 'web' });

    const sandboxFor = async (pod: PodIdentity, traits = {}): Promise<SandboxId> => {
      const id = await runtime.createSandbox(aSandboxSpec(pod, traits));
      sandboxes.push(id);
      return id;
    };
    const runningSandbox = async (pod: PodIdentity, traits = {}): Promise<SandboxId> => {
      const id = await sandboxFor(pod, traits);
      await runtime.startSandbox(id);
      return id;
    };
    const containerIn = async (sandbox: SandboxId, pod: PodIdentity, traits: ContainerTraits): Promise<ContainerId> => {
      const id = await runtime.createContainer(sandbox, aContainerSpec(pod, { image: bench.image, ...traits }));
      containers.push(id);
      return id;
    };
    const shell = (script: string): ContainerTraits => ({ command: ['sh', '-c', script] });
    const run = async (script: string, traits: ContainerTraits = {}): Promise<ContainerId> => {
      const pod = aPod();
      const id = await containerIn(await runningSandbox(pod), pod, { ...shell(script), ...traits });
      await runtime.startContainer(id);
      return id;
    };
    const firstLine = async (id: ContainerId): Promise<void> => {
      const { stdout, close } = await runtime.logs(id, { follow: true, timestamps: false });
      await new Promise((resolve) => stdout.once('data', resolve));
      close();
    };
    const stateOf = async (id: ContainerId) => (await runtime.inspectContainer(id))?.state;
    const refusal = (kind: string, message?: RegExp): unknown =>
      expect.objectContaining({ kind, ...(message === undefined ? {} : { message: expect.stringMatching(message) }) });

    describe('with a network of the node', () => {
      const suffix = systemRandom.suffix(6);
      const name = `pinsetter-test-${suffix}`;
      // Blocks that nothing else is given.
      const block = (index: number): string => `198.19.${Math.floor(systemRandom.next() * 64) * 4 + index}`;
      const [first, second] = [block(0), block(1)];
      const network = (base: string, traits: Partial<NetworkSpec> = {}): NetworkSpec => ({
        ...{ name, bridge: `pnst-${suffix}`, subnet: `${base}.0/24`, gateway: `${base}.1`, mtu: 1_400 },
        reserved: [`${base}.2`, `${base}.254`],
        ...traits,
      });
      afterEach(async () => {
        await Promise.all(sandboxes.map((id) => runtime.removeSandbox(id)));
        await runtime.removeNetwork(network(first));
      });

      it('gives sandboxes addresses of it, but not those that are reserved', async () => {
        await runtime.ensureNetwork(network(first));
        await runtime.ensureNetwork(network(first));
        const id = await runningSandbox(aPod(), { network: name });
        expect((await runtime.inspectSandbox(id))?.ips).toEqual([`${first}.3`]);
        expect((await runtime.list()).sandboxes.map(({ ips }) => ips)).toEqual([[`${first}.3`]]);
      });

      it('has an address for each that is made, whether it runs or not, and none twice', async () => {
        await runtime.ensureNetwork(network(first));
        const ids = await Promise.all([1, 2, 3, 4].map(() => sandboxFor(aPod(), { network: name })));
        const started = await Promise.all(ids.map((id) => runtime.startSandbox(id)));
        const ips = started.flatMap((sandbox) => sandbox?.ips ?? []);
        expect([...ips].sort()).toEqual([3, 4, 5, 6].map((last) => `${first}.${last}`));
      });

      it('gives an address again only after all others, and refuses where there is none', async () => {
        // Of 16 addresses three are left.
        const reserved = [2, 3, 4, 5, 6, 7, 8, 9, 10, 14].map((last) => `${first}.${last}`);
        await runtime.ensureNetwork(network(first, { subnet: `${first}.0/28`, reserved }));
        const next = async (): Promise<readonly [SandboxId, string | undefined]> => {
          const id = await sandboxFor(aPod(), { network: name });
          return [id, (await runtime.startSandbox(id))?.ips[0]];
        };
        const [one, ip] = await next();
        expect(ip).toBe(`${first}.11`);
        await runtime.removeSandbox(one);
        const [two, ...others] = [await next(), await next(), await next()];
        expect([two, ...others].map(([, each]) => each)).toEqual([12, 13, 11].map((last) => `${first}.${last}`));
        await expect(sandboxFor(aPod(), { network: name })).rejects.toEqual(refusal('NetworkFull'));
        await bench.removeBehindOurBack(two[0]);
        expect((await next())[1]).toBe(`${first}.12`);
      });

      it('publishes ports of a sandbox of it, which has its address all the same', async () => {
        await runtime.ensureNetwork(network(first));
        const ports = [{ containerPort: 8080, hostPort: 18_473, protocol: 'TCP' }] as const;
        const plain = await runningSandbox(aPod(), { network: name });
        const published = await runningSandbox(aPod(), { network: name, ports });
        const ips = await Promise.all([plain, published].map(async (id) => (await runtime.inspectSandbox(id))?.ips));
        expect(ips).toEqual([[`${first}.3`], [`${first}.4`]]);
      });

      it('makes it anew where it is another, unless it is in use', async () => {
        await runtime.ensureNetwork(network(first));
        const id = await runningSandbox(aPod(), { network: name });
        await expect(runtime.ensureNetwork(network(second))).rejects.toEqual(refusal('NetworkInUse'));
        await runtime.removeSandbox(id);
        await runtime.ensureNetwork(network(second));
        const next = await runningSandbox(aPod(), { network: name });
        expect((await runtime.inspectSandbox(next))?.ips).toEqual([`${second}.3`]);
      });

      it('refuses addresses that another network has', async () => {
        await runtime.ensureNetwork(network(first));
        const other = network(first, { name: `${name}-other`, bridge: `pnsu-${suffix}` });
        await expect(runtime.ensureNetwork(other)).rejects.toEqual(refusal('NetworkConflict'));
      });

      it('finds nothing to do in removing what is gone', async () => {
        await expect(runtime.removeNetwork(network(first))).resolves.toBeUndefined();
      });
    });

    it('prepares as often as it is asked to', async () => {
      await expect(runtime.prepare()).resolves.toBeUndefined();
    });

    it('makes, starts and removes a sandbox, which has an address while it runs', async () => {
      const pod = aPod();
      const id = await sandboxFor(pod);
      expect(await runtime.inspectSandbox(id)).toMatchObject({
        id,
        pod,
        attempt: 0,
        state: { phase: 'created' },
        ips: [],
      });

      const running = await runtime.startSandbox(id);
      expect(running).toEqual(await runtime.inspectSandbox(id));
      expect(running).toMatchObject({
        state: { phase: 'running' },
        ips: [expect.stringMatching(/^\d+\.\d+\.\d+\.\d+$/)],
      });

      await runtime.removeSandbox(id);
      expect(await runtime.inspectSandbox(id)).toBeUndefined();
      await expect(runtime.removeSandbox(id)).resolves.toBeUndefined();
    });

    it('refuses a second sandbox for the same pod and attempt', async () => {
      const pod = aPod();
      await sandboxFor(pod);
      await expect(runtime.createSandbox(aSandboxSpec(pod))).rejects.toEqual(refusal('AlreadyExists'));
      await expect(sandboxFor(pod, { attempt: 1 })).resolves.toEqual(expect.any(String));
    });

    it('re-learns from the engine all that was said of a container', async () => {
      const pod = aPod();
      const sandboxId = await sandboxFor(pod);
      const traits = { kind: 'init', name: 'first', attempt: 3, specHash: 'abc', annotations: { grace: '5' } } as const;
      const id = await containerIn(sandboxId, pod, { ...shell(SCRIPTS.fails), ...traits });
      const expected = { id, sandboxId, pod, image: bench.image, state: { phase: 'created' }, ...traits };
      expect(await runtime.inspectContainer(id)).toMatchObject(expected);
      const listed = await runtime.list();
      expect(listed.containers).toEqual([expect.objectContaining(expected)]);
      expect(listed.containers[0]?.imageId).toMatch(/^docker(-pullable)?:\/\/.+/);
      expect(listed.sandboxes.map((sandbox) => sandbox.id)).toEqual([sandboxId]);
    });

    it('lets a container be created before its sandbox runs', async () => {
      const pod = aPod();
      const sandbox = await sandboxFor(pod);
      const id = await containerIn(sandbox, pod, shell(SCRIPTS.heeds));
      await runtime.startSandbox(sandbox);
      await runtime.startContainer(id);
      expect(await stateOf(id)).toMatchObject({ phase: 'running', startedAtMs: expect.any(Number) });
    });

    it('tells of a life from its creation to its end, and how it ended', async () => {
      const id = await run(SCRIPTS.fails);
      await log.untilOf(id, 'died');
      expect(log.of(id)).toEqual(['created', 'started', 'died']);
      expect(await stateOf(id)).toMatchObject({ phase: 'exited', exitCode: 7, oomKilled: false });
      expect(await log.untilOf(id, 'died')).toMatchObject({ type: 'container', name: 'app' });
    });

    it('says of a program that does not exist what the engine says, and keeps the container', async () => {
      const pod = aPod();
      const id = await containerIn(await runningSandbox(pod), pod, { command: ['no-such-program'] });
      const words = /^exec: "no-such-program": executable file not found in \$PATH$/;
      await expect(runtime.startContainer(id)).rejects.toEqual(refusal('StartFailed', words));
      expect(await stateOf(id)).toMatchObject({ phase: 'exited', exitCode: 127, error: expect.stringMatching(words) });
    });

    it('tells which containers are made of an image, and lets it go only when there are none', async () => {
      const id = (await runtime.inspectImage(bench.image))?.id ?? '';
      const pod = aPod();
      const container = await containerIn(await sandboxFor(pod), pod, shell(SCRIPTS.heeds));
      expect((await runtime.imageUsers()).get(id)).toEqual([expect.stringContaining('app')]);
      await expect(runtime.removeImage(bench.image)).rejects.toEqual(refusal('Unknown', /conflict/));
      expect((await runtime.images()).map((image) => image.id)).toContain(id);
      await runtime.removeContainer(container);
      expect((await runtime.imageUsers()).get(id)).toBeUndefined();
      await expect(runtime.removeImage('nobody/has-this:v1')).resolves.toBeUndefined();
    });

    it('refuses an image that is not there', async () => {
      const pod = aPod();
      const sandbox = await sandboxFor(pod);
      const spec = aContainerSpec(pod, { image: 'nobody/has-this:v1' });
      await expect(runtime.createContainer(sandbox, spec)).rejects.toEqual(
        refusal('ImageNotFound', /nobody\/has-this/),
      );
    });

    it('refuses root where the pod must not be root, and takes another user', async () => {
      const pod = aPod();
      const sandbox = await sandboxFor(pod);
      const asRoot = aContainerSpec(pod, { image: bench.image, security: { runAsNonRoot: true } });
      await expect(runtime.createContainer(sandbox, asRoot)).rejects.toEqual(
        refusal('RunAsNonRoot', /^container has runAsNonRoot and image will run as root \(pod: ".*", container: .*\)$/),
      );
      const asSomebody = { ...shell(SCRIPTS.heeds), security: { runAsNonRoot: true, runAsUser: 1000 } };
      await expect(containerIn(sandbox, pod, asSomebody)).resolves.toEqual(expect.any(String));
    });

    it('stops with SIGTERM a program that heeds it, well before the grace is over', async () => {
      const id = await run(SCRIPTS.heeds);
      await firstLine(id);
      await runtime.stopContainer(id, 600);
      expect(await stateOf(id)).toMatchObject({ phase: 'exited', exitCode: 0 });
    });

    it('kills a program that does not heed SIGTERM when the grace is over', async () => {
      const id = await run(SCRIPTS.deaf);
      await firstLine(id);
      const startedMs = performance.now();
      await runtime.stopContainer(id, 1);
      expect(performance.now() - startedMs).toBeGreaterThanOrEqual(990);
      expect(await stateOf(id)).toMatchObject({ phase: 'exited', exitCode: 137, oomKilled: false });
    });

    it('kills at once where there is no grace', async () => {
      const id = await run(SCRIPTS.deaf);
      await runtime.stopContainer(id, 0);
      expect(await stateOf(id)).toMatchObject({ phase: 'exited', exitCode: 137 });
    });

    it('finds nothing to do in stopping or removing what is over or gone', async () => {
      const id = await run(SCRIPTS.fails);
      await log.untilOf(id, 'died');
      await expect(runtime.stopContainer(id, 30)).resolves.toBeUndefined();
      await runtime.removeContainer(id);
      await expect(runtime.stopContainer(id, 30)).resolves.toBeUndefined();
      await expect(runtime.removeContainer(id)).resolves.toBeUndefined();
      await expect(runtime.startContainer(id)).rejects.toEqual(refusal('NotFound'));
    });

    it('knows a container that ran out of memory', async () => {
      const id = await run(SCRIPTS.devours, { resources: { memoryLimitBytes: 16 * MEBIBYTE } });
      await log.untilOf(id, 'died');
      await log.untilOf(id, 'oom');
      expect(await stateOf(id)).toMatchObject({ phase: 'exited', exitCode: 137, oomKilled: true });
    });

    it('tells when somebody else removed a container', async () => {
      const id = await run(SCRIPTS.heeds);
      await bench.removeBehindOurBack(id);
      await log.untilOf(id, 'removed');
      expect(log.of(id)).toEqual(['created', 'started', 'died', 'removed']);
      expect(await runtime.inspectContainer(id)).toBeUndefined();
    });

    it('shows a node nothing of another node on the same engine', async () => {
      const neighbours = new EventLog(bench.neighbour);
      const pod = aPod();
      const theirs = await bench.neighbour.createSandbox(aSandboxSpec(pod));
      const ours = await sandboxFor(aPod());
      await Promise.all([neighbours.untilOf(theirs, 'created'), log.untilOf(ours, 'created')]);
      expect((await runtime.list()).sandboxes.map(({ id }) => id)).toEqual([ours]);
      expect((await bench.neighbour.list()).sandboxes.map(({ id }) => id)).toEqual([theirs]);
      await bench.neighbour.removeSandbox(theirs);
      await neighbours.untilOf(theirs, 'removed');
      expect([log.of(theirs), neighbours.of(ours)]).toEqual([[], []]);
      await neighbours.stop();
    });

    it('reads logs: the streams apart, the last lines, with times', async () => {
      const id = await run(SCRIPTS.speaks);
      await log.untilOf(id, 'died');
      const whole = await runtime.logs(id, { follow: false, timestamps: false });
      expect(await Promise.all([text(whole.stdout), text(whole.stderr)])).toEqual(['one\ntwo\n', 'oops\n']);
      const last = await runtime.logs(id, { follow: false, timestamps: true, tailLines: 3 });
      const [stdout] = await Promise.all([text(last.stdout), text(last.stderr)]);
      expect(stdout).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{9}Z one\n\S+ two\n$/);
    });

    it('follows a log until the container ends', async () => {
      const id = await run(SCRIPTS.heeds);
      const { stdout } = await runtime.logs(id, { follow: true, timestamps: false });
      await new Promise((resolve) => stdout.once('readable', resolve));
      await runtime.stopContainer(id, 600);
      expect(await text(stdout)).toBe('ready\n');
    });

    it('runs a command inside: its input, both outputs and its exit code', async () => {
      const id = await run(SCRIPTS.heeds);
      const session = await runtime.exec(id, { command: COMMANDS.returnsInput, stdin: true, tty: false });
      session.stdin?.end('words\n');
      expect(await Promise.all([text(session.stdout), text(session.stderr)])).toEqual(['words\n', 'done\n']);
      expect(await session.exitCode).toBe(3);
    });

    it('does not attach to what has ended, since nothing would ever come', async () => {
      const id = await run(SCRIPTS.fails);
      await log.untilOf(id, 'died');
      await expect(runtime.attach(id, { stdin: false, tty: false })).rejects.toMatchObject({ kind: 'NotFound' });
    });

    it('connects to a port that something listens on, and says where nothing does', async () => {
      const pod = aPod();
      const sandbox = await runningSandbox(pod);
      const id = await containerIn(sandbox, pod, shell(SCRIPTS.echoServer));
      await runtime.startContainer(id);
      const dial = () => runtime.connect(sandbox, 8080).catch(() => undefined);
      let connection = await dial();
      // The program needs a moment to listen: each try waits for the engine's answer.
      while (connection === undefined) connection = await dial();
      connection.end('ping');
      expect(await text(connection)).toBe('ping');
      await expect(runtime.connect(sandbox, 8081)).rejects.toEqual(refusal('PortUnreachable', /8081/));
    });

    it('names the host port that another pod has', async () => {
      const ports = [{ containerPort: 80, hostPort: 18_471, protocol: 'TCP' }] as const;
      await runningSandbox(aPod(), { ports });
      const second = await sandboxFor(aPod(), { ports });
      await expect(runtime.startSandbox(second)).rejects.toEqual(refusal('PortConflict', /18471/));
    });

    it('gives a running container more and less than it had', async () => {
      const before = { cpuShares: 102, cpuLimitMilli: 200, memoryLimitBytes: 64 * MEBIBYTE };
      const id = await run(SCRIPTS.heeds, { resources: before });
      expect((await runtime.inspectContainer(id))?.resources).toEqual(before);
      const after = { cpuShares: 204, cpuLimitMilli: 400, memoryLimitBytes: 32 * MEBIBYTE };
      await runtime.resizeContainer(id, after);
      expect(await runtime.inspectContainer(id)).toMatchObject({ resources: after, state: { phase: 'running' } });
      await expect(runtime.resizeContainer('f'.repeat(64), after)).rejects.toEqual(refusal('NotFound'));
    });

    it('measures what a container has written, and leaves out what is gone', async () => {
      const id = await run(SCRIPTS.heeds);
      const written = await runtime.writtenBytes([id, 'f'.repeat(64)]);
      expect([...written]).toEqual([[id, expect.any(Number)]]);
    });

    it('measures what runs, and leaves out what does not', async () => {
      const id = await run(SCRIPTS.heeds);
      const [figures, ...others] = await runtime.stats([id, 'f'.repeat(64)]);
      expect(figures).toMatchObject({ id, cpuNanoseconds: expect.any(Number), memoryBytes: expect.any(Number) });
      expect(others).toEqual([]);
    });
  });
}
