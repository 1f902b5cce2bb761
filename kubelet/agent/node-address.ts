import dgram from 'node:dgram';
import os from 'node:os';

/** The node's address, which may change while the agent runs: a lease ends, a machine moves. */
export class NodeAddress {
  private constructor(
    private readonly find: () => Promise<string>,
    private found: string,
  ) {}

  /** `fixed` is what the administrator says. */
  static async of(fixed: string | undefined, serverUrl: string): Promise<NodeAddress> {
    const find = (): Promise<string> => (fixed === undefined ? nodeAddressTowards(serverUrl) : Promise.resolve(fixed));
    return new NodeAddress(find, await find());
  }

  /** As it was when last looked. */
  get current(): string {
    return this.found;
  }

  async look(): Promise<string> {
    this.found = await this.find();
    return this.found;
  }
}

/**
 * The address this machine has towards the server, by the kernel's routes (nothing is sent). Where the server is on this
 * very machine, the first address that others could reach; else loopback.
 */
export async function nodeAddressTowards(serverUrl: string): Promise<string> {
  const { hostname, port } = new URL(serverUrl);
  const routed = await routedAddress(hostname.replace(/^\[|\]$/g, ''), Number(port) || 443).catch(() => undefined);
  if (routed !== undefined && !isLoopback(routed)) return routed;
  return firstExternalAddress(os.networkInterfaces()) ?? '127.0.0.1';
}

function routedAddress(host: string, port: number): Promise<string> {
  return new Promise((resolve, reject) => {
    const socket = dgram.createSocket(host.includes(':') ? 'udp6' : 'udp4');
    socket.once('error', (error) => {
      socket.close();
      reject(error);
    });
    socket.connect(port, host, () => {
      const { address } = socket.address();
      socket.close();
      resolve(address);
    });
  });
}

const isLoopback = (address: string): boolean => address.startsWith('127.') || address === '::1';

/** Bridges of engines are interfaces too, but no way to reach this machine. */
const BRIDGES = /^(docker|br-|veth|cni|virbr|pns[bvrw]-)/;

export function firstExternalAddress(interfaces: ReturnType<typeof os.networkInterfaces>): string | undefined {
  return Object.entries(interfaces)
    .filter(([name]) => !BRIDGES.test(name))
    .flatMap(([, addresses]) => addresses ?? [])
    .find(({ family, internal }) => family === 'IPv4' && !internal)?.address;
}
