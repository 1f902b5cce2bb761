import { silentLogger } from '../../../shared/logger';
import { FakeClock } from '../../../shared/testing/fake-clock';
import type { NodePolicy, PolicyChange } from '../../../shared/wire/network-policy';
import { PolicyEnforcer } from './policy-enforcer';
import type { PolicyKernel } from './policy-kernel';
import type { PolicyMemory } from './policy-memory';
import type { Ruleset } from './ruleset';

/** Holds what it was given, and fails when it is told to. */
class FakeKernel implements PolicyKernel {
  held: Ruleset | undefined;
  failures = 0;
  readonly calls: string[] = [];

  replace(ruleset: Ruleset): Promise<void> {
    return this.take('replace', ruleset);
  }

  change(_old: Ruleset, fresh: Ruleset): Promise<void> {
    return this.take('change', fresh);
  }

  remove(): Promise<void> {
    this.held = undefined;
    return Promise.resolve();
  }

  private take(call: string, ruleset: Ruleset): Promise<void> {
    this.calls.push(call);
    if (this.failures-- > 0) return Promise.reject(new Error('no'));
    this.held = ruleset;
    return Promise.resolve();
  }
}

class FakeMemory implements PolicyMemory {
  kept: PolicyChange | undefined;
  load(): Promise<PolicyChange | undefined> {
    return Promise.resolve(this.kept);
  }
  save(snapshot: PolicyChange): Promise<void> {
    this.kept = snapshot;
    return Promise.resolve();
  }
}

const closed: NodePolicy = { namespace: 'default', name: 'p', pods: [{ uid: 'u', ports: [] }], ingress: [] };
const told = (...policies: readonly NodePolicy[]): PolicyChange => ({
  kind: 'snapshot',
  policies,
  removedPolicies: [],
  groups: [],
  removedGroups: [],
});

describe('the enforcer of policies', () => {
  let clock: FakeClock;
  let kernel: FakeKernel;
  let memory: FakeMemory;
  let enforcer: PolicyEnforcer;
  const create = (): PolicyEnforcer => new PolicyEnforcer({ kernel, memory, clock, logger: silentLogger });
  const isClosed = (): boolean => kernel.held?.ingress.has('10.0.0.1') === true;

  beforeEach(() => {
    clock = new FakeClock();
    kernel = new FakeKernel();
    memory = new FakeMemory();
    enforcer = create();
  });
  afterEach(() => enforcer.stop());

  it('leaves what an earlier agent wrote until it knows both the policies and the pods', async () => {
    void enforcer.apply(told(closed));
    await clock.advance(5_000);
    expect(kernel.calls).toEqual([]);
    enforcer.adopt([{ uid: 'u', addresses: ['10.0.0.1'] }]);
    await clock.advance(0);
    expect(isClosed()).toBe(true);
  });

  it('lets a pod start when the kernel keeps it to its policies, not before', async () => {
    enforcer.adopt([]);
    let isAttached = false;
    const attached = enforcer.attach('u', ['10.0.0.1']).then(() => (isAttached = true));
    await clock.advance(60_000);
    expect(isAttached).toBe(false);
    void enforcer.apply(told(closed));
    await attached;
    expect(isClosed()).toBe(true);
  });

  it('writes all anew after a failure, and pods wait for that', async () => {
    enforcer.adopt([]);
    await enforcer.apply(told(closed));
    kernel.failures = 2;
    let isAttached = false;
    const attached = enforcer.attach('u', ['10.0.0.1']).then(() => (isAttached = true));
    await clock.advance(500);
    expect(isAttached).toBe(false);
    await clock.advance(5_000);
    await attached;
    expect(kernel.calls).toEqual(['replace', 'change', 'replace', 'replace']);
    expect(isClosed()).toBe(true);
  });

  it('writes all anew now and then, as others may have changed it', async () => {
    enforcer.adopt([{ uid: 'u', addresses: ['10.0.0.1'] }]);
    await enforcer.apply(told(closed));
    kernel.held = undefined;
    await clock.advance(10 * 60_000);
    expect(isClosed()).toBe(true);
  });

  it('keeps pods closed on a machine that starts without its server', async () => {
    enforcer.adopt([]);
    await enforcer.apply(told(closed));
    await enforcer.stop();
    kernel.held = undefined;
    enforcer = create();
    await enforcer.start();
    enforcer.adopt([]);
    await enforcer.attach('u', ['10.0.0.1']);
    expect(isClosed()).toBe(true);
  });

  it('opens a pod of an address whose former owner is not gone yet', async () => {
    enforcer.adopt([{ uid: 'u', addresses: ['10.0.0.1'] }]);
    await enforcer.apply(told(closed));
    await enforcer.attach('other', ['10.0.0.1']);
    expect(isClosed()).toBe(false);
    enforcer.detach('u');
    await clock.advance(0);
    expect(isClosed()).toBe(false);
  });
});
