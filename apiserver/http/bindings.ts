import { badRequest } from '../../shared/status-error';
import type { Registry } from '../registry/registry';
import { requestOptions } from './request-options';
import type { VirtualHandler } from './virtual-kinds';

/** Binds the pod that a Binding names. Throws BadRequest where it names none. */
export const serveBindings =
  (registry: Registry): VirtualHandler =>
  async ({ namespace, query, user, body }) => {
    const binding = await body();
    const { dryRun } = requestOptions('POST', query);
    const { name = '', namespace: given = '' } = binding.metadata ?? {};
    if (name === '') throw badRequest('name is required');
    if (given !== '' && given !== namespace) {
      throw badRequest('the namespace of the provided object does not match the namespace sent on the request');
    }
    await registry.bind({ namespace, name }, binding, { user, ...(dryRun ? { dryRun } : {}) });
    return { kind: 'Status', apiVersion: 'v1', metadata: {}, status: 'Success', code: 201 };
  };
