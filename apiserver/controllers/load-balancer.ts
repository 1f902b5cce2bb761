import { ignoreNotFound } from '../../shared/status-error';
import { isSameJson } from '../../shared/same-json';
import type { Client, ObjectKey } from '../registry/client';
import { keyOf } from '../registry/client';
import { balancingAddress } from './balancing-address';
import type { Controller, Result } from './controller';
import { done, watching } from './controller';

/** Gives Services of type LoadBalancer the nodes' own addresses, at which every node serves them: there is no other balancer. */
export class LoadBalancerController implements Controller {
  readonly name = 'load-balancer';
  readonly watches = [
    watching('Service', ({ object }) => [keyOf(object)]),
    watching('Node', ({ object, previous }) =>
      previous !== undefined && isSameJson(balancingAddress(object), balancingAddress(previous))
        ? []
        : this.balanced().map(keyOf),
    ),
  ];

  constructor(private readonly client: Client) {}

  async reconcile(key: ObjectKey): Promise<Result> {
    const service = this.client.view('Service').get(key);
    if (service === undefined) return done;
    const isOurs = service.spec?.type === 'LoadBalancer' && service.spec.loadBalancerClass === undefined;
    const had = service.status?.loadBalancer?.ingress ?? [];
    const ingress = isOurs ? this.addresses().map((ip) => ({ ip, ipMode: 'VIP' })) : [];
    // What another balancer gave it is that one's.
    if ((!isOurs && service.spec?.type === 'LoadBalancer') || isSameJson(had, ingress)) return done;
    await this.client
      .modify(
        'Service',
        key,
        (current) => ({
          ...current,
          status: { ...current.status, loadBalancer: ingress.length === 0 ? {} : { ingress } },
        }),
        { subresource: 'status' },
      )
      .catch(ignoreNotFound);
    return done;
  }

  private balanced() {
    return this.client.view('Service').list({ where: ({ spec }) => spec?.type === 'LoadBalancer' });
  }

  private addresses(): readonly string[] {
    const found = this.client
      .view('Node')
      .list()
      .flatMap((node) => balancingAddress(node) ?? []);
    return [...new Set(found)].sort();
  }
}
