import { Lan } from '../testing/lan';
import type { Place } from '../testing/lan';
import type { RunProgram } from '../run-program';
import type { Frontend, Target } from './frontend';
import { frontendKey } from './frontend';
import { IptablesKernel } from './iptables-kernel';
import type { Kernel } from './kernel';
import { NftKernel } from './nft-kernel';

jest.setTimeout(120_000);

const [ONE, TWO, STRANGER] = [0, 1, 2] as const;
const MACHINE = '10.8.0.1';
const SERVICE = '10.96.0.10';
const AFFINITY_SECONDS = 5;

/** Real packets under the real kernel, in namespaces of their own. */
describe.each([
  ['nftables', (lan: Lan, run: RunProgram): Kernel => new NftKernel('node', 'br0', lan.nft('machine'), run)],
  ['iptables', (_: Lan, run: RunProgram): Kernel => new IptablesKernel('node', 'br0', run)],
])('Services by %s', (by, make) => {
  let lan: Lan;
  let kernel: Kernel;
  let outside: readonly string[];
  let held = new Map<string, Frontend>();

  beforeAll(async () => {
    lan = await Lan.create(3);
    outside = await lan.addOutside(20);
    await lan.in('machine', 'ip', ['link', 'set', 'dev', 'br0', 'type', 'bridge', 'nf_call_iptables', '1']);
    await lan.in('machine', 'sysctl', ['-qw', 'net.ipv4.conf.br0.route_localnet=1']);
    for (const pod of [ONE, TWO, STRANGER]) {
      await lan.in('machine', 'bridge', ['link', 'set', 'dev', `v${pod}`, 'hairpin', 'on']);
      await lan.serve(pod);
    }
    kernel = make(lan, (program, args, input) => lan.in('machine', program, args, input));
  });
  afterAll(() => lan.remove());
  /** Pod ONE is this node's own; what is at TWO counts as another node's. */
  beforeEach(async () => {
    held = new Map();
    await kernel.apply({
      ...{ isAnew: true, frontends: [] },
      local: { come: [lan.address(ONE)], gone: [] },
      pods: { come: [lan.address(ONE), lan.address(TWO)], gone: [] },
    });
  });

  const nothing = { come: [], gone: [] };
  const program = async (...frontends: readonly Frontend[]): Promise<void> => {
    const fresh = new Map(frontends.map((each) => [frontendKey(each), each]));
    const keys = new Set([...held.keys(), ...fresh.keys()]);
    const changes = [...keys].map((key) => ({ old: held.get(key), fresh: fresh.get(key) }));
    held = fresh;
    await kernel.apply({ isAnew: false, frontends: changes, local: nothing, pods: nothing });
  };
  const targets = (port: number, ...pods: readonly number[]): readonly Target[] =>
    pods.map((pod) => ({ address: lan.address(pod), port }));
  const tcp = (pods: readonly number[], traits: Partial<Frontend> = {}): Frontend => ({
    ...{ address: SERVICE, protocol: 'TCP', port: 80, isExternal: false },
    ...{ targets: targets(8080, ...pods), ...traits },
  });
  const udp = (pods: readonly number[], traits: Partial<Frontend> = {}): Frontend => ({
    ...{ address: SERVICE, protocol: 'UDP', port: 90, isExternal: false },
    ...{ targets: targets(9090, ...pods), ...traits },
  });
  const nodePort = ({ address, ...rest }: Frontend, port: number): Frontend => ({ ...rest, port });
  const askTcp = async (from: Place, to = SERVICE, port = 80) => (await lan.ask(from, 'tcp', to, port))[0];
  const askUdp = async (from: Place, to = SERVICE, port = 90) => (await lan.ask(from, 'udp', to, port))[0];
  /** Who answers those twenty. */
  const names = async (protocol: 'tcp' | 'udp', to: string, port: number, sources = outside) =>
    (await lan.ask('outside', protocol, to, port, sources)).map((answer) => answer.split(' ')[0]);

  it('lead to the pod, by TCP and UDP, and tell who asks', async () => {
    await program(tcp([TWO]), udp([TWO]));
    expect(await askTcp(ONE)).toBe(`1 ${lan.address(ONE)}`);
    expect(await askUdp(ONE)).toBe(`1 ${lan.address(ONE)}`);
    expect(await askTcp('machine')).toBe(`1 ${MACHINE}`);
  });

  it('lead to each of the endpoints', async () => {
    await program(tcp([ONE, TWO, STRANGER]), udp([ONE, TWO]));
    const [byTcp, byUdp] = [await names('tcp', SERVICE, 80), await names('udp', SERVICE, 90)];
    expect([...new Set(byTcp)].sort()).toEqual(['0', '1', '2']);
    expect([...new Set(byUdp)].sort()).toEqual(['0', '1']);
  });

  it('lead a pod to itself', async () => {
    await program(tcp([ONE]));
    expect(await askTcp(ONE)).toBe('0 10.9.0.1');
  });

  it('serve the pods of this node alone, of all behind its bridge', async () => {
    await program(tcp([TWO]));
    expect(await askTcp(STRANGER)).not.toMatch(/^1 /);
    await kernel.apply({
      ...{ isAnew: false, frontends: [], local: nothing },
      pods: { come: [lan.address(STRANGER)], gone: [lan.address(ONE)] },
    });
    expect(await askTcp(STRANGER)).toBe(`1 ${lan.address(STRANGER)}`);
    expect(await askTcp(ONE)).not.toMatch(/^1 /);
  });

  it('answer at node ports of each of the machine’s addresses, its localhost too', async () => {
    await program(
      nodePort(tcp([ONE], { isExternal: true }), 30_080),
      nodePort(udp([ONE], { isExternal: true }), 30_090),
    );
    expect(await askTcp('outside', MACHINE, 30_080)).toMatch(/^0 /);
    expect(await askUdp('outside', MACHINE, 30_090)).toMatch(/^0 /);
    expect(await askTcp(TWO, '10.9.0.1', 30_080)).toMatch(/^0 /);
    expect(await askTcp('machine', '127.0.0.1', 30_080)).toMatch(/^0 /);
  });

  it('answer at the address of a load balancer', async () => {
    const [address, isExternal] = [MACHINE, true];
    await program(tcp([ONE], { address, isExternal }), udp([ONE], { address, isExternal }));
    expect(await askTcp('outside', MACHINE, 80)).toMatch(/^0 /);
    expect(await askUdp('outside', MACHINE, 90)).toMatch(/^0 /);
  });

  it('tell who asks from outside, but where another node must answer by this one', async () => {
    await program(
      ...[nodePort(tcp([ONE], { isExternal: true }), 30_001), nodePort(tcp([TWO], { isExternal: true }), 30_002)],
      nodePort(tcp([ONE], { isExternal: false }), 30_003),
    );
    expect(await askTcp('outside', MACHINE, 30_001)).toBe('0 10.8.0.10');
    expect(await askTcp('outside', MACHINE, 30_002)).toBe('1 10.9.0.1');
    expect(await askTcp('outside', MACHINE, 30_003)).toBe('0 10.8.0.10');
  });

  it('refuse where there is no endpoint, at once, until there is one', async () => {
    await program(tcp([]), udp([]), nodePort(tcp([]), 30_080));
    expect(await askTcp(ONE)).toBe('ECONNREFUSED');
    expect(await askTcp('machine')).toBe('ECONNREFUSED');
    expect(await askUdp(ONE)).toBe('ECONNREFUSED');
    expect(await askTcp('outside', MACHINE, 30_080)).toBe('ECONNREFUSED');
    await program(tcp([TWO]), udp([TWO]), nodePort(tcp([TWO], { isExternal: true }), 30_080));
    expect(await askTcp(ONE)).toMatch(/^1 /);
    expect(await askUdp(ONE)).toMatch(/^1 /);
    expect(await askTcp('outside', MACHINE, 30_080)).toMatch(/^1 /);
    await program(tcp([]));
    expect(await askTcp(ONE)).toBe('ECONNREFUSED');
    await program();
    expect(await askTcp(ONE)).not.toBe('ECONNREFUSED');
  });

  it('refuse each of many connections of one client at once', async () => {
    await program(tcp([]), nodePort(tcp([]), 30_080));
    const many = Array.from({ length: 20 }, () => '10.8.0.10');
    for (const [address, port] of [[SERVICE, 80] as const, ['10.8.0.1', 30_080] as const])
      expect(new Set(await names('tcp', address, port, many))).toEqual(new Set(['ECONNREFUSED']));
    const [own] = [lan.address(ONE)];
    const ofPod = await lan.ask(
      ONE,
      'tcp',
      SERVICE,
      80,
      many.map(() => own),
    );
    expect(new Set(ofPod)).toEqual(new Set(['ECONNREFUSED']));
    const ofMachine = await lan.ask(
      'machine',
      'tcp',
      SERVICE,
      80,
      many.map(() => MACHINE),
    );
    expect(new Set(ofMachine)).toEqual(new Set(['ECONNREFUSED']));
  });

  it('follow the endpoints as they come and go, for datagrams of the same sender too', async () => {
    const sender = [`${outside[0]}:4000`];
    await program(udp([ONE]), tcp([ONE]));
    expect(await names('udp', SERVICE, 90, sender)).toEqual(['0']);
    await program(udp([TWO]), tcp([TWO]));
    expect(await names('udp', SERVICE, 90, sender)).toEqual(['1']);
    expect(new Set(await names('tcp', SERVICE, 80))).toEqual(new Set(['1']));
  });

  it('keep a client at its endpoint for as long as was asked, and no longer', async () => {
    const affinity = { affinitySeconds: AFFINITY_SECONDS };
    await program(tcp([ONE, TWO], affinity));
    const first = await names('tcp', SERVICE, 80);
    expect([...new Set(first)].sort()).toEqual(['0', '1']);
    expect(await names('tcp', SERVICE, 80)).toEqual(first);
    // A third one that comes draws nobody away.
    await program(tcp([ONE, STRANGER, TWO], affinity));
    expect(await names('tcp', SERVICE, 80)).toEqual(first);
    await new Promise((resolve) => setTimeout(resolve, (AFFINITY_SECONDS + 1) * 1_000));
    expect(await names('tcp', SERVICE, 80)).not.toEqual(first);
    await program(tcp([TWO], affinity));
    expect(new Set(await names('tcp', SERVICE, 80))).toEqual(new Set(['1']));
  });

  it('are seen to be gone, come back anew, and leave nothing behind', async () => {
    await program(tcp([TWO], { affinitySeconds: 60 }), udp([]));
    expect(await kernel.stands()).toBe(true);
    await lan.in('machine', 'nft', ['flush', 'ruleset']);
    expect(await kernel.stands()).toBe(false);
    const pods = { come: [lan.address(ONE)], gone: [] };
    await kernel.apply({ isAnew: true, frontends: [{ old: undefined, fresh: tcp([TWO]) }], local: nothing, pods });
    expect(await kernel.stands()).toBe(true);
    expect(await askTcp(ONE)).toMatch(/^1 /);
    await kernel.remove();
    expect(await kernel.stands()).toBe(false);
    const left = await Promise.all([
      lan.in('machine', 'iptables-save', []),
      lan.in('machine', 'nft', ['list', 'tables']),
    ]);
    expect(left.join('')).not.toMatch(/PNST|pinsetter/);
  });

  if (by === 'iptables')
    it('are the same however they came there', async () => {
      const saved = async (): Promise<readonly string[]> =>
        (await lan.in('machine', 'iptables-save', []))
          .split('\n')
          .filter((line) => !line.startsWith('#'))
          .map((line) => line.replace(/\[\d+:\d+\]/, ''))
          .sort();
      await program(tcp([ONE]), udp([]), nodePort(tcp([ONE], { isExternal: true }), 30_080));
      await program(tcp([]), udp([ONE]), nodePort(tcp([ONE, TWO], { affinitySeconds: 9 }), 30_081));
      await program(tcp([TWO, ONE]), udp([TWO]));
      const changed = await saved();
      await kernel.apply({
        ...{ isAnew: true, frontends: [...held.values()].map((fresh) => ({ old: undefined, fresh })) },
        local: { come: [lan.address(ONE)], gone: [] },
        pods: { come: [lan.address(ONE), lan.address(TWO)], gone: [] },
      });
      expect(await saved()).toEqual(changed);
    });
});
