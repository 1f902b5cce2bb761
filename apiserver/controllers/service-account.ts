import { ignoreAlreadyExists } from '../../shared/status-error';
import type { Client, ObjectKey } from '../registry/client';
import type { Controller, Result } from './controller';
import { done, watching } from './controller';

/** Keeps a ServiceAccount named `default` in every namespace, which pods use that name none. */
export class ServiceAccountController implements Controller {
  readonly name = 'service-account';
  readonly watches = [
    watching('Namespace', ({ object }) => [{ name: object.metadata.name }]),
    watching('ServiceAccount', ({ type, object }) => (type === 'DELETED' ? [{ name: object.metadata.namespace }] : [])),
  ];

  constructor(private readonly client: Client) {}

  async reconcile({ name: namespace }: ObjectKey): Promise<Result> {
    const owner = this.client.view('Namespace').get({ name: namespace });
    if (owner === undefined || owner.metadata.deletionTimestamp !== undefined) return done;
    if (this.client.view('ServiceAccount').get({ namespace, name: 'default' }) !== undefined) return done;
    await this.client.create('ServiceAccount', { metadata: { namespace, name: 'default' } }).catch(ignoreAlreadyExists);
    return done;
  }
}
