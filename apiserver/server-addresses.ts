import os from 'node:os';
import type { ServerConfig } from './config';

type Addresses = Pick<ServerConfig, 'bindAddress' | 'advertiseAddresses' | 'serviceIpRange'>;

/** What clients dial: `https://127.0.0.1:6443`. */
export const urlOf = ({ advertiseAddresses }: Addresses, port: number): string =>
  `https://${advertiseAddresses[0] ?? '127.0.0.1'}:${port}`;

/** Names and addresses that the server's certificate must hold. */
export function serverNames({ bindAddress, advertiseAddresses, serviceIpRange }: Addresses): readonly string[] {
  const bound = ['0.0.0.0', '::'].includes(bindAddress) ? addressesOfHost() : [bindAddress];
  const cluster = [
    'kubernetes',
    'kubernetes.default',
    'kubernetes.default.svc',
    'kubernetes.default.svc.cluster.local',
    serviceIpRange.at(0),
  ];
  return [...new Set(['localhost', '127.0.0.1', '::1', os.hostname(), ...cluster, ...bound, ...advertiseAddresses])];
}

/** Addresses at which others reach the server, those that it was told first. */
export const reachableAddresses = ({ bindAddress, advertiseAddresses }: Addresses): readonly string[] => [
  ...advertiseAddresses,
  ...(bindAddress === '0.0.0.0' ? addressesOfHost().slice(0, 1) : [bindAddress]),
];

const addressesOfHost = (): readonly string[] =>
  Object.values(os.networkInterfaces())
    .flatMap((list) => list ?? [])
    .filter(({ internal, family }) => !internal && family === 'IPv4')
    .map(({ address }) => address);
