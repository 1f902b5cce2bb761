import type { Pod } from '../../shared/api/objects';
import { aPod } from '../../shared/testing/builders';
import type { Bench } from './testing/agent-bench';
import { endBench, startBench } from './testing/agent-bench';

let bench: Bench;

beforeEach(async () => {
  bench = await startBench();
});

afterEach(() => endBench(bench));

describe('a pod of a StatefulSet', () => {
  const member: Pod = {
    ...aPod({ name: 'db-0' }),
    metadata: {
      ...aPod({ name: 'db-0' }).metadata,
      ownerReferences: [{ apiVersion: 'apps/v1', kind: 'StatefulSet', name: 'db', uid: 'set', controller: true }],
    },
  };
  const other = aPod({ name: 'web', containers: [{ name: 'other', image: 'busybox' }] });
  const FENCE_MS = 20_000;

  it('is started when the server answers', async () => {
    await bench.syncFenced(FENCE_MS, member, other);
    expect(bench.running()).toEqual(['other/0']);
    await bench.answerBeat();
    expect(bench.running()).toEqual(['app/0', 'other/0']);
  });

  it('is stopped, alone, by a node whose server has been away for too long', async () => {
    await bench.syncFenced(FENCE_MS, member, other);
    await bench.answerBeat();
    await bench.advance(FENCE_MS - 1);
    expect(bench.running()).toEqual(['app/0', 'other/0']);
    await bench.advance(10_001);
    expect(bench.running()).toEqual(['other/0']);
    expect(bench.session.status('db-0')).toMatchObject({ phase: 'Failed', reason: 'NodeFenced' });
  });

  it('runs on as long as beats are answered', async () => {
    await bench.syncFenced(FENCE_MS, member);
    for (let beat = 0; beat < 20; beat += 1) {
      await bench.answerBeat();
      await bench.advance(2_000);
    }
    expect(bench.running()).toEqual(['app/0']);
  });

  it('is stopped by the next agent where the one before has gone meanwhile', async () => {
    await bench.syncFenced(FENCE_MS, member);
    await bench.answerBeat();
    await bench.answerBeat();
    await bench.agent.stop();
    await bench.advance(FENCE_MS + 1_000);
    await bench.boot();
    await bench.settle();
    expect(bench.running()).toEqual(['app/0']);
    await bench.advance(15_000);
    expect(bench.running()).toEqual([]);
  });

  it('is not started again by a node that has only just come up', async () => {
    await bench.syncFenced(FENCE_MS, member);
    await bench.answerBeat();
    await bench.answerBeat();
    await bench.agent.stop();
    for (const { observed } of [...bench.runtime.engine.containers.values()])
      bench.runtime.removeBehindOurBack(observed.id);
    await bench.boot();
    await bench.settle();
    expect(bench.running()).toEqual([]);
    await bench.syncFenced(FENCE_MS, member);
    await bench.answerBeat();
    expect(bench.running()).toHaveLength(1);
  });
});
