import { silentLogger } from '../../../shared/logger';
import { FakeClock } from '../../../shared/testing/fake-clock';
import type { NetworkChange, NetworkService } from '../../../shared/wire/network';
import { NetworkState } from '../network-state';
import { frontendKey } from './frontend';
import type { Kernel, KernelChange } from './kernel';
import { ServiceProxy } from './service-proxy';

/** Holds what it is told, as the kernel does; forgets on `clear`, and refuses what comes next after `failNext`. */
class FakeKernel implements Kernel {
  served = new Map<string, readonly string[]>();
  readonly changes: KernelChange[] = [];
  private isThere = false;
  private refusal: Error | undefined;

  failNext(error: Error): void {
    this.refusal = error;
  }

  clear(): void {
    this.served = new Map();
    this.isThere = false;
  }

  apply(change: KernelChange): Promise<void> {
    const { refusal } = this;
    this.refusal = undefined;
    if (refusal !== undefined) return Promise.reject(refusal);
    this.changes.push(change);
    if (change.isAnew) this.served = new Map();
    this.isThere = true;
    for (const { old, fresh } of change.frontends) {
      if (old !== undefined) this.served.delete(frontendKey(old));
      if (fresh !== undefined)
        this.served.set(
          frontendKey(fresh),
          fresh.targets.map(({ address }) => address),
        );
    }
    return Promise.resolve();
  }

  stands(): Promise<boolean> {
    return Promise.resolve(this.isThere);
  }

  remove(): Promise<void> {
    this.clear();
    return Promise.resolve();
  }
}

const service = (name: string, clusterIp: string): NetworkService => ({
  namespace: 'default',
  name,
  clusterIp,
  externalIps: [],
  ports: [{ name: '', port: 80, protocol: 'TCP' }],
  internalLocal: false,
  externalLocal: false,
  publishNotReady: false,
});
const change = (
  kind: NetworkChange['kind'],
  ...services: readonly (readonly [name: string, ip: string, pod: string])[]
): NetworkChange => ({
  kind,
  revision: 1,
  services: services.map(([name, ip]) => service(name, ip)),
  slices: services.map(([name, , pod]) => ({
    ...{ namespace: 'default', name: `${name}-1`, service: name },
    ports: [{ name: '', port: 8080, protocol: 'TCP' as const }],
    endpoints: [{ address: pod, ready: true, serving: true, terminating: false }],
  })),
  removedServices: [],
  removedSlices: [],
});
const WEB = ['web', '10.96.0.1', '10.244.0.2'] as const;
const DATA = ['data', '10.96.0.2', '10.244.0.3'] as const;

const started = () => {
  const clock = new FakeClock();
  const kernel = new FakeKernel();
  const state = new NetworkState();
  const proxy = new ServiceProxy({
    state,
    node: { nodeName: 'n1', ownTargets: new Map() },
    kernel,
    clock,
    logger: silentLogger,
  });
  return { clock, kernel, proxy, tell: (told: NetworkChange) => proxy.update(state.apply(told)) };
};

it('writes everything at first, in the place of whatever was there, with one stroke', async () => {
  const { kernel, tell } = started();
  await tell(change('snapshot', WEB, DATA));
  expect(kernel.changes.map(({ isAnew }) => isAnew)).toEqual([true]);
  expect([...kernel.served.values()]).toEqual([['10.244.0.2'], ['10.244.0.3']]);
});

it('changes only what is different when everything is told again after a reconnect', async () => {
  const { kernel, tell } = started();
  await tell(change('snapshot', WEB, DATA));
  await tell(change('snapshot', ['web', '10.96.0.1', '10.244.0.9']));
  expect(kernel.changes.map(({ isAnew }) => isAnew)).toEqual([true, false]);
  expect([...kernel.served.values()]).toEqual([['10.244.0.9']]);
});

it('writes everything anew when somebody has cleared the tables', async () => {
  const { clock, kernel, tell } = started();
  await tell(change('snapshot', WEB));
  await clock.advance(120_000);
  expect(kernel.changes).toHaveLength(1);
  kernel.clear();
  await clock.advance(60_000);
  expect(kernel.changes.at(-1)?.isAnew).toBe(true);
  expect([...kernel.served.values()]).toEqual([['10.244.0.2']]);
});

it('writes everything anew after a refusal, and only then says that it is served', async () => {
  const { clock, kernel, tell } = started();
  await tell(change('snapshot', WEB));
  kernel.failNext(new Error('no memory'));
  let isServed = false;
  const served = tell(change('change', DATA)).then(() => (isServed = true));
  await clock.advance(4_000);
  expect(isServed).toBe(false);
  await clock.advance(1_000);
  await served;
  expect(kernel.changes.map(({ isAnew }) => isAnew)).toEqual([true, true]);
  expect([...kernel.served.values()]).toEqual([['10.244.0.2'], ['10.244.0.3']]);
});
