import dgram from 'node:dgram';
import net from 'node:net';
import { errorCodeOf } from '../../shared/error-code';

export interface Port {
  readonly protocol: 'TCP' | 'UDP';
  readonly port: number;
}

export const portKey = ({ protocol, port }: Port): string => `${protocol}/${port}`;

/** What the agent asks of this machine's ports. */
export interface HostPorts {
  /** Whether nobody on this machine has it. */
  isFree(port: Port): Promise<boolean>;
  /** Whether somebody takes connections there. */
  accepts(tcpPort: number): Promise<boolean>;
}

export const hostPorts: HostPorts = {
  isFree: ({ protocol, port }) => (protocol === 'TCP' ? isTcpFree(port) : isUdpFree(port)),
  accepts: (port) =>
    new Promise((resolve) => {
      const socket = net.connect({ host: '127.0.0.1', port });
      const settle = (answer: boolean) => (): void => {
        socket.destroy();
        resolve(answer);
      };
      socket.once('connect', settle(true));
      socket.once('error', settle(false));
    }),
};

const isTcpFree = (port: number): Promise<boolean> =>
  new Promise((resolve, reject) => {
    const server = net.createServer();
    server.once('error', (error) => (isTaken(error) ? resolve(false) : reject(error)));
    server.listen({ port, host: '0.0.0.0', exclusive: true }, () => server.close(() => resolve(true)));
  });

const isUdpFree = (port: number): Promise<boolean> =>
  new Promise((resolve, reject) => {
    const socket = dgram.createSocket('udp4');
    socket.once('error', (error) => {
      socket.close();
      if (isTaken(error)) resolve(false);
      else reject(error);
    });
    socket.bind({ port, address: '0.0.0.0', exclusive: true }, () => socket.close(() => resolve(true)));
  });

const isTaken = (error: unknown): boolean => ['EADDRINUSE', 'EACCES'].includes(errorCodeOf(error) ?? '');
