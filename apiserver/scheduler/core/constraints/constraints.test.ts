import type { NodeTraits, PodTraits } from '../../../../shared/testing/builders';
import { aNode, aPod } from '../../../../shared/testing/builders';
import { exclusionsOf } from '../explain/exclusions';
import { Cluster } from '../model/cluster';
import type { PodExtras } from '../model/node-demand';
import { greedy } from '../policies/greedy';

interface Surroundings {
  readonly extras?: PodExtras;
  readonly load?: number;
  /** Nodes beside the one, and the pods on them. */
  readonly others?: readonly { readonly node: NodeTraits; readonly running: readonly PodTraits[] }[];
}

/** The first rule that keeps the pod off the node, as "reason | detail", or where it goes. */
function outcomeOf(
  pod: PodTraits,
  node: NodeTraits,
  running: readonly PodTraits[] = [],
  { extras = {}, load = 0, others = [] }: Surroundings = {},
): string | undefined {
  const cluster = new Cluster();
  for (const each of [...others, { node, running }]) {
    const slot = cluster.setNode(aNode(each.node));
    for (const traits of each.running) cluster.place(cluster.classOf(aPod({ name: 'running', ...traits })), slot);
  }
  const name = node.name ?? 'n1';
  cluster.setLoad(cluster.nodes.slotOf(name) ?? 0, { cpu: 1, memory: load });
  const podClass = cluster.classOf(aPod(pod), extras);
  const refusal = exclusionsOf(cluster, podClass).find(({ nodeName }) => nodeName === name);
  if (refusal !== undefined) return `${refusal.reason} | ${refusal.detail}`;
  const [slot = -1] = greedy.create(cluster).place([podClass]).nodes;
  return cluster.nodes.nameOf(slot);
}

const affinity = (...matchExpressions: { key: string; operator: string; values?: string[] }[]) => ({
  affinity: {
    nodeAffinity: { requiredDuringSchedulingIgnoredDuringExecution: { nodeSelectorTerms: [{ matchExpressions }] } },
  },
});

const podTerm = (app: string, topologyKey = 'kubernetes.io/hostname') => ({
  topologyKey,
  labelSelector: { matchLabels: { app } },
});
const apartFrom = (app: string) => ({
  affinity: { podAntiAffinity: { requiredDuringSchedulingIgnoredDuringExecution: [podTerm(app)] } },
});
const nearTo = (app: string, key?: string) => ({
  affinity: { podAffinity: { requiredDuringSchedulingIgnoredDuringExecution: [podTerm(app, key)] } },
});
const spreadOver = (topologyKey: string) => ({
  topologySpreadConstraints: [{ ...podTerm('web', topologyKey), maxSkew: 1, whenUnsatisfiable: 'DoNotSchedule' }],
});

it.each<[string, PodTraits, NodeTraits, PodTraits[]]>([
  ['a pod that asks for nothing', {}, {}, []],
  ['exactly what is left', { cpu: '2' }, { cpu: '4' }, [{ cpu: '2' }]],
  [
    'an extended resource that is there',
    { requests: { 'example.com/fpga': '1' } },
    { resources: { 'example.com/fpga': '2' } },
    [{ requests: { 'example.com/fpga': '1' } }],
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
  [
    'a share that the device still has',
    { requests: { 'example.com/gpu-milli': '400' } },
    { resources: { 'example.com/gpu': '1' } },
    [{ requests: { 'example.com/gpu-milli': '600' } }],
  ],
  ['affinity to what runs there', { spec: nearTo('db') }, {}, [{ labels: { app: 'db' } }]],
  ['the first of those that seek each other', { labels: { app: 'db' }, spec: nearTo('db') }, {}, []],
  [
    'a spread over nodes that there is only one of',
    { labels: { app: 'web' }, spec: spreadOver('zone') },
    { labels: { zone: 'a' } },
    [{ labels: { app: 'web' } }],
  ],
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
    { requests: { 'example.com/fpga': '1' } },
    {},
    [],
    'Insufficient example.com/fpga | Insufficient example.com/fpga: 1 requested, 0 of 0 free',
  ],
  [
    'a share that no single device can hold',
    { requests: { 'example.com/gpu-milli': '600' } },
    { resources: { 'example.com/gpu': '2' } },
    [{ requests: { 'example.com/gpu-milli': '500' } }, { requests: { 'example.com/gpu': '1' } }],
    'Insufficient example.com/gpu | Insufficient example.com/gpu: 600/1000 of one requested, free on its 2, in thousandths: 500, 0',
  ],
  [
    'anti-affinity against what runs there',
    { spec: apartFrom('db') },
    {},
    [{ labels: { app: 'db' } }],
    "node(s) didn't match pod anti-affinity rules | a pod that it must be apart from is in its kubernetes.io/hostname",
  ],
  [
    'the anti-affinity of what runs there',
    { labels: { app: 'db' } },
    {},
    [{ spec: apartFrom('db') }],
    "node(s) didn't satisfy existing pods anti-affinity rules | a pod in its kubernetes.io/hostname must be apart from this one",
  ],
  [
    'affinity to what runs nowhere',
    { spec: nearTo('db') },
    {},
    [],
    "node(s) didn't match pod affinity rules | no pod that the pod affinity seeks is in its kubernetes.io/hostname",
  ],
  [
    'a spread by a label that it has not',
    { labels: { app: 'web' }, spec: spreadOver('zone') },
    {},
    [],
    "node(s) didn't match pod topology spread constraints (missing required label) | it has no label zone, which the spread goes by",
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
    "node(s) didn't have free ports for the requested pod ports | host port 8080/TCP is taken by a pod like default/other",
  ],
])('excludes for %s', (_what, pod, node, running, expected) => {
  expect(outcomeOf(pod, node, running)).toBe(expected);
});

it('excludes a node that is not ready, with what its agent said', () => {
  expect(outcomeOf({}, { ready: false })).toBe('node(s) were not ready | KubeletReady');
});

const twoZones: Surroundings = { others: [{ node: { name: 'n2', labels: { zone: 'b' } }, running: [] }] };

it.each<[string, PodTraits, NodeTraits, PodTraits[], Surroundings, string]>([
  [
    'a zone that has more of the pods than another',
    { labels: { app: 'web' }, spec: spreadOver('zone') },
    { labels: { zone: 'a' } },
    [{ labels: { app: 'web' } }],
    twoZones,
    "node(s) didn't match pod topology spread constraints | its zone has 1 of the pods and the emptiest 0: at most 1 more are allowed",
  ],
  [
    'a volume that is elsewhere',
    {},
    { labels: { zone: 'a' } },
    [],
    {
      extras: {
        volumes: [{ claim: 'data', terms: [{ matchExpressions: [{ key: 'zone', operator: 'In', values: ['b'] }] }] }],
      },
    },
    'node(s) had volume node affinity conflict | the volume of claim data is on other nodes',
  ],
  [
    'a processor that the image is not for',
    {},
    { labels: { 'kubernetes.io/arch': 'arm64' } },
    [],
    { extras: { architectures: ['amd64'] } },
    "node(s) didn't match the pod's image architecture | it is arm64, the images are for amd64",
  ],
  ['real load', {}, {}, [], { load: 0.97 }, 'node(s) were overloaded | 95% of its memory is in use'],
  [
    'another node being named',
    { spec: { nodeName: 'n2' } },
    {},
    [],
    {},
    "node(s) didn't match the requested node name | the pod asks for node n2",
  ],
])('excludes for %s', (_what, pod, node, running, surroundings, expected) => {
  expect(outcomeOf(pod, node, running, surroundings)).toBe(expected);
});
