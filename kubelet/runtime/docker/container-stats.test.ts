import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { FakeClock } from '../../../shared/testing/fake-clock';
import { containerStats } from './container-stats';
import { EngineCalls } from './engine-calls';

describe('what containers use', () => {
  const clock = new FakeClock();
  const calls = new EngineCalls({ socketPath: '/nowhere/engine.sock' });
  let root: string;
  beforeEach(() => (root = mkdtempSync(path.join(tmpdir(), 'cgroup-'))));
  afterEach(() => rmSync(root, { recursive: true }));

  const write = (file: string, content: string): void => {
    mkdirSync(path.dirname(path.join(root, file)), { recursive: true });
    writeFileSync(path.join(root, file), content);
  };

  it.each([
    [
      'version 1',
      {
        'cpuacct/docker/abc/cpuacct.usage': '5000000\n',
        'memory/docker/abc/memory.usage_in_bytes': '9000\n',
        'memory/docker/abc/memory.stat': 'cache 1\ninactive_file 7\ntotal_inactive_file 4000\n',
      },
    ],
    [
      'version 2, made by the engine',
      {
        'docker/abc/cpu.stat': 'usage_usec 5000\nuser_usec 1\n',
        'docker/abc/memory.current': '9000\n',
        'docker/abc/memory.stat': 'anon 1\ninactive_file 4000\n',
      },
    ],
    [
      'version 2, made by systemd',
      {
        'system.slice/docker-abc.scope/cpu.stat': 'usage_usec 5000\n',
        'system.slice/docker-abc.scope/memory.current': '9000\n',
        'system.slice/docker-abc.scope/memory.stat': 'inactive_file 4000\n',
      },
    ],
  ])('is read from control groups of %s, without the engine', async (_sentence, files) => {
    for (const [file, content] of Object.entries(files)) write(file, content);
    expect(await containerStats({ calls, clock, cgroupRoot: root }, ['abc'])).toEqual([
      { id: 'abc', cpuNanoseconds: 5_000_000, memoryBytes: 5_000, sampledAtMs: clock.now() },
    ]);
  });

  it('is asked of the engine where no control group is seen', async () => {
    await expect(containerStats({ calls, clock, cgroupRoot: root }, ['abc'])).rejects.toMatchObject({
      kind: 'EngineUnavailable',
    });
  });
});
