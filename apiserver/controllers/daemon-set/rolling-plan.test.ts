import type { DaemonSet, Pod } from '../../../shared/api/objects';
import { aNode, aPod } from '../../../shared/testing/builders';
import { isReady } from '../workloads/pod-state';
import { nodePodsOf } from './node-pods';
import { placementPlan, rollingPlan } from './rolling-plan';

const HASH = 'new';

const aSet = (rollingUpdate: object): DaemonSet =>
  ({ spec: { updateStrategy: { type: 'RollingUpdate', rollingUpdate }, template: {} } }) as unknown as DaemonSet;
const surging = (maxSurge: number | string): DaemonSet => aSet({ maxSurge, maxUnavailable: 0 });
const stopping = (maxUnavailable: number | string): DaemonSet => aSet({ maxSurge: 0, maxUnavailable });

/** Per node its pods, the oldest first: `o` old, `n` new, `+` ready, `-` on its way out, `x` failed. `n1` stands first. */
function plan(of: typeof rollingPlan, set: DaemonSet, nodes: readonly string[]) {
  const pods = nodes.flatMap((text, at) =>
    (text.match(/[on][+x-]*/g) ?? []).map((pod, age) => podOf(pod, `n${at + 1}`, age)),
  );
  const seen = nodePodsOf(
    set,
    pods,
    nodes.map((_, at) => aNode({ name: `n${at + 1}` })),
  );
  const { remove, create } = of(set, seen, { hash: HASH, isAvailable: isReady });
  return { remove: remove.map(({ metadata }) => metadata.name), create: [...create] };
}
function podOf(text: string, node: string, age: number): Pod {
  const isNew = text.startsWith('n');
  const pod = aPod({
    name: `${node}-${isNew ? 'new' : 'old'}-${age}`,
    node,
    phase: text.includes('x') ? 'Failed' : 'Running',
    labels: { 'controller-revision-hash': isNew ? HASH : 'old' },
  });
  const conditions = text.includes('+') ? [{ type: 'Ready', status: 'True' }] : [];
  const deletionTimestamp = '2026-01-01T00:00:00Z';
  return {
    ...pod,
    metadata: { ...pod.metadata, ...(text.includes('-') ? { deletionTimestamp } : {}) },
    status: { ...pod.status, conditions },
  };
}

it.each<[string, DaemonSet, string[], string[], string[]]>([
  ['makes what is missing', stopping(1), ['', 'n+', ''], [], ['n1', 'n3']],
  ['waits for what goes', stopping(1), ['n-', 'n+'], [], []],
  ['keeps the oldest of two', stopping(1), ['n+n+'], ['n1-new-1'], []],
  ['leaves what failed to be judged', stopping(1), ['nx'], [], []],
  ['lets a new one stand beside a ready old one', surging(1), ['o+n'], [], []],
  ['ends the old one when the new one is available', surging(1), ['o+n+'], ['n1-old-0'], []],
  ['ends an old one that is not ready', surging(1), ['on'], ['n1-old-0'], []],
  ['ends more than one of each', surging(1), ['o+o+nn'], ['n1-new-3', 'n1-old-1'], []],
  ['does not wait for what goes where it may surge', surging(1), ['n-'], [], ['n1']],
])('of whatever revision, %s', (_what, set, nodes, remove, create) => {
  expect(plan(placementPlan, set, nodes)).toEqual({ remove, create });
});

it.each<[string, DaemonSet, string[], string[], string[]]>([
  ['as many at a time as may be unavailable', stopping(2), ['o+', 'o+', 'o+'], ['n1-old-0', 'n2-old-0'], []],
  ['a share of them', stopping('50%'), ['o+', 'o+', 'o+'], ['n1-old-0', 'n2-old-0'], []],
  ['one at least', stopping(0), ['o+', 'o+'], ['n1-old-0'], []],
  ['none while a new one is not available', stopping(1), ['n', 'o+'], [], []],
  ['none while a node has none', stopping(1), ['o-', 'o+'], [], []],
  ['all at once that are not available', stopping(1), ['o', 'o', 'o+'], ['n1-old-0', 'n2-old-0'], []],
  ['as many beside as it may surge', surging(2), ['o+', 'o+', 'o+'], [], ['n1', 'n2']],
  ['fewer where others are not available yet', surging(2), ['o+n', 'o+', 'o+'], [], ['n2']],
  ['all at once beside those that are not available', surging(1), ['o', 'o', 'o+', 'o+'], [], ['n1', 'n2', 'n3']],
  ['nothing where all is new', surging(1), ['n+', 'n+'], [], []],
])('rolls %s', (_what, set, nodes, remove, create) => {
  expect(plan(rollingPlan, set, nodes)).toEqual({ remove, create });
});
