import type { NetworkCheck } from '../../../shared/wire/pod-network';
import { checkReport } from './check-report';

const found = (traits: Partial<NetworkCheck>): NetworkCheck => ({ peers: [], unusable: [], ...traits });

it('shows each direction with the way taken and how long it takes', () => {
  const report = checkReport([
    {
      nodeName: 'n1',
      check: found({
        peers: [{ nodeName: 'n2', path: 'routes', ways: [{ backend: 'routes', tookMs: 0.42 }] }],
        dns: { tookMs: 3 },
      }),
    },
  ]);
  expect(report.rows.slice(1)).toEqual([
    ['n1', 'n2', 'routes', 'ok', '0.4ms'],
    ['n1', 'cluster DNS', '-', 'ok', '3.0ms'],
  ]);
  expect(report).toMatchObject({ findings: [], isHealthy: true });
});

it('names what is blocked where a worse way is taken, which is no failure', () => {
  const ways = [{ backend: 'vxlan' }, { backend: 'relay', tookMs: 9 }] as const;
  const report = checkReport([{ nodeName: 'n1', check: found({ peers: [{ nodeName: 'n2', path: 'relay', ways }] }) }]);
  expect(report.findings).toEqual(['n1 reaches n2 by relay: vxlan is blocked, let UDP port 8472 through between them']);
  expect(report.isHealthy).toBe(true);
});

it('says why the engine makes the interfaces of pods, which is no failure', () => {
  const report = checkReport([{ nodeName: 'n1', check: found({ engineInterfaces: 'it takes the program nsenter' }) }]);
  expect(report.findings).toEqual(['n1 has the engine make the interfaces of its pods: it takes the program nsenter']);
  expect(report.isHealthy).toBe(true);
});

it.each([
  [
    'a peer that does not answer',
    found({ peers: [{ nodeName: 'n2', path: 'vxlan', ways: [{ backend: 'vxlan' }] }] }),
    /n1 does not reach n2: vxlan/,
  ],
  ['names that are not found', found({ dns: { why: 'queryA ETIMEOUT' } }), /names of the cluster: queryA ETIMEOUT/],
  ['a node without a network', found({ problem: 'no block is left' }), /n1: no block is left/],
])('fails for %s', (_, check, expected) => {
  const report = checkReport([{ nodeName: 'n1', check }]);
  expect(report.isHealthy).toBe(false);
  expect(report.findings.join()).toMatch(expected);
});

it('fails for a node that cannot be asked', () => {
  const report = checkReport([{ nodeName: 'n1', problem: 'node "n1" is not connected' }]);
  expect(report).toMatchObject({ isHealthy: false, findings: ['n1 could not be asked: node "n1" is not connected'] });
});

it('says nothing of nodes on one machine but that they answer', () => {
  const ways = [{ backend: 'routes', tookMs: 0.1 }] as const;
  const report = checkReport([{ nodeName: 'n1', check: found({ peers: [{ nodeName: 'n2', path: 'local', ways }] }) }]);
  expect(report.rows[1]).toEqual(['n1', 'n2', 'local', 'ok', '0.1ms']);
  expect(report.isHealthy).toBe(true);
});
