import { systemClock } from '../../../shared/clock';
import { FakeClock } from '../../../shared/testing/fake-clock';
import { EventLog } from '../contract/event-log';
import { SCRIPTS, describeRuntime } from '../contract/runtime-contract';
import { aContainerSpec, aSandboxSpec } from '../contract/specs';
import { RuntimeError } from '../runtime';
import type { FakeProgram } from './fake-program';
import { FakeRuntime } from './fake-runtime';

const ACTED: Readonly<Record<string, FakeProgram>> = {
  [SCRIPTS.heeds]: { stdout: 'ready\n', onSigterm: 0 },
  [SCRIPTS.deaf]: { stdout: 'ready\n', onSigterm: 'ignored' },
  [SCRIPTS.fails]: { exits: { code: 7 } },
  [SCRIPTS.speaks]: { stdout: 'one\ntwo\n', stderr: 'oops\n', exits: { code: 0 } },
  [SCRIPTS.echoServer]: {},
  [SCRIPTS.devours]: { exits: { code: 137, oomKilled: true } },
};

describeRuntime('the fake', () => {
  const runtime = new FakeRuntime({ clock: systemClock });
  runtime.addImage('busybox');
  runtime.program(({ command = [] }) => {
    const program = ACTED[command.at(-1) ?? ''];
    return program ?? { startError: `exec: "${command[0]}": executable file not found in $PATH` };
  });
  runtime.onExec(async ({ stdin, write, writeError }) => {
    for await (const chunk of stdin) write(String(chunk));
    writeError('done\n');
    return 3;
  });
  runtime.listen(8080, (connection) => connection.pipe(connection));
  return Promise.resolve({
    runtime,
    neighbour: new FakeRuntime({ clock: systemClock, nodeName: 'n2', engine: runtime.engine }),
    image: 'busybox',
    removeBehindOurBack: (id: string) => Promise.resolve(runtime.removeBehindOurBack(id)),
    stop: () => Promise.resolve(),
  });
});

describe('the fake, as a test uses it', () => {
  const pod = { uid: 'uid-web', namespace: 'default', name: 'web' };
  const clock = new FakeClock();
  let runtime: FakeRuntime;
  beforeEach(() => {
    runtime = new FakeRuntime({ clock });
    runtime.addImage('busybox');
  });

  const started = async (): Promise<string> => {
    const sandbox = await runtime.createSandbox(aSandboxSpec(pod));
    await runtime.startSandbox(sandbox);
    const id = await runtime.createContainer(sandbox, aContainerSpec(pod));
    await runtime.startContainer(id);
    return id;
  };

  it('fails the next call once, and records every call', async () => {
    runtime.failNext('list', new RuntimeError('Unknown', 'no'));
    await expect(runtime.list()).rejects.toThrow('no');
    await expect(runtime.list()).resolves.toEqual({ sandboxes: [], containers: [] });
    expect(runtime.callsOf('list')).toHaveLength(2);
  });

  it('ends containers as the test says', async () => {
    const id = await started();
    runtime.oomKill(id);
    expect(runtime.find('app')?.state).toMatchObject({ phase: 'exited', exitCode: 137, oomKilled: true });
  });

  it('ends a container by its program when its time has come', async () => {
    runtime.program(() => ({ exits: { code: 2, afterMs: 5_000 } }));
    await started();
    await clock.advance(4_999);
    expect(runtime.find('app')?.state.phase).toBe('running');
    await clock.advance(1);
    expect(runtime.find('app')?.state).toMatchObject({ phase: 'exited', exitCode: 2 });
  });

  it('refuses everything while the engine is lost, and what happens then is told to nobody', async () => {
    const id = await started();
    const log = new EventLog(runtime);
    runtime.loseEngine('gone');
    runtime.exit(id, 1);
    await expect(runtime.list()).rejects.toMatchObject({ kind: 'EngineUnavailable', message: 'gone' });
    runtime.restoreEngine();
    await log.until(({ action }) => action === 'restored');
    expect(log.events.map(({ action }) => action)).toEqual(['lost', 'restored']);
    expect((await runtime.list()).containers[0]?.state).toMatchObject({ phase: 'exited', exitCode: 1 });
    await log.stop();
  });

  it('pulls what a registry has, with the right password only', async () => {
    runtime.addPullable('private', { credential: { username: 'u', password: 'p' } });
    await expect(runtime.pullImage('private', {})).rejects.toMatchObject({ kind: 'ImagePullFailed' });
    const credential = { username: 'u', password: 'p', serverAddress: 'r' };
    await expect(runtime.pullImage('private', { credential })).resolves.toMatchObject({ tags: ['private'] });
    expect(await runtime.inspectImage('private')).toBeDefined();
  });
});
