import { PassThrough } from 'node:stream';
import { silentLogger } from '../../shared/logger';
import type { Status } from '../../shared/status-error';
import { FakeClock, settle } from '../../shared/testing/fake-clock';
import { AgentStreams } from '../../shared/wire/agent-streams';
import type { ServerStream } from '../../shared/wire/byte-stream';
import type { PodUsage, StreamCredit, StreamData, StreamEnd, StreamRequest } from '../../shared/wire/node-channel';
import { ServerStreams } from '../../shared/wire/server-streams';
import type { FakeRuntime as Fake } from '../runtime/fake/fake-runtime';
import { FakeRuntime } from '../runtime/fake/fake-runtime';
import type { ContainerSpec, Session } from '../runtime/runtime';
import { RuntimeError } from '../runtime/runtime';
import { createStreamServer } from './stream-server';

const POD = { uid: 'uid-web', namespace: 'default', name: 'web' };
const EXEC = {
  type: 'exec',
  podUid: POD.uid,
  container: 'app',
  command: ['sh'],
  stdin: true,
  stdout: true,
  stderr: true,
  tty: false,
} as const;
const LOGS = {
  type: 'logs',
  podUid: POD.uid,
  container: 'app',
  follow: false,
  previous: false,
  timestamps: false,
} as const;
const USAGE: readonly PodUsage[] = [{ ...POD, containers: [{ name: 'app', cpuMilli: 5, memoryBytes: 1_000 }] }];

const specOf = (attempt: number): ContainerSpec => ({
  pod: POD,
  name: 'app',
  kind: 'app',
  attempt,
  specHash: '',
  image: 'busybox',
  env: [],
  mounts: [],
  resources: { cpuShares: 2 },
  security: {
    privileged: false,
    runAsNonRoot: false,
    supplementalGroups: [],
    addCapabilities: [],
    dropCapabilities: [],
    readOnlyRootFilesystem: false,
    allowPrivilegeEscalation: true,
    seccompUnconfined: false,
  },
  stdin: true,
  stdinOnce: false,
  tty: false,
  terminationMessagePath: '/dev/termination-log',
  annotations: {},
});

const IMAGE = { id: 'sha256:app', names: ['app:v1'], sizeBytes: 1, isPinned: false };
const pins: [string, boolean][] = [];

let clock: FakeClock;
let runtime: Fake;
let sandboxId: string;
let ids: string[];
/** Opens a stream as the server does, over the node channel's own streams. */
let open: (request: StreamRequest) => Promise<ServerStream>;
let lose: () => void;
let goneSignal: AbortController;

beforeEach(async () => {
  clock = new FakeClock();
  goneSignal = new AbortController();
  runtime = new FakeRuntime({ clock });
  runtime.addImage('busybox');
  sandboxId = await runtime.createSandbox({
    pod: POD,
    attempt: 0,
    hostname: 'web',
    hostNetwork: false,
    hostPid: false,
    hostIpc: false,
    ports: [],
    hostAliases: [],
    sysctls: {},
    labels: {},
  });
  await runtime.startSandbox(sandboxId);
  ids = [];
  await startContainer();
  const serve = createStreamServer({
    runtime,
    clock,
    logger: silentLogger,
    usage: { read: () => Promise.resolve(USAGE) },
    images: {
      list: () => Promise.resolve([IMAGE]),
      prune: () => Promise.resolve([{ image: IMAGE }]),
      pin: (name, isPinned) => Promise.resolve(void pins.push([name, isPinned])),
    },
    find: (uid) =>
      uid !== POD.uid
        ? undefined
        : {
            containerId: (name, previous) => (name === 'app' ? ids.at(previous ? -2 : -1) : undefined),
            containers: [...runtime.engine.containers.values()].map(({ observed }) => observed),
            sandboxId,
            gone: goneSignal.signal,
          },
  });
  const port = (other: () => AgentStreams | ServerStreams) => ({
    data: (message: StreamData) => void setImmediate(() => other().onData(message)),
    end: (message: StreamEnd) => void setImmediate(() => other().onEnd(message)),
    credit: (message: StreamCredit) => void setImmediate(() => other().onCredit(message)),
  });
  const agent: AgentStreams = new AgentStreams(
    port(() => server),
    serve,
  );
  const server: ServerStreams = new ServerStreams({ ...port(() => agent), open: (message) => agent.onOpen(message) });
  open = (request) => server.open(request);
  lose = () => {
    server.connectionClosed();
    agent.connectionClosed();
  };
});

async function startContainer(): Promise<string> {
  const id = await runtime.createContainer(sandboxId, specOf(ids.length));
  await runtime.startContainer(id);
  ids.push(id);
  return id;
}

