import fc from 'fast-check';
import type { LabelSelector, NetworkPolicy } from '../../../shared/api/objects';
import { isIn, mayPass } from '../../../shared/testing/policy-evaluator';
import type { Packet } from '../../../shared/testing/policy-evaluator';
import type { PolicyChange } from '../../../shared/wire/network-policy';
import { PolicyIndex } from './policy-index';
import type { PolicyPod } from './policy-pod';

type Spec = NonNullable<NetworkPolicy['spec']>;
type Peer = NonNullable<NonNullable<Spec['ingress']>[number]['from']>[number];
type Port = NonNullable<NonNullable<Spec['ingress']>[number]['ports']>[number];

const NAMESPACES = ['a', 'b', 'c'];
const NODES = ['n1', 'n2'];
const labels = fc.dictionary(fc.constantFrom('app', 'tier'), fc.constantFrom('x', 'y'), { maxKeys: 2 });
const selector: fc.Arbitrary<LabelSelector> = fc.oneof(
  fc.constant({}),
  labels.map((matchLabels) => ({ matchLabels })),
  fc
    .record({ key: fc.constantFrom('app', 'tier'), operator: fc.constantFrom('Exists', 'DoesNotExist') })
    .map((each) => ({
      matchExpressions: [each],
    })),
  fc.record({ key: fc.constantFrom('app', 'tier'), operator: fc.constantFrom('In', 'NotIn') }).map((each) => ({
    matchExpressions: [{ ...each, values: ['x'] }],
  })),
);
const peer: fc.Arbitrary<Peer> = fc.oneof(
  fc.record({ podSelector: selector }),
  fc.record({ namespaceSelector: selector }),
  fc.record({ podSelector: selector, namespaceSelector: selector }),
  fc.constantFrom<Peer[]>(
    { ipBlock: { cidr: '10.0.0.0/24' } },
    { ipBlock: { cidr: '10.0.0.0/29', except: ['10.0.0.2/31', '10.0.0.2/32'] } },
    { ipBlock: { cidr: '0.0.0.0/0', except: ['10.0.0.0/30'] } },
    { ipBlock: { cidr: 'fd00::/8' } },
  ),
);
const protocol = fc.constantFrom('TCP', 'UDP', 'SCTP');
const port: fc.Arbitrary<Port> = fc.oneof(
  fc.record({ protocol }),
  fc.record({ protocol, port: fc.constantFrom(80, 81, 443) }),
  fc.record({ protocol, port: fc.constant(80), endPort: fc.constantFrom(80, 81, 442) }),
  fc.record({ protocol, port: fc.constantFrom('http', 'dns') }),
);
const list = <T>(item: fc.Arbitrary<T>): fc.Arbitrary<T[] | undefined> =>
  fc.option(fc.array(item, { maxLength: 2 }), { nil: undefined });
const spec = fc
  .record({
    podSelector: selector,
    policyTypes: fc.constantFrom(['Ingress'], ['Egress'], ['Ingress', 'Egress']),
    ingress: fc.array(fc.record({ from: list(peer), ports: list(port) }), { maxLength: 2 }),
    egress: fc.array(fc.record({ to: list(peer), ports: list(port) }), { maxLength: 2 }),
  })
  .map((each) => JSON.parse(JSON.stringify(each)) as Spec);

type Step =
  | { readonly kind: 'pod'; readonly index: number; readonly pod: Omit<PolicyPod, 'uid' | 'addresses'> | undefined }
  | { readonly kind: 'namespace'; readonly name: string; readonly labels: Record<string, string> }
  | { readonly kind: 'policy'; readonly namespace: string; readonly name: string; readonly spec: Spec | undefined };

const pod = fc.record({
  namespace: fc.constantFrom(...NAMESPACES),
  labels,
  nodeName: fc.constantFrom(...NODES),
  ports: fc.constantFrom<PolicyPod['ports'][]>(
    [],
    [{ name: 'http', protocol: 'TCP', port: 80 }],
    [
      { name: 'http', protocol: 'TCP', port: 81 },
      { name: 'dns', protocol: 'UDP', port: 443 },
    ],
  ),
});
const step: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 3,
    arbitrary: fc.record({
      kind: fc.constant('pod' as const),
      index: fc.nat(5),
      pod: fc.option(pod, { nil: undefined, freq: 5 }),
    }),
  },
  {
    weight: 1,
    arbitrary: fc.record({ kind: fc.constant('namespace' as const), name: fc.constantFrom(...NAMESPACES), labels }),
  },
  {
    weight: 3,
    arbitrary: fc.record({
      kind: fc.constant('policy' as const),
      namespace: fc.constantFrom(...NAMESPACES),
      name: fc.constantFrom('p', 'q'),
      spec: fc.option(spec, { nil: undefined, freq: 5 }),
    }),
  },
);

