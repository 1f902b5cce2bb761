import type { NetworkPolicyPeer, NetworkPolicyPort, NetworkPolicySpec } from 'kubernetes-types/networking/v1';
import type { ApiObject, StoredObject } from '../../../shared/api/objects';
import { parseBlock } from '../../../shared/ip-block';
import { isPortName } from '../../../shared/names';
import type { StatusCause } from '../../../shared/status-error';
import { ageColumn, column, nameColumn } from '../columns';
import { defineKind } from '../define-kind';
import { selectorText } from '../selector-text';
import { checkName, each, forbiddenField, invalidValue, notSupported, required } from '../validation/field-errors';
import { validateLabelSelector } from '../validation/label-selector';

const TYPES = ['Ingress', 'Egress'];
const PROTOCOLS = ['TCP', 'UDP', 'SCTP'];
type Spec = Partial<NetworkPolicySpec>;
const specOf = (object: ApiObject | StoredObject): Spec => (object['spec'] as Spec | undefined) ?? {};

export const networkPolicy = defineKind({
  group: 'networking.k8s.io',
  version: 'v1',
  kind: 'NetworkPolicy',
  plural: 'networkpolicies',
  shortNames: ['netpol'],
  schema: 'io.k8s.api.networking.v1.NetworkPolicy',
  columns: [nameColumn, column('Pod-Selector', (object) => selectorText(specOf(object).podSelector)), ageColumn],
  hasGeneration: true,
  setDefaults(object) {
    const spec = (object['spec'] ??= {}) as Spec;
    spec.podSelector ??= {};
    for (const { ports = [] } of [...(spec.ingress ?? []), ...(spec.egress ?? [])]) {
      for (const port of ports) port.protocol ??= 'TCP';
    }
    if ((spec.policyTypes ?? []).length === 0) {
      spec.policyTypes = (spec.egress ?? []).length > 0 ? ['Ingress', 'Egress'] : ['Ingress'];
    }
  },
  validate(object) {
    const { podSelector, policyTypes = [], ingress, egress } = specOf(object);
    return [
      ...validateLabelSelector('spec.podSelector', podSelector),
      ...each('spec.ingress', ingress, ({ ports, from }, path) => [
        ...each(`${path}.ports`, ports, portProblems),
        ...each(`${path}.from`, from, peerProblems),
      ]),
      ...each('spec.egress', egress, ({ ports, to }, path) => [
        ...each(`${path}.ports`, ports, portProblems),
        ...each(`${path}.to`, to, peerProblems),
      ]),
      ...(policyTypes.length > TYPES.length
        ? [invalidValue('spec.policyTypes', policyTypes, 'may not specify more than two policyTypes')]
        : each('spec.policyTypes', policyTypes, (type, path) =>
            TYPES.includes(type) ? [] : [notSupported(path, type, TYPES)],
          )),
    ];
  },
});

const isPort = (port: number): boolean => Number.isInteger(port) && port >= 1 && port <= 65_535;
const PORT_RANGE = 'must be between 1 and 65535, inclusive';

/** k8s.io/kubernetes/pkg/apis/networking/validation ValidateNetworkPolicyPort. */
function portProblems({ port, endPort, protocol }: NetworkPolicyPort, path: string): readonly StatusCause[] {
  const end = (detail: string): StatusCause[] =>
    endPort === undefined ? [] : [invalidValue(`${path}.endPort`, endPort, detail)];
  const ofProtocol =
    protocol === undefined || PROTOCOLS.includes(protocol)
      ? []
      : [notSupported(`${path}.protocol`, protocol, PROTOCOLS)];
  if (port === undefined) return [...ofProtocol, ...end('may not be specified when `port` is not specified')];
  if (typeof port === 'string') {
    return [
      ...ofProtocol,
      ...end('may not be specified when `port` is non-numeric'),
      ...checkName(`${path}.port`, port, isPortName),
    ];
  }
  return [
    ...ofProtocol,
    ...(isPort(port) ? [] : [invalidValue(`${path}.port`, port, PORT_RANGE)]),
    ...(endPort === undefined || endPort >= port
      ? []
      : [invalidValue(`${path}.endPort`, port, 'must be greater than or equal to `port`')]),
    ...(endPort === undefined || isPort(endPort) ? [] : end(PORT_RANGE)),
  ];
}

function peerProblems(peer: NetworkPolicyPeer, path: string): readonly StatusCause[] {
  const { podSelector, namespaceSelector, ipBlock } = peer;
  const selectors = [podSelector, namespaceSelector].filter((selector) => selector !== undefined);
  return [
    ...validateLabelSelector(`${path}.podSelector`, podSelector),
    ...validateLabelSelector(`${path}.namespaceSelector`, namespaceSelector),
    ...(ipBlock === undefined ? [] : blockProblems(ipBlock, `${path}.ipBlock`)),
    ...(selectors.length === 0 && ipBlock === undefined ? [required(path, 'must specify a peer')] : []),
    ...(selectors.length > 0 && ipBlock !== undefined
      ? [forbiddenField(path, 'may not specify both ipBlock and another peer')]
      : []),
  ];
}

const NO_CIDR = 'must be a valid CIDR value, (e.g. 10.9.8.0/24 or 2001:db8::/64)';

function blockProblems(
  { cidr = '', except = [] }: { readonly cidr?: string; readonly except?: readonly string[] },
  path: string,
): readonly StatusCause[] {
  if (cidr === '') return [required(`${path}.cidr`)];
  const outer = parseBlock(cidr);
  if (outer === undefined) return [invalidValue(`${path}.cidr`, cidr, NO_CIDR)];
  return each(`${path}.except`, except, (text, at) => {
    const inner = parseBlock(text);
    if (inner === undefined) return [invalidValue(at, text, NO_CIDR)];
    return outer.bits < inner.bits && outer.contains(inner)
      ? []
      : [invalidValue(at, text, 'must be a strict subset of `cidr`')];
  });
}
