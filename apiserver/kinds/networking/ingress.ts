import type { IngressSpec, IngressStatus } from 'kubernetes-types/networking/v1';
import type { ApiObject, StoredObject } from '../../../shared/api/objects';
import { ageColumn, balancersText, column, nameColumn } from '../columns';
import { CLASS_ANNOTATION } from '../../ingress/ingress-class';
import { defineKind } from '../define-kind';
import { STATUS } from '../verbs';
import { ingressProblems, newIngressProblems } from './ingress-problems';

const MAX_HOSTS = 3;
const specOf = (object: ApiObject | StoredObject): IngressSpec => (object['spec'] as IngressSpec | undefined) ?? {};

export const ingress = defineKind({
  group: 'networking.k8s.io',
  version: 'v1',
  kind: 'Ingress',
  plural: 'ingresses',
  shortNames: ['ing'],
  subresources: [STATUS],
  schema: 'io.k8s.api.networking.v1.Ingress',
  columns: [
    nameColumn,
    column('Class', (object) => specOf(object).ingressClassName ?? '<none>'),
    column('Hosts', hostsText),
    column('Address', addressText),
    column('Ports', (object) => ((specOf(object).tls ?? []).length > 0 ? '80, 443' : '80')),
    ageColumn,
  ],
  hasStatus: true,
  hasGeneration: true,
  validate: ingressProblems,
  validateCreate: newIngressProblems,
  warnings: (object, old) =>
    old === undefined &&
    object.metadata.annotations?.[CLASS_ANNOTATION] !== undefined &&
    specOf(object).ingressClassName === undefined
      ? [`annotation "${CLASS_ANNOTATION}" is deprecated, please use 'spec.ingressClassName' instead`]
      : [],
});

function hostsText(object: StoredObject): string {
  const { rules = [] } = specOf(object);
  const hosts: string[] = [];
  for (const { host = '' } of rules) {
    // The rules that are left count as more, also those for any host.
    if (hosts.length === MAX_HOSTS) return `${hosts.join(',')} + ${rules.length - MAX_HOSTS} more...`;
    if (host !== '') hosts.push(host);
  }
  return hosts.join(',') || '*';
}

function addressText(object: StoredObject): string {
  return balancersText((object['status'] as IngressStatus | undefined)?.loadBalancer?.ingress);
}
