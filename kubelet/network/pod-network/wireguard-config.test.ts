import type { WireguardPeer } from './wireguard-config';
import { formatConfig, heardLately, holdsPeers, newsOf } from './wireguard-config';

const one: WireguardPeer = { publicKey: 'one=', endpoint: '192.0.2.1:51820', allowedIps: '10.244.1.0/24' };
const two: WireguardPeer = { publicKey: 'two=', allowedIps: '10.244.2.0/24' };

it('writes what wg reads, and keeps routers on the way awake', () => {
  expect(
    formatConfig({ privateKey: 'secret=', port: 51_900, peers: [one, two] })
      .trim()
      .split(/\n+/),
  ).toEqual([
    ...['[Interface]', 'PrivateKey = secret=', 'ListenPort = 51900'],
    ...['[Peer]', 'PublicKey = one=', 'AllowedIPs = 10.244.1.0/24', 'PersistentKeepalive = 15'],
    'Endpoint = 192.0.2.1:51820',
    ...['[Peer]', 'PublicKey = two=', 'AllowedIPs = 10.244.2.0/24', 'PersistentKeepalive = 15'],
  ]);
});

it('knows who was heard within three minutes', () => {
  expect(heardLately('one=\t900\ntwo=\t0\nthree=\t700\n', 1_000)).toEqual(new Set(['one=']));
});

it.each([
  ['a peer that is new', new Map(), new Set<string>(), one.endpoint],
  ['one that moved', new Map([['one=', '192.0.2.9:51820']]), new Set(['one=']), one.endpoint],
  ['nobody who is where it was', new Map([['one=', one.endpoint]]), new Set<string>(), undefined],
  ['nobody who an earlier agent was talking to', new Map(), new Set(['one=']), undefined],
] as const)('tells the place of %s', (_, told, heard, expected) => {
  expect(newsOf([one], told, heard)[0]?.endpoint).toBe(expected);
});

it('sees whether the device has the peers that it should have', () => {
  expect(holdsPeers('two=\t10.244.2.0/24\none=\t10.244.1.0/24\n', [one, two])).toBe(true);
  expect(holdsPeers('one=\t10.244.1.0/24\n', [one, two])).toBe(false);
  expect(holdsPeers('one=\t10.244.9.0/24\ntwo=\t10.244.2.0/24\n', [one, two])).toBe(false);
});
