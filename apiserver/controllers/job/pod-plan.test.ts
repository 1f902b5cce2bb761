import type { Job, Pod } from '../../../shared/api/objects';
import { aPod } from '../../../shared/testing/builders';
import { planPods } from './pod-plan';

const NOW = Date.parse('2026-01-01T01:00:00Z');
const AT = { nowMs: NOW, backOffMs: 0 };
const INDEX = 'batch.kubernetes.io/job-completion-index';

const aJob = (spec: object, status: object = {}): Job =>
  ({
    metadata: { namespace: 'default', name: 'work', uid: 'u' },
    spec: { parallelism: 3, completions: 3, completionMode: 'Indexed', ...spec },
    status,
  }) as Job;

/** `0` a pod of that index that is not ready, `0+` one that is, `0-` one on its way out, `?` one without an index. */
function pod(text: string, at: number): Pod {
  const base = aPod({ name: `p${at}`, node: 'n1', phase: 'Running' });
  const index = text.replace(/[+-]$/, '');
  return {
    ...base,
    metadata: {
      ...base.metadata,
      ...(index === '?' ? {} : { annotations: { [INDEX]: index } }),
      ...(text.endsWith('-') ? { deletionTimestamp: '2026-01-01T00:59:59Z' } : {}),
    },
    status: { ...base.status, conditions: text.endsWith('+') ? [{ type: 'Ready', status: 'True' }] : [] },
  };
}

it.each<[string, Job, string[], string[], (number | undefined)[]]>([
  ['makes every index', aJob({}), [], [], [0, 1, 2]],
  ['makes those that are missing', aJob({}), ['1'], [], [0, 2]],
  ['leaves out what succeeded', aJob({}, { completedIndexes: '0', succeeded: 1 }), ['1'], [], [2]],
  ['ends the worse of two of one index', aJob({}), ['0+', '0', '1', '2'], ['p1'], []],
  ['ends one of two of one index rather than another', aJob({}), ['0+', '0+', '1'], ['p0'], []],
  ['ends a pod without an index', aJob({}), ['?', '1+'], ['p0'], []],
  ['ends a pod of an index that there is not', aJob({}), ['3+', '1'], ['p0'], []],
  ['ends those that are too much', aJob({ parallelism: 1 }), ['0', '1+'], ['p0'], []],
  ['ends all while it is suspended', aJob({ suspend: true }), ['0', '1+'], ['p0', 'p1'], []],
  ['replaces a pod on its way out', aJob({}), ['0-', '1', '2'], [], [0]],
  ['waits for a pod on its way out', aJob({ completions: 4, podReplacementPolicy: 'Failed' }), ['0-', '1'], [], [2]],
  ['waits for it where failures are judged', aJob({ podFailurePolicy: { rules: [] } }), ['0-', '1', '2'], [], []],
])('%s', (_what, job, pods, surplus, missing) => {
  const plan = planPods(job, pods.map(pod), AT);
  expect(plan.surplus.map(({ metadata }) => metadata.name)).toEqual(surplus);
  expect(plan.missing.map(({ index }) => index)).toEqual(missing);
});

it('makes and ends no more than 500 pods at a time', () => {
  const many = aJob({ parallelism: 2_000, completions: undefined, completionMode: 'NonIndexed' });
  expect(planPods(many, [], AT).missing).toHaveLength(500);
  const pods = Array.from({ length: 600 }, (_, at) => pod('?', at));
  expect(planPods(aJob({ suspend: true }), pods, AT).surplus).toHaveLength(500);
});
