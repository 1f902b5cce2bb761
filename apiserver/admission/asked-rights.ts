import type { Authorizer } from '../auth/authorizer';
import { CelAuthorizer } from '../cel/libraries/authorizer';
import type { OutsideCall } from './outside-admission';

/** What expressions ask about the rights of who makes the request, `authorizer`; `requestResource` is what the request is about. */
export function authorizerOf(call: OutsideCall, authorizer: Authorizer): CelAuthorizer {
  const { request, namespace, name } = call;
  const { kind, user } = request;
  const subresource = call.subresource ?? request.subresource;
  return new CelAuthorizer(authorizer, user, {
    group: kind.group,
    resource: kind.plural,
    ...(subresource === undefined ? {} : { subresource }),
    ...(namespace === undefined ? {} : { namespace }),
    ...(name === '' ? {} : { name }),
  });
}
