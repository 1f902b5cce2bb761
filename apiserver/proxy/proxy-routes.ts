import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Duplex } from 'node:stream';
import type { Pod } from '../../shared/api/objects';
import { StatusError, badRequest, notFound } from '../../shared/status-error';
import type { RequestPath } from '../http/request-path';
import type { Client } from '../registry/client';
import type { Dialer } from './dialer';
import type { Forward } from './forward-request';
import { forwardRequest, forwardUpgrade } from './forward-request';
import type { NodePages } from './node-pages';

export interface ProxyDeps {
  readonly client: Pick<Client, 'view'>;
  readonly dialer: Dialer;
  readonly nodePages: NodePages;
}

const DEFAULT_HTTP_PORT = 80;

/** `pods|services|nodes/[SCHEME:]NAME[:PORT]/proxy/PATH`: HTTP to what runs in the cluster, by the API's own address. */
export class ProxyRoutes {
  constructor(private readonly deps: ProxyDeps) {}

  serves({ group, plural = '', subresource }: RequestPath): boolean {
    return subresource === 'proxy' && group === '' && ['pods', 'services', 'nodes'].includes(plural);
  }

  async handle(path: RequestPath, request: IncomingMessage, response: ServerResponse): Promise<void> {
    const { prefix, rest } = splitAtProxy(request.url ?? '');
    if (path.plural === 'nodes') {
      const page = { target: path.name ?? '', rest, method: request.method ?? 'GET' };
      return this.deps.nodePages.send(page, response);
    }
    if (!rest.startsWith('/')) {
      // Links in a page are relative to a folder.
      response.writeHead(301, { Location: `${prefix}/${rest}` }).end();
      return;
    }
    await forwardRequest(request, response, await this.dial(path, prefix, rest));
  }

  async upgrade(path: RequestPath, request: IncomingMessage, socket: Duplex, head: Buffer): Promise<void> {
    const { prefix, rest } = splitAtProxy(request.url ?? '');
    if (path.plural === 'nodes') throw badRequest('nodes serve no upgraded connections here');
    await forwardUpgrade(
      request,
      socket,
      head,
      await this.dial(path, prefix, rest.startsWith('/') ? rest : `/${rest}`),
    );
  }

  private async dial(
    { namespace = '', plural, name: text = '' }: RequestPath,
    prefix: string,
    path: string,
  ): Promise<Forward> {
    const { isTls, name, port } = parseTarget(text);
    const host = port === '' ? name : `${name}:${port}`;
    if (plural === 'services') {
      const connection = await this.deps.dialer.service({ namespace, name }, port);
      return { connection, isTls, host: `${name}.${namespace}.svc`, path, prefix };
    }
    const pod = this.deps.client.view('Pod').get({ namespace, name });
    if (pod === undefined) throw notFound({ group: '', resource: 'pods' }, name);
    const connection = await this.deps.dialer.pod(pod, podPort(pod, port));
    return { connection, isTls, host, path, prefix };
  }
}

function splitAtProxy(url: string): { readonly prefix: string; readonly rest: string } {
  const [, prefix = '', rest = ''] =
    /^(\/api\/v1\/(?:namespaces\/[^/?]+\/)?[^/?]+\/[^/?]+\/proxy)(.*)$/s.exec(url) ?? [];
  return { prefix, rest };
}

/** `NAME`, `NAME:PORT`, `SCHEME:NAME:PORT`. Throws BadRequest for anything else. */
export function parseTarget(text: string): { readonly isTls: boolean; readonly name: string; readonly port: string } {
  const parts = text.split(':');
  const [scheme, name, port] =
    parts.length === 1 ? ['http', parts[0], ''] : parts.length === 2 ? ['http', parts[0], parts[1]] : parts;
  if (
    parts.length > 3 ||
    name === undefined ||
    name === '' ||
    port === undefined ||
    !['http', 'https', ''].includes(scheme ?? '')
  ) {
    throw badRequest(`invalid proxy target ${JSON.stringify(text)}: must be NAME, NAME:PORT or http|https:NAME:PORT`);
  }
  return { isTls: scheme === 'https', name, port };
}

function podPort({ metadata, spec }: Pod, wanted: string): number {
  const ports = spec.containers.flatMap((container) => container.ports ?? []);
  if (wanted === '') return ports[0]?.containerPort ?? DEFAULT_HTTP_PORT;
  const number = /^\d{1,5}$/.test(wanted) ? Number(wanted) : ports.find(({ name }) => name === wanted)?.containerPort;
  if (number !== undefined && number > 0 && number < 65_536) return number;
  throw new StatusError(
    'ServiceUnavailable',
    `no port ${JSON.stringify(wanted)} found for pod ${JSON.stringify(metadata.name)}`,
  );
}