async function textOf(stream: AsyncIterable<unknown>): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of stream) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks).toString();
}

/** Both outputs and the outcome of a stream. */
async function ending(stream: ServerStream): Promise<{ out: string; err: string; status: Status }> {
  const [out, err, status] = await Promise.all([textOf(stream.stdout), textOf(stream.stderr), stream.result]);
  return { out, err, status };
}

describe('exec', () => {
  it('carries input, both outputs and the exit code', async () => {
    runtime.onExec(async ({ stdin, write, writeError }) => {
      write((await textOf(stdin)).toUpperCase());
      writeError('warned');
      return 3;
    });
    const stream = await open(EXEC);
    stream.stdin.end('hello');
    const { out, err, status } = await ending(stream);
    expect([out, err]).toEqual(['HELLO', 'warned']);
    expect(status).toMatchObject({
      status: 'Failure',
      reason: 'NonZeroExitCode',
      details: { causes: [{ reason: 'ExitCode', message: '3' }] },
    });
  });

  it('succeeds with exit code 0', async () => {
    const { status } = await ending(await open({ ...EXEC, stdin: false }));
    expect(status.status).toBe('Success');
  });

  it.each([
    ['a pod of another node', { ...EXEC, podUid: 'other' }, 'no pod with uid other runs on this node'],
    ['an unknown container', { ...EXEC, container: 'x' }, 'container not found ("x")'],
  ])('refuses %s', async (_what, request, message) => {
    await expect(open(request)).rejects.toMatchObject({ reason: 'NotFound', message });
  });

  it.each(['exec', 'attach'] as const)('refuses to %s where the container has ended', async (type) => {
    runtime.exit(ids[0] ?? '', 0);
    await expect(open({ ...EXEC, type })).rejects.toMatchObject({
      reason: 'NotFound',
      message: 'container not found ("app")',
    });
  });

  it.each([
    ['EngineUnavailable', 'ServiceUnavailable'],
    ['NotFound', 'NotFound'],
    ['Unknown', 'BadRequest'],
  ] as const)("refuses with the engine's words when it fails with %s", async (kind, reason) => {
    runtime.failNext('exec', new RuntimeError(kind, 'the engine says no'));
    await expect(open(EXEC)).rejects.toMatchObject({ reason, message: 'the engine says no' });
  });

  it('closes its session when the client goes, and when the server does', async () => {
    for (const leave of [(stream: ServerStream) => stream.close(), () => lose()]) {
      const ended = new Promise<string>((resolve) =>
        runtime.onExec(async ({ stdin }) => {
          resolve(await textOf(stdin));
          return 0;
        }),
      );
      leave(await open(EXEC));
      expect(await ended).toBe('');
    }
  });

  it('sets terminal sizes one after the other, skipping those overtaken', async () => {
    const sizes: number[] = [];
    const release: (() => void)[] = [];
    const session: Session = {
      stdout: new PassThrough(),
      stderr: new PassThrough(),
      resize: ({ width }) => {
        sizes.push(width);
        return new Promise((resolve) => release.push(resolve));
      },
      exitCode: new Promise(() => undefined),
      close: () => undefined,
    };
    runtime.exec = () => Promise.resolve(session);
    const stream = await open({ ...EXEC, tty: true });
    for (const width of [80, 90, 100]) stream.resize({ width, height: 24 });
    await settle();
    expect(sizes).toEqual([80]);
    release[0]?.();
    await settle();
    expect(sizes).toEqual([80, 100]);
  });
});

describe('attach', () => {
  it('is a success once the container has ended, however it ended', async () => {
    const stream = await open({ ...EXEC, type: 'attach', command: [] });
    const over = ending(stream);
    runtime.write(ids[0] ?? '', 'stdout', 'out\n');
    runtime.write(ids[0] ?? '', 'stderr', 'err\n');
    runtime.exit(ids[0] ?? '', 7);
    expect(await over).toMatchObject({ out: 'out\n', err: 'err\n', status: { status: 'Success' } });
  });
});

