import type { NodePolicy, PolicyChange, PolicyRule } from '../../../shared/wire/network-policy';
import { Lan } from '../testing/lan';
import { compilePolicies } from './compile';
import { NftPolicyKernel } from './policy-kernel';
import { PolicyState } from './policy-state';
import type { Ruleset } from './ruleset';

jest.setTimeout(120_000);

const [WEB, FRIEND, STRANGER] = [0, 1, 2];

/** Real packets under the real kernel, in namespaces of their own. */
describe('policies in the kernel', () => {
  let lan: Lan;
  let kernel: NftPolicyKernel;
  let state: PolicyState;
  let programmed: Ruleset;

  beforeAll(async () => {
    lan = await Lan.create(3);
    kernel = new NftPolicyKernel('node', lan.nft('machine'));
  });
  afterAll(() => lan.remove());
  beforeEach(async () => {
    state = new PolicyState();
    programmed = compile();
    await kernel.replace(programmed);
  });

  const pods = () => new Map([WEB, FRIEND, STRANGER].map((pod = 0) => [String(pod), [lan.address(pod)]]));
  const compile = (): Ruleset => compilePolicies(state, pods());
  const told = async (change: Partial<PolicyChange>): Promise<void> => {
    const nothing = { policies: [], removedPolicies: [], groups: [], removedGroups: [] };
    state.apply({ kind: 'change', ...nothing, ...change });
    const fresh = compile();
    await kernel.change(programmed, fresh);
    programmed = fresh;
  };
  const web = (...ingress: readonly PolicyRule[]): NodePolicy => ({
    namespace: 'default',
    name: 'web',
    pods: [{ uid: String(WEB), ports: [{ name: 'http', protocol: 'TCP', port: 8080 }] }],
    ingress,
  });
  const friends = { groups: ['friends'], blocks: [] };
  const group = (...come: readonly number[]) => ({
    id: 'friends',
    come: come.map((pod) => lan.address(pod)),
    gone: [],
  });
  const reach = (from: number | 'machine' = FRIEND ?? 0, port = 8080) => lan.answers(from, lan.address(WEB ?? 0), port);

  it('close a pod but to its node, and leave it the way out', async () => {
    expect(await reach()).toBe(true);
    await told({ policies: [web()] });
    expect(await reach()).toBe(false);
    expect(await reach('machine')).toBe(true);
    expect(await lan.answers(WEB ?? 0, lan.address(FRIEND ?? 0), 8080)).toBe(true);
    await told({ removedPolicies: ['default/web'] });
    expect(await reach()).toBe(true);
  });

  it('open it to the members of a group, as they come and go', async () => {
    await told({ policies: [web({ peers: friends })], groups: [group(FRIEND ?? 0)] });
    expect(await reach(FRIEND)).toBe(true);
    expect(await reach(STRANGER)).toBe(false);
    await told({ groups: [{ ...group(STRANGER ?? 0), gone: [lan.address(FRIEND ?? 0)] }] });
    expect(await reach(FRIEND)).toBe(false);
    expect(await reach(STRANGER)).toBe(true);
  });

  it('open ports by name and by ranges that overlap', async () => {
    await told({ policies: [web({ ports: [{ protocol: 'TCP', name: 'http' }] })] });
    expect(await reach(FRIEND, 8080)).toBe(true);
    expect(await reach(FRIEND, 8081)).toBe(false);
    const ranges = [80, 82, 90].map((first) => ({ protocol: 'TCP' as const, first, last: first + 5 }));
    await told({ policies: [web({ ports: ranges })] });
    for (const port of [80, 87, 95]) expect(await reach(FRIEND, port)).toBe(true);
    for (const port of [8080, 89, 96]) expect(await reach(FRIEND, port)).toBe(false);
  });

  it('take blocks of addresses whose exceptions overlap', async () => {
    const except = ['10.9.0.11/32', '10.9.0.10/31', '10.9.0.11/32'];
    await told({ policies: [web({ peers: { groups: [], blocks: [{ cidr: '10.9.0.0/24', except }] } })] });
    expect(await reach(FRIEND)).toBe(false);
    expect(await reach(STRANGER)).toBe(true);
  });

  it('keep a pod in, but for endpoints of a group', async () => {
    const out: NodePolicy = {
      namespace: 'default',
      name: 'out',
      pods: [{ uid: String(FRIEND), ports: [] }],
      egress: [{ protocol: 'TCP', endpoints: 'http' }],
    };
    await told({ policies: [out], groups: [{ id: 'http', come: [`${lan.address(WEB ?? 0)}:8080`], gone: [] }] });
    expect(await reach(FRIEND, 8080)).toBe(true);
    expect(await reach(FRIEND, 8081)).toBe(false);
    expect(await lan.answers(FRIEND ?? 0, lan.address(STRANGER ?? 0), 8080)).toBe(false);
    expect(await reach(STRANGER, 8081)).toBe(true);
  });

  it('are the same however they came there', async () => {
    await told({
      policies: [web({ peers: friends }), { ...web(), name: 'too', egress: [] }],
      groups: [group(FRIEND ?? 0)],
    });
    await told({
      policies: [web({ ports: [{ protocol: 'SCTP', first: 0, last: 65_535 }] })],
      groups: [group(STRANGER ?? 0)],
    });
    await told({ policies: [{ ...web({ peers: friends }), name: 'more' }], removedPolicies: ['default/too'] });
    const changed = await listed();
    await kernel.replace(compile());
    expect(changed).toEqual(await listed());
    await kernel.remove();
    expect(await lan.in('machine', 'nft', ['list', 'tables'])).toBe('');
  });

  interface Listed {
    readonly rule?: { readonly chain: string; readonly expr: unknown };
  }
  /** What the kernel holds, without the numbers that it gives. Rules keep their order within their chain. */
  async function listed(): Promise<readonly string[]> {
    const text = await lan.in('machine', 'nft', ['-j', 'list', 'ruleset']);
    const { nftables } = JSON.parse(text) as { readonly nftables: readonly Listed[] };
    const order = new Map<string, number>();
    return nftables
      .map((each) => {
        const number = each.rule === undefined ? 0 : (order.get(each.rule.chain) ?? 0) + 1;
        if (each.rule !== undefined) order.set(each.rule.chain, number);
        return JSON.stringify({ ...each, number }, (key, value: unknown) =>
          key === 'handle' ? undefined : key === 'elem' && Array.isArray(value) ? value.map(asText).sort() : value,
        );
      })
      .sort();
  }
});

const asText = (value: unknown): string => JSON.stringify(value);
