import type { NodeTraits, PodTraits } from '../../../shared/testing/builders';
import { aNode, aPod } from '../../../shared/testing/builders';
import { ClusterState } from '../cluster-state';
import { greedy } from '../policies/greedy';

/** The first rule that keeps the pod off the node, as "reason | detail", or where it goes. */
function outcomeOf(pod: PodTraits, node: NodeTraits, running: readonly PodTraits[] = []): string | undefined {
  const state = new ClusterState();
  state.setNode(aNode(node));
  running.forEach((traits, index) =>
    state.setPod(aPod({ name: `running-${index}`, node: node.name ?? 'n1', ...traits })),
  );
  const [decision] = greedy.place([aPod(pod)], state);
  if (decision === undefined || decision.nodeName !== undefined) return decision?.nodeName;
  return decision.exclusions.map(({ reason, detail }) => `${reason} | ${detail}`).join();
}

const affinity = (...matchExpressions: { key: string; operator: string; values?: string[] }[]) => ({
  affinity: {
    nodeAffinity: { requiredDuringSchedulingIgnoredDuringExecution: { nodeSelectorTerms: [{ matchExpressions }] } },
  },
});

it.each<[string, PodTraits, NodeTraits, PodTraits[]]>([
  ['a pod that asks for nothing', {}, {}, []],
  ['exactly what is left', { cpu: '2' }, { cpu: '4' }, [{ cpu: '2' }]],
  [
    'what ended pods have set free',
    { cpu: '4' },
    { cpu: '4' },
    [
      { cpu: '4', phase: 'Succeeded' },
      { cpu: '4', phase: 'Failed' },
    ],
  ],
  [
    'an extended resource that is there',
    { requests: { 'example.com/gpu': '1' } },
    { resources: { 'example.com/gpu': '2' } },
    [{ requests: { 'example.com/gpu': '1' } }],
  ],
  ['a selector that matches', { spec: { nodeSelector: { disk: 'ssd' } } }, { labels: { disk: 'ssd' } }, []],
  [
    'an affinity In',
    { spec: affinity({ key: 'zone', operator: 'In', values: ['a', 'b'] }) },
    { labels: { zone: 'b' } },
    [],
  ],
  [
    'an affinity NotIn without the label',
    { spec: affinity({ key: 'zone', operator: 'NotIn', values: ['a'] }) },
    {},
    [],
  ],
  [
    'an affinity Gt',
    { spec: affinity({ key: 'cores', operator: 'Gt', values: ['8'] }) },
    { labels: { cores: '16' } },
    [],
  ],
  [
    'a taint it tolerates',
    { tolerations: [{ key: 'gpu', operator: 'Exists' }] },
    { taints: [{ key: 'gpu', effect: 'NoSchedule' }] },
    [],
  ],
  [
    'everything it tolerates',
    { tolerations: [{ operator: 'Exists' }] },
    { cordoned: true, taints: [{ key: 'a', value: 'b', effect: 'NoExecute' }] },
    [],
  ],
  ['a taint that only prefers', {}, { taints: [{ key: 'a', effect: 'PreferNoSchedule' }] }, []],
  ['another host port', { hostPort: 8081 }, {}, [{ hostPort: 8080 }]],
])('lets %s through', (_what, pod, node, running) => {
  expect(outcomeOf(pod, node, running)).toBe('n1');
});

it.each<[string, PodTraits, NodeTraits, PodTraits[], string]>([
  [
    'too much CPU',
    { cpu: '3' },
    { cpu: '4' },
    [{ cpu: '1500m' }],
    'Insufficient cpu | Insufficient cpu: 3 requested, 2500m of 4 free',
  ],
  [
    'too much memory',
    { memory: '9Gi' },
    {},
    [],
    'Insufficient memory | Insufficient memory: 9Gi requested, 8Gi of 8Gi free',
  ],
  [
    'an extended resource that is not there',
    { requests: { 'example.com/gpu': '1' } },
    {},
    [],
    'Insufficient example.com/gpu | Insufficient example.com/gpu: 1 requested, 0 of 0 free',
  ],
  ['one pod too many', {}, { pods: '1' }, [{}], 'Too many pods | it runs 1 of 1 pods'],
  [
    'a cordon',
    {},
    { cordoned: true },
    [],
    'node(s) were unschedulable | it is cordoned: kubectl-lite uncordon releases it',
  ],
  [
    'an untolerated taint',
    { tolerations: [{ key: 'gpu', operator: 'Equal', value: 'yes' }] },
    { taints: [{ key: 'gpu', value: 'no', effect: 'NoSchedule' }] },
    [],
    'node(s) had untolerated taint {gpu: no} | taint {gpu: no} with effect NoSchedule',
  ],
  [
    'a selector with another value',
    { spec: { nodeSelector: { disk: 'ssd' } } },
    { labels: { disk: 'hdd' } },
    [],
    "node(s) didn't match Pod's node affinity/selector | label disk=ssd (it has hdd) is missing",
  ],
  [
    'an affinity that no term meets',
    { spec: affinity({ key: 'zone', operator: 'Exists' }) },
    {},
    [],
    "node(s) didn't match Pod's node affinity/selector | no term of the required node affinity matches",
  ],
  [
    'a host port that is taken',
    { hostPort: 8080 },
    {},
    [{ name: 'other', hostPort: 8080 }],
    "node(s) didn't have free ports for the requested pod ports | host port 8080/TCP is taken by pod default/other",
  ],
])('excludes for %s', (_what, pod, node, running, expected) => {
  expect(outcomeOf(pod, node, running)).toBe(expected);
});

it('excludes a node that is not ready, with what its agent said', () => {
  expect(outcomeOf({}, { ready: false })).toBe('node(s) were not ready | KubeletReady');
});
