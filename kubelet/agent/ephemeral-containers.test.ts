import type { Pod } from '../../shared/api/objects';
import { aPod } from '../../shared/testing/builders';
import type { Bench } from './testing/agent-bench';
import { endBench, startBench } from './testing/agent-bench';

let bench: Bench;

beforeEach(async () => {
  bench = await startBench();
});

afterEach(() => endBench(bench));

it('joins the processes of its sandbox where the containers of a pod share them', async () => {
  await bench.sync(aPod({ spec: { shareProcessNamespace: true } }));
  const id = bench.idOf('app');
  const { sandboxId } = (await bench.runtime.inspectContainer(id)) ?? {};
  expect(bench.runtime.specOf(id).joinsProcessesOf).toBe(sandboxId);
});

describe('an ephemeral container', () => {
  const withDebugger = (traits: object = {}): Pod =>
    aPod({ spec: { ephemeralContainers: [{ name: 'debugger', image: 'busybox', ...traits }] } });
  const statusOf = () => bench.session.status('web').ephemeralContainerStatuses?.[0];

  it('starts beside what runs, and sees the processes of its target', async () => {
    await bench.sync(aPod());
    await bench.assign(withDebugger({ targetContainerName: 'app' }));
    expect(bench.running()).toEqual(['app/0', 'debugger/0']);
    const { kind, joinsProcessesOf } = bench.runtime.specOf(bench.idOf('debugger'));
    expect({ kind, joinsProcessesOf }).toEqual({ kind: 'ephemeral', joinsProcessesOf: bench.idOf('app') });
    expect(statusOf()).toMatchObject({ name: 'debugger', ready: false, restartCount: 0, state: { running: {} } });
    expect(bench.session.status('web').conditions).toContainEqual(
      expect.objectContaining({ type: 'Ready', status: 'True' }),
    );
    expect(bench.session.events.at(-1)?.pod?.fieldPath).toBe('spec.ephemeralContainers{debugger}');
  });

  it('is never started again, neither after its end nor when it was removed, also by a later agent', async () => {
    await bench.sync(withDebugger());
    await bench.exit('debugger', 1);
    expect(statusOf()?.state?.terminated?.exitCode).toBe(1);
    await bench.advance(600_000);
    bench.runtime.removeBehindOurBack(bench.idOf('debugger'));
    await bench.settle();
    await bench.agent.stop();
    await bench.boot();
    await bench.sync(withDebugger());
    expect(bench.running()).toEqual(['app/0']);
  });

  it('does not keep a pod that is done from being done', async () => {
    const pod = withDebugger();
    await bench.sync({ ...pod, spec: { ...pod.spec, restartPolicy: 'Never' } });
    await bench.exit('app', 0);
    expect(bench.session.status('web').phase).toBe('Succeeded');
    expect(bench.running()).toEqual([]);
  });

  it('waits for its target, and says so', async () => {
    bench.missingImages.add('app:v1');
    const pod = withDebugger({ targetContainerName: 'app' });
    await bench.sync({ ...pod, spec: { ...pod.spec, containers: [{ name: 'app', image: 'app:v1' }] } });
    expect(statusOf()?.state?.waiting).toEqual({
      reason: 'CreateContainerConfigError',
      message: 'unable to find target container "app": it does not run',
    });
    bench.runtime.addImage('app:v1');
    bench.missingImages.clear();
    await bench.advance(20_000);
    expect(bench.running()).toEqual(['app/0', 'debugger/0']);
  });
});