/** The cluster's objects, and what Kubernetes' documentation says of them, word by word. */
class Reference {
  readonly pods = new Map<string, PolicyPod>();
  readonly namespaces = new Map<string, Record<string, string>>(NAMESPACES.map((name) => [name, {}]));
  readonly policies = new Map<string, { readonly namespace: string; readonly spec: Spec }>();

  allows(direction: 'ingress' | 'egress', packet: Packet): boolean {
    const [from, to] = [packet.from, packet.to].map((address) => this.podAt(address));
    const subject = direction === 'ingress' ? to : from;
    const other = direction === 'ingress' ? packet.from : packet.to;
    if (subject === undefined || packet.from === packet.to) return true;
    const type = direction === 'ingress' ? 'Ingress' : 'Egress';
    const selecting = [...this.policies.values()].filter(
      (policy) =>
        policy.namespace === subject.namespace &&
        policy.spec.policyTypes?.includes(type) === true &&
        matches(policy.spec.podSelector, subject.labels),
    );
    if (selecting.length === 0) return true;
    return selecting.some((policy) => {
      const rules = direction === 'ingress' ? policy.spec.ingress : policy.spec.egress;
      return (rules ?? []).some((rule) => {
        const peers = ('from' in rule ? rule.from : 'to' in rule ? rule.to : undefined) ?? [];
        const ports = rule.ports ?? [];
        const isPeer = peers.length === 0 || peers.some((each) => this.isPeer(each, other, policy.namespace));
        if (!isPeer) return false;
        if (ports.length === 0) return true;
        return ports.some((each) => {
          if ((each.protocol ?? 'TCP') !== packet.protocol) return false;
          if (each.port === undefined) return true;
          if (typeof each.port === 'number')
            return each.port <= packet.port && packet.port <= (each.endPort ?? each.port);
          const isNamed = to?.ports.some(
            ({ name, protocol: of, port: number }) =>
              name === each.port && of === packet.protocol && number === packet.port,
          );
          // Towards addresses nobody gives names to, a name means nothing.
          const isByPod =
            direction === 'ingress' ||
            peers.length === 0 ||
            peers.some((one) => one.ipBlock === undefined && this.isPeer(one, other, policy.namespace));
          return isNamed === true && isByPod;
        });
      });
    });
  }

  private podAt(address: string): PolicyPod | undefined {
    return [...this.pods.values()].find(({ addresses }) => addresses.includes(address));
  }

  private isPeer({ ipBlock, podSelector, namespaceSelector }: Peer, address: string, namespace: string): boolean {
    if (ipBlock !== undefined) return !ipBlock.cidr.includes(':') && isIn(address, ipBlock);
    const found = this.podAt(address);
    if (found === undefined) return false;
    const isInNamespace =
      namespaceSelector === undefined
        ? found.namespace === namespace
        : matches(namespaceSelector, this.namespaces.get(found.namespace) ?? {});
    return isInNamespace && (podSelector === undefined || matches(podSelector, found.labels));
  }
}

function matches(
  { matchLabels = {}, matchExpressions = [] }: LabelSelector,
  of: Readonly<Record<string, string>>,
): boolean {
  return (
    Object.entries(matchLabels).every(([key, value]) => of[key] === value) &&
    matchExpressions.every(({ key, operator, values = [] }) => {
      const value = of[key];
      if (operator === 'Exists') return value !== undefined;
      if (operator === 'DoesNotExist') return value === undefined;
      const isIn = value !== undefined && values.includes(value);
      return operator === 'In' ? isIn : !isIn;
    })
  );
}

/** What one node knows, message by message. */
class Told {
  private readonly byKey = new Map<string, PolicyChange['policies'][number]>();
  private readonly groups = new Map<string, Set<string>>();

  constructor(
    private readonly index: PolicyIndex,
    readonly nodeName: string,
  ) {}

  follow({ policies, groups }: ReturnType<PolicyIndex['takeNews']>): void {
    for (const [key, nodes] of policies) {
      if (nodes !== 'every node' && !nodes.has(this.nodeName)) continue;
      const policy = this.index.policyOn(this.nodeName, key);
      if (policy === undefined) this.byKey.delete(key);
      else this.byKey.set(key, policy);
    }
    for (const [id, { come, gone }] of groups) {
      const members = this.groups.get(id) ?? new Set<string>();
      for (const each of gone) members.delete(each);
      for (const each of come) members.add(each);
      this.groups.set(id, members);
    }
  }

