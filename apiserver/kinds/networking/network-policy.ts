import type { NetworkPolicySpec } from 'kubernetes-types/networking/v1';
import type { ApiObject, StoredObject } from '../../../shared/api/objects';
import { ageColumn, column, nameColumn } from '../columns';
import { defineKind } from '../define-kind';
import { selectorText } from '../selector-text';
import { notSupported } from '../validation/field-errors';
import { validateLabelSelector } from '../validation/label-selector';

const TYPES = ['Egress', 'Ingress'];
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
    const { podSelector, policyTypes = [] } = specOf(object);
    return [
      ...validateLabelSelector('spec.podSelector', podSelector),
      ...policyTypes.flatMap((type, index) =>
        TYPES.includes(type) ? [] : [notSupported(`spec.policyTypes[${index}]`, type, TYPES)],
      ),
    ];
  },
});
