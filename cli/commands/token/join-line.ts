import { X509Certificate, createHash } from 'node:crypto';
import { StatusError } from '../../../shared/status-error';
import type { ConfigMap, EndpointSlice } from '../../../shared/api/objects';
import { JOIN_TOKEN_NAMESPACE } from '../../../shared/wire/bootstrap-secret';
import type { BootstrapToken } from '../../../shared/wire/bootstrap-secret';
import { formatJoinToken } from '../../../shared/wire/join-token';
import { UsageError } from '../../client/resources';
import type { Context } from '../command';

/** The token with the pin by which an agent knows the right server. */
export async function joinTokenOf(context: Context, token: BootstrapToken): Promise<string> {
  const path = `/api/v1/namespaces/${JOIN_TOKEN_NAMESPACE}/configmaps/kube-root-ca.crt`;
  const { value } = await context.client().json<ConfigMap>({ path });
  const pem = value.data?.['ca.crt'];
  if (pem === undefined) throw new UsageError('the cluster does not say what its authority is: is it Pinsetter?');
  const caHash = createHash('sha256').update(new X509Certificate(pem).raw).digest('hex');
  return formatJoinToken({ caHash, ...token });
}

/** Where agents reach the servers: as this program does, unless that leads to this machine only, then as they say. */
export async function serverUrls(context: Context): Promise<readonly string[]> {
  const { server } = context.client().connection;
  const url = new URL(server);
  const told = await context
    .client()
    .json<EndpointSlice>({ path: '/apis/discovery.k8s.io/v1/namespaces/default/endpointslices/kubernetes' })
    .then(
      ({ value }) => {
        const port = value.ports?.[0]?.port ?? 6443;
        return value.endpoints.flatMap(({ addresses }) => addresses.map((address) => `https://${address}:${port}`));
      },
      (error: unknown) => {
        // A server that listens on loopback alone has no such object.
        if (error instanceof StatusError && error.reason === 'NotFound') return [];
        throw error;
      },
    );
  return [...new Set([...(isLoopback(url.hostname) ? [] : [url.origin]), ...told])];
}

export const isLoopback = (host: string): boolean =>
  host === 'localhost' || host.startsWith('127.') || host === '[::1]' || host === '::1';