  get policies() {
    return [...this.byKey.values()];
  }

  readonly members = (id: string): readonly string[] => [...(this.groups.get(id) ?? [])];
}

describe('the index of policies', () => {
  it('lets pass what Kubernetes lets pass, whatever changes in whatever order', () => {
    fc.assert(
      fc.property(fc.array(step, { minLength: 4, maxLength: 25 }), (steps) => {
        const reference = new Reference();
        const index = new PolicyIndex();
        const told = NODES.map((nodeName) => new Told(index, nodeName));
        for (const name of NAMESPACES) index.setNamespace(name, {});
        for (const [at, each] of steps.entries()) {
          take(each, reference, index);
          if (at % 2 === 0) follow(index, told);
        }
        follow(index, told);
        for (const packet of packets()) {
          const [from, to] = [packet.from, packet.to].map((address) => reference.pods.get(address));
          for (const [direction, subject] of [
            ['egress', from],
            ['ingress', to],
          ] as const) {
            if (subject === undefined) continue;
            const node = told.find(({ nodeName }) => nodeName === subject.nodeName);
            if (node === undefined) throw new Error('no such node');
            const expected = reference.allows(direction, packet);
            const is = mayPass(node, direction, subject.uid, packet);
            if (is !== expected) throw new Error(`${direction} ${JSON.stringify(packet)}: ${is}, not ${expected}`);
          }
        }
      }),
      { numRuns: 300 },
    );
  });

  it('tells nothing where nothing changes that policies ask for', () => {
    const index = new PolicyIndex();
    const web: PolicyPod = {
      uid: 'u',
      namespace: 'a',
      labels: { app: 'x' },
      nodeName: 'n1',
      addresses: ['10.0.0.1'],
      ports: [],
    };
    index.setNamespace('a', {});
    index.setPolicy(
      policyOf('a', 'p', { podSelector: {}, policyTypes: ['Ingress'], ingress: [{ from: [{ podSelector: {} }] }] }),
    );
    index.setPod('u', web);
    expect(index.takeNews().policies).toEqual(new Map([['a/p', 'every node']]));
    index.setPod('v', { ...web, uid: 'v', nodeName: 'n2', addresses: [] });
    expect(index.takeNews().policies).toEqual(new Map([['a/p', new Set(['n2'])]]));
    index.setPod('u', { ...web, labels: { app: 'y' } });
    const { policies, groups } = index.takeNews();
    expect(policies.size).toBe(0);
    expect(groups.size).toBe(0);
  });
});

function* packets(): Generator<Packet> {
  const addresses = [...Array.from({ length: 6 }, (_, at) => `10.0.0.${at + 1}`), '192.0.2.1'];
  for (const from of addresses)
    for (const to of addresses)
      for (const over of ['TCP', 'UDP'])
        for (const number of [80, 81, 443]) yield { from, to, protocol: over, port: number };
}

const policyOf = (namespace: string, name: string, of: Spec): NetworkPolicy =>
  ({
    metadata: { namespace, name, uid: `${namespace}-${name}`, resourceVersion: '1' },
    spec: of,
  }) as unknown as NetworkPolicy;

function take(each: Step, reference: Reference, index: PolicyIndex): void {
  switch (each.kind) {
    case 'pod': {
      // Its address stands for it, so that one which comes back has the same.
      const uid = `10.0.0.${each.index + 1}`;
      const old = reference.pods.get(uid);
      // A pod stays in its namespace, and once bound, on its node.
      const kept = old === undefined ? {} : { namespace: old.namespace, nodeName: old.nodeName };
      const fresh = each.pod === undefined ? undefined : { ...each.pod, ...kept, uid, addresses: [uid] };
      if (fresh === undefined) reference.pods.delete(uid);
      else reference.pods.set(uid, fresh);
      index.setPod(uid, fresh);
      return;
    }
    case 'namespace':
      reference.namespaces.set(each.name, each.labels);
      index.setNamespace(each.name, each.labels);
      return;
    case 'policy': {
      const key = `${each.namespace}/${each.name}`;
      if (each.spec === undefined) {
        reference.policies.delete(key);
        index.removePolicy(key);
      } else {
        reference.policies.set(key, { namespace: each.namespace, spec: each.spec });
        index.setPolicy(policyOf(each.namespace, each.name, each.spec));
      }
    }
  }
}

function follow(index: PolicyIndex, told: readonly Told[]): void {
  const news = index.takeNews();
  for (const node of told) node.follow(news);
}
