import { Lan } from '../kubelet/network/testing/lan';
import { dist } from './harness/programs';

jest.setTimeout(120_000);

/** Frames between two pods of one bridge, in namespaces of their own, on a kernel that does not ask its rules about them. */
describe('the rules of a machine, between pods of one bridge', () => {
  let lan: Lan;

  beforeEach(async () => {
    lan = await Lan.create(2);
    await lan.in('machine', 'sysctl', ['-qw', 'net.bridge.bridge-nf-call-iptables=0']);
    const rules = [
      'add table ip t',
      'add chain ip t f { type filter hook forward priority 0; }',
      `add rule ip t f ip saddr ${lan.address(1)} ct direction original drop`,
    ];
    await lan.in('machine', 'nft', ['-f', '-'], `${rules.join('\n')}\n`);
    // Not asked: it passes.
    expect(await lan.answers(1, lan.address(0), 80)).toBe(true);
  });
  afterEach(() => lan.remove());

  // Files of /sys show the namespace of the program that opened them, so it takes one that runs inside.
  const inside = (call: string): Promise<string> => {
    const file = dist('kubelet', 'network', 'bridged-traffic.js');
    const script = `require(process.argv[1]).${call}('br0').then((done) => console.log(done))`;
    return lan.in('machine', process.execPath, ['-e', script, file]);
  };
  const expectKept = async (): Promise<void> => {
    expect(await lan.answers(1, lan.address(0), 80)).toBe(false);
    expect(await lan.answers(0, lan.address(1), 80)).toBe(true);
  };

  it('hold by br_netfilter, switched on for that bridge alone', async () => {
    expect((await inside('filterBridgedTraffic')).trim()).toBe('filtered');
    await expectKept();
    expect((await lan.in('machine', 'sysctl', ['-n', 'net.bridge.bridge-nf-call-iptables'])).trim()).toBe('0');
  });

  it('hold where the bridge keeps its ports apart and the machine answers for them', async () => {
    await inside('routeBridgedTraffic');
    // What a pod has learned of its neighbours before is no longer so.
    for (const pod of [0, 1]) await lan.in(pod, 'ip', ['neigh', 'flush', 'all']);
    await expectKept();
  });
});
