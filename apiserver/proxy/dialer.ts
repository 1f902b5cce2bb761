import net from 'node:net';
import { Duplex } from 'node:stream';
import type { EndpointSlice, Pod, Service } from '../../shared/api/objects';
import type { Random } from '../../shared/random';
import { StatusError, notFound } from '../../shared/status-error';
import type { NodeConnector } from '../node-channel/node-connector';
import type { Client } from '../registry/client';
import { nodeOf } from '../streaming/container-choice';

/** A connection into the cluster. Ends and breaks as a socket does. */
export type Dialled = Duplex;

export interface Dialer {
  /** Over the channel of the pod's node, so that no network need lead there. Throws ServiceUnavailable. */
  pod(pod: Pod, port: number): Promise<Dialled>;
  /** To one of the endpoints that are ready. Throws NotFound, ServiceUnavailable where there is none. */
  service(key: { readonly namespace: string; readonly name: string }, port?: string): Promise<Dialled>;
}

const CONNECT_TIMEOUT_MS = 5_000;
const SERVICE_NAME = 'kubernetes.io/service-name';

/** Connections from the server to pods and services, wherever they are. */
export function createDialer(deps: {
  readonly client: Pick<Client, 'view'>;
  readonly connector: NodeConnector;
  readonly random: Random;
}): Dialer {
  const { client, connector, random } = deps;

  const pod = async (target: Pod, port: number): Promise<Dialled> => {
    const request = { type: 'portForward', podUid: target.metadata.uid, port } as const;
    const stream = await connector.openStream(nodeOf(target), request);
    stream.stderr.resume();
    const connection = Duplex.from({ readable: stream.stdout, writable: stream.stdin });
    connection.once('close', () => stream.close());
    void stream.result.then(({ status, message = 'the connection broke' }) => {
      if (status !== 'Success') connection.destroy(unreachable(message));
    });
    return connection;
  };

  const service = async (
    key: { readonly namespace: string; readonly name: string },
    wanted?: string,
  ): Promise<Dialled> => {
    const found = client.view('Service').get(key);
    if (found === undefined) throw notFound({ group: '', resource: 'services' }, key.name);
    const portName = portNameOf(found, wanted);
    const slices = client.view('EndpointSlice').list({
      namespace: key.namespace,
      where: ({ metadata }) => metadata.labels?.[SERVICE_NAME] === key.name,
    });
    const backends = slices.flatMap((slice) => backendsOf(slice, portName));
    const backend = backends[Math.floor(random.next() * backends.length)];
    if (backend === undefined) {
      throw new StatusError('ServiceUnavailable', `no endpoints available for service ${JSON.stringify(key.name)}`);
    }
    const { podName, address, port } = backend;
    const target = podName === undefined ? undefined : client.view('Pod').get({ ...key, name: podName });
    return target === undefined ? connectTo(address, port) : pod(target, port);
  };

  return { pod, service };
}

/** Throws ServiceUnavailable where the service has no such port, or several and none was named. */
function portNameOf({ metadata, spec }: Service, wanted: string | undefined): string {
  const ports = spec?.ports ?? [];
  const port =
    wanted === undefined || wanted === ''
      ? ports.length === 1
        ? ports[0]
        : undefined
      : ports.find(({ name, port: number }) => name === wanted || String(number) === wanted);
  if (port !== undefined) return port.name ?? '';
  throw new StatusError(
    'ServiceUnavailable',
    `no service port ${JSON.stringify(wanted ?? '')} found for service ${JSON.stringify(metadata.name)}`,
  );
}

interface Backend {
  readonly podName: string | undefined;
  readonly address: string;
  readonly port: number;
}

function backendsOf({ endpoints, ports }: EndpointSlice, portName: string): readonly Backend[] {
  const port = (ports ?? []).find(({ name = '' }) => name === portName)?.port;
  if (port === undefined) return [];
  return endpoints
    .filter(({ conditions }) => conditions?.ready !== false)
    .flatMap(({ addresses, targetRef }) =>
      addresses.map((address) => ({
        podName: targetRef?.kind === 'Pod' ? targetRef.name : undefined,
        address,
        port,
      })),
    );
}

function connectTo(host: string, port: number): Promise<Dialled> {
  return new Promise((resolve, reject) => {
    const socket = net.connect({ host, port, timeout: CONNECT_TIMEOUT_MS, autoSelectFamily: false });
    const fail = (why: string): void => {
      socket.destroy();
      reject(unreachable(`dial tcp ${host}:${port}: ${why}`));
    };
    socket.once('error', (error) => fail(error.message));
    socket.once('timeout', () => fail('i/o timeout'));
    socket.once('connect', () => {
      socket.setTimeout(0);
      socket.removeAllListeners('error').removeAllListeners('timeout');
      resolve(socket);
    });
  });
}

export const unreachable = (why: string): StatusError =>
  new StatusError('ServiceUnavailable', `error trying to reach service: ${why}`);
