import type { Pod } from '../../shared/api/objects';
import { leavingPods } from './leaving-pods';

const pod = (name: string, more: { owner?: string; phase?: string; scratch?: boolean; mirror?: boolean } = {}): Pod =>
  ({
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: {
      name,
      namespace: 'team',
      ...(more.owner === undefined ? {} : { ownerReferences: [{ kind: more.owner, controller: true }] }),
      ...(more.mirror === true ? { annotations: { 'kubernetes.io/config.mirror': 'x' } } : {}),
    },
    spec: { containers: [], ...(more.scratch === true ? { volumes: [{ name: 'scratch', emptyDir: {} }] } : {}) },
    status: { phase: more.phase ?? 'Running' },
  }) as unknown as Pod;

const strict = { force: false, ignoreDaemonSets: false, deleteEmptyDirData: false };
const namesOf = (pods: readonly Pod[]): readonly string[] => pods.map(({ metadata }) => metadata.name);

it('lets pods leave that somebody makes anew, and those that have ended', () => {
  const pods = [pod('web', { owner: 'ReplicaSet' }), pod('done', { phase: 'Succeeded' })];
  const { pods: leaving, problems, warnings } = leavingPods(pods, strict);
  expect({ leaving: namesOf(leaving), problems, warnings }).toEqual({
    leaving: ['web', 'done'],
    problems: [],
    warnings: [],
  });
});

it.each([
  [
    'agent',
    { owner: 'DaemonSet' },
    'cannot delete DaemonSet-managed Pods (use --ignore-daemonsets to ignore): team/agent',
  ],
  ['alone', {}, 'cannot delete Pods that declare no controller (use --force to override): team/alone'],
  [
    'cache',
    { owner: 'ReplicaSet', scratch: true },
    'cannot delete Pods with local storage (use --delete-emptydir-data to override): team/cache',
  ],
])('refuses to drain %s without being told to', (name, more, problem) => {
  expect(leavingPods([pod(name, more)], strict).problems).toEqual([problem]);
});

it('says what is lost when it is told to go on, and leaves the pods of daemon sets', () => {
  const pods = [
    pod('agent', { owner: 'DaemonSet' }),
    pod('alone'),
    pod('cache', { owner: 'ReplicaSet', scratch: true }),
    pod('static', { mirror: true }),
  ];
  const {
    pods: leaving,
    warnings,
    problems,
  } = leavingPods(pods, {
    force: true,
    ignoreDaemonSets: true,
    deleteEmptyDirData: true,
  });
  expect(problems).toEqual([]);
  expect(namesOf(leaving)).toEqual(['alone', 'cache']);
  expect(warnings).toEqual([
    'ignoring DaemonSet-managed Pods: team/agent',
    'deleting Pods with local storage: team/cache',
    'deleting Pods that declare no controller: team/alone',
  ]);
});
