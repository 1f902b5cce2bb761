import type { ContainerStatus, Pod, PodStatus } from '../../../shared/api/objects';
import { aPod } from '../../../shared/testing/builders';
import { summarise } from './status-columns';

const NOW = Date.UTC(2026, 0, 1, 12);

interface Traits {
  readonly status?: Omit<PodStatus, 'containerStatuses' | 'initContainerStatuses'>;
  readonly app?: Partial<ContainerStatus>;
  /** A second container. */
  readonly other?: Partial<ContainerStatus>;
  readonly init?: readonly Partial<ContainerStatus>[];
  readonly sidecars?: boolean;
  readonly deleted?: boolean;
}

const full = (name: string, status: Partial<ContainerStatus>): ContainerStatus => ({
  name,
  image: 'x',
  imageID: '',
  ready: false,
  restartCount: 0,
  ...status,
});

function pod({ status, app, other, init = [], sidecars = false, deleted = false }: Traits): Pod {
  const containers = [{ name: 'app' }, ...(other === undefined ? [] : [{ name: 'other' }])];
  const initContainers = init.map((_, index) => ({
    name: `init-${index}`,
    ...(sidecars ? { restartPolicy: 'Always' } : {}),
  }));
  const made = aPod({ containers, spec: { initContainers } });
  const deletion = deleted ? { deletionTimestamp: '2026-01-01T11:00:00Z' } : {};
  return {
    ...made,
    metadata: { ...made.metadata, ...deletion },
    status: {
      phase: 'Pending',
      ...status,
      initContainerStatuses: init.map((each, index) => full(`init-${index}`, each)),
      containerStatuses: [
        ...(app === undefined ? [] : [full('app', app)]),
        ...(other === undefined ? [] : [full('other', other)]),
      ],
    },
  };
}

const running = { ready: true, started: true, state: { running: { startedAt: '2026-01-01T11:00:00Z' } } };
const waiting = (reason: string) => ({ state: { waiting: { reason } } });
const ended = (exitCode: number, more: object = {}) => ({ state: { terminated: { exitCode, ...more } } });
const initialised = { type: 'Initialized', status: 'True' };

it.each<[string, string, Traits]>([
  ['Pending', '0/1', {}],
  [
    'SchedulingGated',
    '0/1',
    { status: { conditions: [{ type: 'PodScheduled', status: 'False', reason: 'SchedulingGated' }] } },
  ],
  ['ContainerCreating', '0/1', { app: waiting('ContainerCreating') }],
  ['ImagePullBackOff', '0/1', { app: waiting('ImagePullBackOff') }],
  ['CrashLoopBackOff', '0/1', { status: { phase: 'Running' }, app: waiting('CrashLoopBackOff') }],
  ['Running', '1/1', { status: { phase: 'Running' }, app: running }],
  ['Running', '0/1', { status: { phase: 'Running' }, app: { ...running, ready: false } }],
  ['Evicted', '0/1', { status: { phase: 'Failed', reason: 'Evicted' } }],
  ['Completed', '0/1', { status: { phase: 'Succeeded' }, app: ended(0, { reason: 'Completed' }) }],
  ['Error', '0/1', { status: { phase: 'Failed' }, app: ended(1, { reason: 'Error' }) }],
  ['OOMKilled', '0/1', { status: { phase: 'Failed' }, app: ended(137, { reason: 'OOMKilled' }) }],
  ['Signal:9', '0/1', { status: { phase: 'Failed' }, app: ended(137, { signal: 9 }) }],
  ['ExitCode:3', '0/1', { status: { phase: 'Failed' }, app: ended(3) }],
  ['NotReady', '1/2', { status: { phase: 'Running' }, app: ended(0, { reason: 'Completed' }), other: running }],
  [
    'Running',
    '1/2',
    {
      status: { phase: 'Running', conditions: [{ type: 'Ready', status: 'True' }] },
      app: ended(0, { reason: 'Completed' }),
      other: running,
    },
  ],
  ['Init:0/2', '0/1', { init: [{ state: { running: {} } }, waiting('PodInitializing')] }],
  ['Init:1/2', '0/1', { init: [ended(0), waiting('PodInitializing')] }],
  ['Init:CrashLoopBackOff', '0/1', { init: [waiting('CrashLoopBackOff')] }],
  ['Init:Error', '0/1', { init: [ended(1, { reason: 'Error' })] }],
  ['Init:ExitCode:2', '0/1', { init: [ended(2)] }],
  ['Init:Signal:15', '0/1', { init: [ended(143, { signal: 15 })] }],
  ['PodInitializing', '0/1', { init: [ended(0)], app: waiting('PodInitializing') }],
  ['Running', '2/2', { status: { phase: 'Running' }, sidecars: true, init: [running], app: running }],
  [
    'Init:CrashLoopBackOff',
    '1/2',
    {
      status: { phase: 'Running', conditions: [initialised] },
      sidecars: true,
      init: [waiting('CrashLoopBackOff')],
      app: running,
    },
  ],
  ['Terminating', '1/1', { deleted: true, status: { phase: 'Running' }, app: running }],
  ['Completed', '0/1', { deleted: true, status: { phase: 'Succeeded' }, app: ended(0, { reason: 'Completed' }) }],
  ['Unknown', '0/1', { deleted: true, status: { phase: 'Running', reason: 'NodeLost' } }],
  ['NodeLost', '0/1', { status: { phase: 'Running', reason: 'NodeLost' } }],
])('shows %s, %s ready', (status, ready, traits) => {
  expect(summarise(pod(traits), NOW)).toMatchObject({ status, ready });
});

const restarted = (restartCount: number, finishedAt?: string): Partial<ContainerStatus> => ({
  ...running,
  restartCount,
  ...(finishedAt === undefined ? {} : { lastState: { terminated: { exitCode: 1, finishedAt } } }),
});

it.each<[string, Traits]>([
  ['0', { app: running }],
  ['2', { app: restarted(2) }],
  ['3 (5m ago)', { app: restarted(3, '2026-01-01T11:55:00Z') }],
  ['5 (30s ago)', { app: restarted(2, '2026-01-01T11:59:30Z'), other: restarted(3, '2026-01-01T11:00:00Z') }],
  [
    '4 (60m ago)',
    {
      init: [
        {
          ...waiting('CrashLoopBackOff'),
          ...{ restartCount: 4, lastState: { terminated: { exitCode: 1, finishedAt: '2026-01-01T11:00:00Z' } } },
        },
      ],
    },
  ],
  ['1', { init: [{ ...ended(0), restartCount: 7 }], app: restarted(1) }],
])('shows %s restarts', (restarts, traits) => {
  expect(summarise(pod({ status: { phase: 'Running' }, ...traits }), NOW).restarts).toBe(restarts);
});
