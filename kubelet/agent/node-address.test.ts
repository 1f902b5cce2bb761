import type os from 'node:os';
import { firstExternalAddress } from './node-address';

type Interfaces = ReturnType<typeof os.networkInterfaces>;

const ipv4 = (address: string, internal = false) => ({
  address,
  internal,
  family: 'IPv4' as const,
  netmask: '255.255.255.0',
  mac: '00:00:00:00:00:00',
  cidr: null,
});

it('takes the first address that other machines could reach, and never a bridge of the engine', () => {
  const interfaces: Interfaces = {
    lo: [ipv4('127.0.0.1', true)],
    docker0: [ipv4('172.17.0.1')],
    eth0: [ipv4('192.0.2.7')],
  };
  expect(firstExternalAddress(interfaces)).toBe('192.0.2.7');
  expect(firstExternalAddress({ lo: [ipv4('127.0.0.1', true)] })).toBeUndefined();
});
