import type { ApiObject } from '../../../shared/api/objects';
import { networkPolicy } from './network-policy';

const problemsOf = (spec: object): readonly string[] => {
  const object = { metadata: { name: 'p', namespace: 'default' }, spec: structuredClone(spec) } as unknown as ApiObject;
  networkPolicy.setDefaults?.(object);
  return (networkPolicy.validate?.(object) ?? []).map(({ field = '', message }) => `${field}: ${message}`);
};
const from = (...peers: readonly object[]) => ({ ingress: [{ from: peers }] });
const ports = (...each: readonly object[]) => ({ egress: [{ ports: each }] });

describe('a NetworkPolicy', () => {
  it.each([
    ['nothing but a selector', { podSelector: {} }],
    ['peers by both selectors', from({ podSelector: {}, namespaceSelector: { matchLabels: { a: 'b' } } })],
    ['a block with exceptions', from({ ipBlock: { cidr: '10.0.0.0/8', except: ['10.1.0.0/16', '010.2.0.0/16'] } })],
    ['a block of IPv6', from({ ipBlock: { cidr: '2001:db8::/32', except: ['2001:db8:1::/48'] } })],
    ['a range of ports', ports({ port: 80, endPort: 90, protocol: 'SCTP' }, { port: 'http' }, { protocol: 'UDP' })],
  ])('takes %s', (_what, spec) => {
    expect(problemsOf(spec)).toEqual([]);
  });

  it.each([
    [from({}), 'spec.ingress[0].from[0]: Required value: must specify a peer'],
    [
      from({ podSelector: {}, ipBlock: { cidr: '10.0.0.0/8' } }),
      'spec.ingress[0].from[0]: Forbidden: may not specify both ipBlock and another peer',
    ],
    [from({ ipBlock: {} }), 'spec.ingress[0].from[0].ipBlock.cidr: Required value'],
    [
      from({ ipBlock: { cidr: '10.0.0.0' } }),
      'spec.ingress[0].from[0].ipBlock.cidr: Invalid value: "10.0.0.0": must be a valid CIDR value, (e.g. 10.9.8.0/24 or 2001:db8::/64)',
    ],
    [
      from({ ipBlock: { cidr: '10.0.0.0/8', except: ['10.0.0.0/8'] } }),
      'spec.ingress[0].from[0].ipBlock.except[0]: Invalid value: "10.0.0.0/8": must be a strict subset of `cidr`',
    ],
    [
      from({ ipBlock: { cidr: '10.0.0.0/8', except: ['192.0.2.0/24'] } }),
      'spec.ingress[0].from[0].ipBlock.except[0]: Invalid value: "192.0.2.0/24": must be a strict subset of `cidr`',
    ],
    [
      ports({ protocol: 'ICMP' }),
      'spec.egress[0].ports[0].protocol: Unsupported value: "ICMP": supported values: "TCP", "UDP", "SCTP"',
    ],
    [ports({ port: 0 }), 'spec.egress[0].ports[0].port: Invalid value: 0: must be between 1 and 65535, inclusive'],
    [
      ports({ port: 90, endPort: 80 }),
      'spec.egress[0].ports[0].endPort: Invalid value: 90: must be greater than or equal to `port`',
    ],
    [
      ports({ port: 'http', endPort: 80 }),
      'spec.egress[0].ports[0].endPort: Invalid value: 80: may not be specified when `port` is non-numeric',
    ],
    [
      ports({ endPort: 80 }),
      'spec.egress[0].ports[0].endPort: Invalid value: 80: may not be specified when `port` is not specified',
    ],
    [
      { policyTypes: ['Ingress', 'Egress', 'Ingress'] },
      'spec.policyTypes: Invalid value: ["Ingress","Egress","Ingress"]: may not specify more than two policyTypes',
    ],
    [
      { policyTypes: ['Both'] },
      'spec.policyTypes[0]: Unsupported value: "Both": supported values: "Ingress", "Egress"',
    ],
  ])('refuses %j', (spec, message) => {
    expect(problemsOf(spec)).toEqual([message]);
  });
});
