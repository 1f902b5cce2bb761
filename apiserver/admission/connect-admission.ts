import type { ApiObject } from '../../shared/api/objects';
import type { User } from '../auth/user';
import type { Kind } from '../kinds/kind';
import type { Client } from '../registry/client';
import { flagOf } from '../streaming/query-options';
import type { Lookup } from './admission';
import type { OutsideAdmission } from './outside-admission';

/** A client that wants to be connected to what runs: exec, attach, portforward or proxy. */
export interface ConnectRequest {
  readonly kind: Kind;
  readonly subresource: string;
  readonly namespace: string | undefined;
  readonly name: string;
  readonly query: URLSearchParams;
  readonly user: User;
  /** Notes something in the request's entry of the audit log. */
  readonly annotate?: (key: string, text: string) => void;
}

/** Rejects with a StatusError where somebody outside refuses the connection. */
export type ConnectAdmission = (request: ConnectRequest) => Promise<void> | undefined;

/** Asks webhooks and policies about connections, which are nothing that is written: a CONNECT of the options that were asked for. */
export function createConnectAdmission(outside: OutsideAdmission, lookup: Lookup): ConnectAdmission {
  return ({ kind, subresource, namespace, name, query, user, annotate }) => {
    const options = optionsOf(kind, subresource, query);
    if (options === undefined) return undefined;
    const request = {
      kind,
      user,
      lookup,
      dryRun: false,
      // The answer is a stream, which has no place for warnings.
      warn: () => undefined,
      annotate: (key: string, text: string) => annotate?.(key, text),
    };
    const call = { request, operation: 'CONNECT', subresource, namespace, name, object: options } as const;
    const mutated = outside.mutate(call);
    if (mutated !== undefined) return mutated.then(() => outside.validate(call));
    return outside.validate(call);
  };
}

/** What a client's views show. */
export const lookupIn = (client: Pick<Client, 'view'>): Lookup => ({
  get: (kind, key) => client.view(kind).get(key),
  list: (kind, namespace) => client.view(kind).list(namespace === undefined ? {} : { namespace }),
});

/** The options in the words of core/v1 (`PodExecOptions` and so on); undefined where there is no connection to be made. */
function optionsOf(kind: Kind, subresource: string, query: URLSearchParams): ApiObject | undefined {
  const typed = (name: string, fields: object): ApiObject => ({
    apiVersion: 'v1',
    kind: `${kind.kind}${name}`,
    ...fields,
  });
  switch (subresource) {
    case 'exec':
    case 'attach': {
      const container = query.get('container');
      const streams = ['stdin', 'stdout', 'stderr', 'tty'].filter((stream) => flagOf(query, stream));
      return typed(subresource === 'exec' ? 'ExecOptions' : 'AttachOptions', {
        ...Object.fromEntries(streams.map((stream) => [stream, true])),
        ...(container === null ? {} : { container }),
        ...(subresource === 'exec' ? { command: query.getAll('command') } : {}),
      });
    }
    case 'portforward': {
      const ports = query.getAll('ports').map(Number);
      return typed('PortForwardOptions', ports.length === 0 ? {} : { ports });
    }
    case 'proxy':
      return typed('ProxyOptions', { path: query.get('path') ?? '' });
    default:
      return undefined;
  }
}
