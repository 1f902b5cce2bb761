import { once } from 'node:events';
import type { Server, Socket } from 'node:net';
import { createServer } from 'node:net';
import type { ApiClient } from '../client/api-client';
import type { Pod, Service } from '../../shared/api/objects';
import { KNOWN } from '../client/known-types';
import { UsageError, pathOf } from '../client/resources';
import { errorCodeOf } from '../../shared/error-code';
import { podOf } from '../chosen-pod';
import { parseTargets } from '../targets';
import type { Command, Context, Flags } from './command';
import { list, text, words } from './command';

const DATA = 0;
const PROTOCOL = 'v4.channel.k8s.io';
/** Each channel begins with its port in two bytes, little endian. */
const PORT_BYTES = 2;

interface Mapping {
  /** 0: any that is free; undefined: the remote one. */
  readonly local: number | undefined;
  /** A number, or a port's name. */
  readonly remote: number | string;
}

export const portForward: Command = {
  name: 'port-forward',
  usage: 'port-forward <pod> <ports..>',
  describe: 'reach ports of a pod from here: of POD, TYPE/NAME or svc/NAME',
  build: (yargs) =>
    yargs
      .option('address', { type: 'string', array: true, default: ['localhost'], describe: 'where to listen' })
      .option('pod-running-timeout', { type: 'string', default: '1m0s', hidden: true }),
  run,
};

async function run(context: Context, flags: Flags): Promise<number | void> {
  const mappings = words(flags, 'ports').map(parseMapping);
  // A pod that is not there is said now, not at the first connection.
  const { pod, portOf } = await destinationOf(context, text(flags, 'pod') ?? '');
  const path = pathOf(KNOWN.pod, context.namespace, pod.metadata.name, 'portforward');
  const addresses = list(flags, 'address').flatMap((address) => (address === 'localhost' ? LOCALHOST : [address]));
  const servers: Server[] = [];
  for (const mapping of mappings) {
    const target = portOf(mapping.remote);
    let local = mapping.local ?? (typeof mapping.remote === 'number' ? mapping.remote : target);
    for (const [index, address] of addresses.entries()) {
      const server = createServer({ allowHalfOpen: true }, (socket) => {
        context.out(`Handling connection for ${local}\n`);
        carry(context.client(), path, target, socket).catch((error: unknown) => {
          context.note(`error: port ${target}: ${error instanceof Error ? error.message : String(error)}\n`);
          socket.destroy();
        });
      });
      // One address of this machine is enough: not every machine has the other.
      if (!(await listen(server, local, address, index > 0))) continue;
      servers.push(server);
      const bound = server.address();
      local = typeof bound === 'object' && bound !== null ? bound.port : local;
      context.out(`Forwarding from ${address.includes(':') ? `[${address}]` : address}:${local} -> ${target}\n`);
    }
  }
  const { signal } = context.environment;
  if (!signal.aborted) await once(signal, 'abort');
  for (const server of servers) server.close();
}

const LOCALHOST = ['127.0.0.1', '::1'];

interface Destination {
  readonly pod: Pod;
  /** The pod's port that stands for one on the command line. Throws UsageError. */
  readonly portOf: (port: number | string) => number;
}

/** The pod behind a word; the ports of a service are its own. Throws UsageError, StatusError. */
async function destinationOf(context: Context, word: string): Promise<Destination> {
  const pod = await podOf(context, word);
  if (pod.status?.phase !== 'Running')
    throw new UsageError(
      `unable to forward port because pod is not running. Current status=${pod.status?.phase ?? ''}: kubectl-lite why pod/${pod.metadata.name} tells more`,
    );
  const [target] = word.includes('/') ? parseTargets(await context.resources(), [word]) : [];
  const ofPod = (name: string): number | undefined =>
    pod.spec.containers.flatMap(({ ports = [] }) => ports).find((port) => port.name === name)?.containerPort;
  const named = (name: string): number => {
    const port = ofPod(name);
    if (port === undefined) throw new UsageError(`Pod '${pod.metadata.name}' does not have a named port '${name}'`);
    return port;
  };
  if (target?.resource.kind !== 'Service')
    return { pod, portOf: (port) => (typeof port === 'number' ? port : named(port)) };
  const { value: service } = await context
    .client()
    .json<Service>({ path: pathOf(KNOWN.service, context.namespace, target.names[0] ?? '') });
  return {
    pod,
    portOf: (wanted) => {
      const found = service.spec?.ports?.find(({ port, name }) => port === wanted || name === wanted);
      if (found === undefined)
        throw new UsageError(`Service ${service.metadata.name} does not have a service port ${wanted}`);
      if (service.spec?.clusterIP === 'None') return found.port;
      const { targetPort = found.port } = found;
      return typeof targetPort === 'number' ? targetPort || found.port : named(targetPort);
    },
  };
}

/** `8080:80`, `80`, `:80` or `8080:http`. Throws UsageError. */
export function parseMapping(given: string): Mapping {
  const match = /^(?:(\d*):)?(\d+|[a-z0-9-]*[a-z][a-z0-9-]*)$/.exec(given);
  const [, left, right = ''] = match ?? [];
  const remote = /^\d+$/.test(right) ? Number(right) : right;
  const local = left === undefined ? undefined : Number(left);
  const isWrong = (port: number): boolean => port < 1 || port > 65_535;
  if (match === null || (typeof remote === 'number' && isWrong(remote)) || (local ?? 0) > 65_535)
    throw new UsageError(`"${given}" is no port: must be LOCAL:REMOTE, REMOTE or :REMOTE, REMOTE a number or a name`);
  return { local, remote };
}

/** Whether it listens now; not where `isOptional` and this machine does not have the address. */
async function listen(server: Server, port: number, address: string, isOptional: boolean): Promise<boolean> {
  server.listen(port, address);
  try {
    await once(server, 'listening');
    return true;
  } catch (error) {
    if (isOptional) return false;
    if (errorCodeOf(error) === 'EADDRINUSE')
      throw new UsageError(
        `unable to listen on port ${port}: ${address}:${port} is in use here: choose another with LOCAL:REMOTE, or :REMOTE for any that is free`,
      );
    if (errorCodeOf(error) === 'EACCES')
      throw new UsageError(
        `unable to listen on port ${port}: you may not listen on ${address}:${port}: choose one from 1024 on`,
      );
    throw error;
  }
}

/** One connection over one WebSocket: channel 0 is data, channel 1 what went wrong. */
async function carry(client: ApiClient, path: string, port: number, socket: Socket): Promise<void> {
  socket.pause();
  socket.on('error', () => undefined);
  const tunnel = await client.socket(path, new URLSearchParams({ ports: String(port) }), [PROTOCOL]);
  const begun = new Set<number>();
  tunnel.on('message', (data: Buffer) => {
    const channel = data[0] ?? DATA;
    const body = begun.has(channel) ? data.subarray(1) : data.subarray(1 + PORT_BYTES);
    begun.add(channel);
    if (body.length === 0) return;
    if (channel !== DATA) {
      socket.destroy(new Error(body.toString('utf8')));
      return;
    }
    if (socket.write(body)) return;
    tunnel.pause();
    socket.once('drain', () => tunnel.resume());
  });
  tunnel.on('close', () => socket.end());
  socket.on('data', (chunk: Buffer) => {
    socket.pause();
    tunnel.send(Buffer.concat([Buffer.from([DATA]), chunk]), () => socket.resume());
  });
  socket.on('close', () => tunnel.close());
  socket.resume();
  await once(tunnel, 'close');
}
