import type { ContainerInspectInfo } from 'dockerode';
import { toContainer } from './observe';

const ended = (ExitCode: number, OOMKilled: boolean): ContainerInspectInfo => {
  const State = {
    Running: false,
    Status: 'exited',
    ExitCode,
    OOMKilled,
    Error: '',
    StartedAt: '2024-01-01T00:00:00Z',
    FinishedAt: '2024-01-01T00:00:01Z',
  };
  return {
    Id: 'c1',
    Created: '2024-01-01T00:00:00Z',
    Image: 'sha256:1',
    Config: { Image: 'busybox', Labels: {} },
    HostConfig: {},
    State,
  } as unknown as ContainerInspectInfo;
};

it.each<[string, number, boolean, boolean, boolean]>([
  ['that the engine has marked', 137, true, false, true],
  ['that an event told of, and the mark missed', 137, false, true, true],
  ['whose child alone was killed and that ended well', 0, true, true, false],
  ['whose child alone was killed and that ended with an error of its own', 1, false, true, false],
  ['that somebody killed', 137, false, false, false],
])('tells whether memory ran out: a container %s', (_what, code, isMarked, isTold, expected) => {
  expect(toContainer(ended(code, isMarked), isTold).state).toMatchObject({ phase: 'exited', oomKilled: expected });
});
