import type { Ingress, Node } from '../../../shared/api/objects';
import { isSameJson } from '../../../shared/same-json';
import { ignoreNotFound } from '../../../shared/status-error';
import type { EventRecorder } from '../../events/event-recorder';
import { lookupOf } from '../../ingress/backend';
import { certificateOf } from '../../ingress/certificate';
import { isServed } from '../../ingress/ingress-class';
import { ingressFactsOf } from '../../ingress/ingress-facts';
import type { IngressProblem } from '../../ingress/problem';
import type { Client, ObjectKey } from '../../registry/client';
import { keyOf, keyString } from '../../registry/client';
import { balancingAddress } from '../balancing-address';
import type { Controller, Result } from '../controller';
import { done, watching } from '../controller';
import { SpokenProblems } from './spoken-problems';

const SOURCE = { component: 'ingress-controller' };
/** What agents say of their proxy. */
const SERVES = 'IngressReady';

/** Says where the Ingresses that the nodes serve are reached, and by Events what keeps them from being served as they ask. */
export class IngressController implements Controller {
  readonly name = 'ingress';
  readonly watches = [
    watching('Ingress', ({ object }) => [keyOf(object)]),
    watching('Service', ({ object }) => this.ofNamespace(object.metadata.namespace)),
    watching('Secret', ({ object }) => this.ofNamespace(object.metadata.namespace)),
    watching('IngressClass', () => this.all().map(keyOf)),
    watching('Node', ({ object, previous }) =>
      previous !== undefined && servingAddress(object) === servingAddress(previous) ? [] : this.all().map(keyOf),
    ),
  ];
  private readonly spoken: SpokenProblems;
  /** Of each Ingress, what of it was seen last: the nodes are told of every change. */
  private readonly synced = new Map<string, string>();

  constructor(private readonly deps: { readonly client: Client; readonly events: EventRecorder }) {
    this.spoken = new SpokenProblems(deps.events, SOURCE);
  }

  async reconcile(key: ObjectKey): Promise<Result> {
    const { client } = this.deps;
    const ingress = client.view('Ingress').get(key);
    const isOurs = ingress !== undefined && isServed(ingress, client.view('IngressClass').list());
    // What is another controller's has its status from there.
    if (!isOurs) {
      this.synced.delete(keyString(key));
      this.spoken.forget(key);
      return done;
    }
    this.tell(ingress);
    const addresses = this.addresses();
    const wanted = addresses.length === 0 ? {} : { ingress: addresses.map((ip) => ({ ip })) };
    if (isSameJson(ingress.status?.loadBalancer ?? {}, wanted)) return done;
    await client
      .modify('Ingress', key, (current) => ({ ...current, status: { ...current.status, loadBalancer: wanted } }), {
        subresource: 'status',
      })
      .catch(ignoreNotFound);
    return done;
  }

  private tell(ingress: Ingress): void {
    const key = keyOf(ingress);
    const { uid, generation, annotations } = ingress.metadata;
    const seen = JSON.stringify([uid, generation, annotations]);
    if (this.synced.get(keyString(key)) !== seen) {
      this.synced.set(keyString(key), seen);
      this.deps.events.record(ingress, { type: 'Normal', reason: 'Sync', message: 'Scheduled for sync' }, SOURCE);
    }
    this.spoken.say(ingress, this.problemsOf(ingress));
  }

  private problemsOf(ingress: Ingress): readonly IngressProblem[] {
    const { client } = this.deps;
    const { problems, secrets } = ingressFactsOf(ingress, lookupOf(client));
    return [
      ...problems,
      ...secrets.flatMap((secret): readonly IngressProblem[] => {
        const [namespace = '', name = ''] = secret.split('/');
        const { problem } = certificateOf(secret, client.view('Secret').get({ namespace, name }));
        const message = `${problem ?? ''}: the default certificate is shown`;
        return problem === undefined ? [] : [{ reason: 'InvalidCertificate', message }];
      }),
    ];
  }

  private all(): readonly Ingress[] {
    return this.deps.client.view('Ingress').list();
  }

  private ofNamespace(namespace: string): readonly ObjectKey[] {
    return this.deps.client.view('Ingress').list({ namespace }).map(keyOf);
  }

  private addresses(): readonly string[] {
    const nodes = this.deps.client.view('Node').list();
    return [...new Set(nodes.flatMap((node) => servingAddress(node) ?? []))].sort();
  }
}

/** Undefined: the node serves no Ingresses, or is lost. */
function servingAddress(node: Node): string | undefined {
  const isTrue = (wanted: string): boolean =>
    (node.status?.conditions ?? []).some(({ type, status }) => type === wanted && status === 'True');
  return isTrue('Ready') && isTrue(SERVES) ? balancingAddress(node) : undefined;
}
