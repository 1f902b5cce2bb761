import type os from 'node:os';
import { NodeAddress, firstExternalAddress } from './node-address';

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
    'pnsb-0a1b2c3d': [ipv4('10.244.0.1')],
    eth0: [ipv4('192.0.2.7')],
  };
  expect(firstExternalAddress(interfaces)).toBe('192.0.2.7');
  expect(firstExternalAddress({ lo: [ipv4('127.0.0.1', true)] })).toBeUndefined();
});

it('is what the administrator says, and else what the kernel would dial the server from', async () => {
  const fixed = await NodeAddress.of('192.0.2.9', 'https://192.0.2.1:6443');
  expect([fixed.current, await fixed.look()]).toEqual(['192.0.2.9', '192.0.2.9']);
  const found = await NodeAddress.of(undefined, 'https://127.0.0.1:6443');
  expect(await found.look()).toBe(found.current);
});