describe('logs', () => {
  const logs = async (options: Partial<Extract<StreamRequest, { type: 'logs' }>> = {}) =>
    ending(await open({ ...LOGS, ...options }));
  const write = async (...lines: readonly string[]): Promise<void> => {
    for (const line of lines) {
      runtime.write(ids.at(-1) ?? '', 'stdout', `${line}\n`);
      await clock.advance(10_000);
    }
  };

  it.each([
    ['everything', {}, 'one\ntwo\nthree\n'],
    ['the last lines', { tailLines: 2 }, 'two\nthree\n'],
    ['no line', { tailLines: 0 }, ''],
    ['what is younger than some seconds', { sinceSeconds: 20 }, 'two\nthree\n'],
    ['what is younger than a time', { sinceTime: '2026-01-01T00:00:20Z' }, 'three\n'],
    ['the first bytes', { limitBytes: 6 }, 'one\ntw'],
    ['the first bytes of the last lines', { limitBytes: 3, tailLines: 1 }, 'thr'],
    ['lines with their times', { timestamps: true, tailLines: 1 }, '2026-01-01T00:00:20.000000000Z three\n'],
  ])('sends %s', async (_what, options, expected) => {
    await write('one', 'two', 'three');
    expect(await logs(options)).toMatchObject({ out: expected, err: '', status: { status: 'Success' } });
  });

  it('sends both outputs as one', async () => {
    runtime.write(ids[0] ?? '', 'stdout', 'out\n');
    runtime.write(ids[0] ?? '', 'stderr', 'err\n');
    expect((await logs()).out).toBe('out\nerr\n');
  });

  it('follows until the container ends', async () => {
    const following = logs({ follow: true });
    await write('one', 'two');
    runtime.exit(ids[0] ?? '', 0);
    expect(await following).toMatchObject({ out: 'one\ntwo\n', status: { status: 'Success' } });
  });

  it('stops following when the limit is reached', async () => {
    const following = logs({ follow: true, limitBytes: 5 });
    await write('one', 'two');
    expect(await following).toMatchObject({ out: 'one\nt', status: { status: 'Success' } });
  });

  it('stops following when the client goes', async () => {
    let isClosed = false;
    const read = runtime.logs.bind(runtime);
    runtime.logs = async (id, options) => {
      const log = await read(id, options);
      return { ...log, close: () => void (isClosed = true) };
    };
    (await open({ ...LOGS, follow: true })).close();
    await settle();
    expect(isClosed).toBe(true);
  });

  it('sends the log of the container before a restart', async () => {
    await write('first life');
    runtime.exit(ids[0] ?? '', 1);
    await startContainer();
    await write('second life');
    expect((await logs()).out).toBe('second life\n');
    expect((await logs({ previous: true })).out).toBe('first life\n');
  });

  it('refuses a container that was not started, or not started before', async () => {
    await expect(logs({ container: 'x' })).rejects.toMatchObject({ reason: 'NotFound' });
    await expect(logs({ previous: true })).rejects.toMatchObject({ reason: 'NotFound' });
  });

  it('refuses while the engine is down', async () => {
    runtime.loseEngine();
    await expect(logs()).rejects.toMatchObject({ reason: 'ServiceUnavailable' });
  });
});

describe('port-forward', () => {
  const FORWARD: StreamRequest = { type: 'portForward', podUid: POD.uid, port: 80 };

  it('carries a connection, each direction ending by itself', async () => {
    runtime.listen(80, (connection) => {
      connection.once('data', (question: Buffer) =>
        connection.once('end', () => connection.end(`${String(question)}!`)),
      );
    });
    const stream = await open(FORWARD);
    stream.stdin.end('hello');
    expect(await ending(stream)).toMatchObject({ out: 'hello!', status: { status: 'Success' } });
  });

  it('closes the connection when the client goes', async () => {
    let isClosed = false;
    const connect = runtime.connect.bind(runtime);
    runtime.connect = async (id, port) => (await connect(id, port)).once('close', () => (isClosed = true));
    runtime.listen(80, (connection) => connection.resume());
    const stream = await open(FORWARD);
    stream.close();
    await settle();
    expect(isClosed).toBe(true);
  });

  it('ends with the pod, whose own end nobody may have told', async () => {
    runtime.listen(80, (connection) => connection.resume());
    const stream = await open(FORWARD);
    goneSignal.abort();
    expect((await stream.result).status).toBe('Failure');
  });

  it('refuses a port on which nothing listens', async () => {
    await expect(open(FORWARD)).rejects.toMatchObject({
      reason: 'BadRequest',
      message: 'nothing listens on port 80: connection refused',
    });
  });
});

it('tells the usage of all pods', async () => {
  const { out, status } = await ending(await open({ type: 'podUsage' }));
  expect([JSON.parse(out), status.status]).toEqual([USAGE, 'Success']);
});

it('tells of images, removes those that nobody needs, and pins them', async () => {
  expect(JSON.parse((await ending(await open({ type: 'images' }))).out)).toEqual([IMAGE]);
  expect(JSON.parse((await ending(await open({ type: 'pruneImages' }))).out)).toEqual([{ image: IMAGE }]);
  const { status } = await ending(await open({ type: 'pinImage', name: 'app:*', isPinned: true }));
  expect([pins, status.status]).toEqual([[['app:*', true]], 'Success']);
});
