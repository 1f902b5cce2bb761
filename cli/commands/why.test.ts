import { PassThrough } from 'node:stream';
import { notFound } from '../../shared/status-error';
import type { Call } from '../client/api-client';
import { createPalette } from '../output/palette';
import type { Context } from './command';
import { splitByNode, why } from './why';

const MESSAGE =
  '0/2 nodes are available: 1 insufficient cpu, 1 not ready. n1: it has 100m of cpu left; n2: it is not ready.';

/** What `why` says of a pod, against a server that has it, one warning, and a log. */
async function explanation(
  pod: { spec?: object; status?: object; metadata?: object },
  { choice, ...flags }: { readonly choice?: object; readonly output?: string } = {},
): Promise<string> {
  const said: string[] = [];
  const answer = ({ path }: Call): unknown => {
    if (path === '/scheduler/choice') {
      if (choice === undefined) throw notFound({ group: '', resource: 'choices' }, 'u');
      return choice;
    }
    return path.endsWith('/events')
      ? {
          items: [
            {
              metadata: {},
              type: 'Warning',
              reason: 'BackOff',
              message: 'restarting',
              lastTimestamp: '2026-01-01T00:00:00Z',
            },
          ],
        }
      : {
          kind: 'Pod',
          spec: { containers: [], ...pod.spec },
          status: pod.status,
          metadata: {
            name: 'web',
            namespace: 'team',
            uid: 'u',
            creationTimestamp: '2026-01-01T00:00:00Z',
            ...pod.metadata,
          },
        };
  };
  const client = {
    json: async (call: Call) => Promise.resolve({ value: answer(call), code: 200 }),
    text: () => Promise.resolve({ text: 'no such file\n', code: 200 }),
  };
  const context = {
    environment: { stdout: new PassThrough() },
    palette: createPalette(false),
    namespace: 'team',
    client: () => client,
    out: (text: string) => void said.push(text),
  } as unknown as Context;
  await why.run(context, { pod: 'web', ...flags });
  return said.join('');
}

it.each([
  [
    'a pod that runs',
    { spec: { nodeName: 'n1' }, status: { phase: 'Running', conditions: [{ type: 'Ready', status: 'True' }] } },
    'pod/web is fine: it runs on n1 and is ready.\n',
  ],
  [
    'a pod that is done',
    { spec: { nodeName: 'n1' }, status: { phase: 'Succeeded' } },
    'pod/web has completed: all its containers ended well.\n',
  ],
  [
    'a pod that is held back',
    { spec: { schedulingGates: [{ name: 'wait' }] } },
    'pod/web is held back by its scheduling gates: wait.\n',
  ],
  ['a pod that nobody has looked at', {}, 'pod/web is pending: the scheduler has not looked at it yet.\n'],
])('tells of %s', async (_what, pod, told) => {
  expect(await explanation(pod)).toBe(told);
});

it('tells which node excludes a pending pod by which rule', async () => {
  const conditions = [{ type: 'PodScheduled', status: 'False', message: MESSAGE }];
  const told = await explanation({ status: { phase: 'Pending', conditions } });
  expect(told).toMatch(/pod\/web is pending for \S+: 0\/2 nodes are available: 1 insufficient cpu, 1 not ready\.\n/);
  expect(told).toMatch(/\nNODE +EXCLUDED BY\nn1 +it has 100m of cpu left\nn2 +it is not ready\n$/);
});

const CHOICE = {
  choice: 'n1 costs 1.000',
  winner: { nodeName: 'n1', cost: 1, terms: { 'use of room': 0.9, preferences: 0, load: 0.1 } },
  runnerUp: { nodeName: 'n2', cost: 1.5, terms: { 'use of room': 0.8, preferences: 0, load: 0.7 } },
};
const RUNNING = {
  spec: { nodeName: 'n1' },
  status: { phase: 'Running', conditions: [{ type: 'Ready', status: 'True' }] },
};

it('tells of a placed pod what made its node win', async () => {
  const told = await explanation(RUNNING, { choice: CHOICE });
  expect(told).toMatch(/^pod\/web is fine: .*\n\nWhy n1, when it was placed \(the lower cost wins\):\n/);
  expect(told).toMatch(/chosen +n1 +1\.000 +0\.900 +0\.100 *\nsecond +n2 +1\.500 +0\.800 +0\.700 *\n/);
  expect(told).toMatch(/What decided most: load\.\n$/);
});

it('tells the same to programs, and of a pending pod each node', async () => {
  const placed: unknown = JSON.parse(await explanation(RUNNING, { choice: CHOICE, output: 'json' }));
  expect(placed).toMatchObject({ name: 'web', nodeName: 'n1', placement: CHOICE });
  const conditions = [{ type: 'PodScheduled', status: 'False', message: MESSAGE }];
  const pending: unknown = JSON.parse(await explanation({ status: { conditions } }, { output: 'json' }));
  expect(pending).toMatchObject({
    exclusions: [
      { nodeName: 'n1', reason: 'it has 100m of cpu left' },
      { nodeName: 'n2', reason: 'it is not ready' },
    ],
  });
});

it('tells how a container ended, the end of its log and the last warnings', async () => {
  const state = { waiting: { reason: 'CrashLoopBackOff', message: 'back-off 10s' } };
  const lastState = { terminated: { exitCode: 2, reason: 'Error', finishedAt: '2026-01-01T00:00:00Z' } };
  const containerStatuses = [{ name: 'main', state, lastState, ready: false, restartCount: 3 }];
  const told = await explanation({ spec: { nodeName: 'n1' }, status: { phase: 'Running', containerStatuses } });
  expect(told).toContain('pod/web container main: CrashLoopBackOff: back-off 10s\n');
  expect(told).toMatch(/It ended with exit code 2 \(Error\) \S+ ago, restarts: 3\.\n/);
  expect(told).toContain('The end of its log:\n  no such file\n');
  expect(told).toMatch(/ago: BackOff: restarting\n$/);
});

it('splits the message of the scheduler by node', () => {
  expect(splitByNode(MESSAGE)).toEqual({
    summary: '0/2 nodes are available: 1 insufficient cpu, 1 not ready.',
    nodes: [
      ['n1', 'it has 100m of cpu left'],
      ['n2', 'it is not ready'],
    ],
  });
});

it('tells the nearest miss and why nobody leaves for the pod apart from the nodes', () => {
  expect(
    splitByNode(
      '0/1 nodes are available: 1 Insufficient cpu. n1: Insufficient cpu. Nearest miss: n1 would take it with 1 more cpu free. preemption: not eligible due to preemptionPolicy=Never.',
    ),
  ).toEqual({
    summary: '0/1 nodes are available: 1 Insufficient cpu.',
    nodes: [['n1', 'Insufficient cpu']],
    miss: 'n1 would take it with 1 more cpu free.',
    preemption: 'not eligible due to preemptionPolicy=Never.',
  });
});
