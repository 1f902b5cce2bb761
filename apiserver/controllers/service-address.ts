import type { IPAddress, Service } from '../../shared/api/objects';
import { isSameJson } from '../../shared/same-json';
import { ignoreAlreadyExists, ignoreNotFound } from '../../shared/status-error';
import type { Client, ObjectKey } from '../registry/client';
import { keyOf } from '../registry/client';
import type { Controller, Result } from './controller';
import { done, watching } from './controller';

const MANAGED_BY = 'ipaddress.kubernetes.io/managed-by';
const US = 'ipallocator.k8s.io';
const LOOK_AGAIN_MS = 1_000;

/**
 * Keeps an IPAddress for each address that a Service holds. Its keys are both: Services have a namespace, addresses none.
 * That no two Services hold the same one is not its doing but admission's; an address that somebody else made stays.
 */
export class ServiceAddressController implements Controller {
  readonly name = 'service-address';
  readonly watches = [
    watching('Service', ({ object, previous }) => [
      keyOf(object),
      // Of those that it holds no more.
      ...(previous === undefined ? [] : held(previous)).map((name) => ({ name })),
      ...held(object).map((name) => ({ name })),
    ]),
    watching('IPAddress', ({ object }) => (isOurs(object) ? [{ name: object.metadata.name }, holderOf(object)] : [])),
  ];

  constructor(private readonly client: Client) {}

  async reconcile(key: ObjectKey): Promise<Result> {
    return key.namespace === undefined ? this.letGo(key) : this.hold(key);
  }

  private async hold(key: ObjectKey): Promise<Result> {
    const service = this.client.view('Service').get(key);
    let isOfAnother = false;
    for (const name of service === undefined ? [] : held(service)) {
      const address = this.client.view('IPAddress').get({ name });
      if (address === undefined) {
        await this.client.create('IPAddress', addressFor(key, name)).catch(ignoreAlreadyExists);
      } else isOfAnother ||= isOurs(address) && !isSameJson(holderOf(address), key);
    }
    // Whoever held it before lets it go at this moment.
    return isOfAnother ? { requeueAfterMs: LOOK_AGAIN_MS } : done;
  }

  private async letGo({ name }: ObjectKey): Promise<Result> {
    const address = this.client.view('IPAddress').get({ name });
    if (address === undefined || !isOurs(address)) return done;
    const holder = this.client.view('Service').get(holderOf(address));
    if (holder !== undefined && held(holder).includes(name)) return done;
    await this.client.delete('IPAddress', { name }).catch(ignoreNotFound);
    return done;
  }
}

const held = ({ spec }: Service): readonly string[] =>
  (spec?.clusterIPs ?? []).filter((address) => address !== 'None' && address !== '');

const isOurs = ({ metadata }: IPAddress): boolean => metadata.labels?.[MANAGED_BY] === US;

const holderOf = ({ spec: { parentRef } }: IPAddress): ObjectKey => ({
  namespace: parentRef.namespace ?? '',
  name: parentRef.name,
});

const addressFor = ({ namespace, name }: ObjectKey, address: string) => ({
  metadata: {
    name: address,
    labels: {
      'ipaddress.kubernetes.io/ip-family': address.includes(':') ? 'IPv6' : 'IPv4',
      [MANAGED_BY]: US,
    },
  },
  spec: { parentRef: { group: '', resource: 'services', namespace, name } },
});
