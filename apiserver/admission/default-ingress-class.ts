import type { IngressSpec } from 'kubernetes-types/networking/v1';
import { CLASS_ANNOTATION, defaultClassOf } from '../ingress/ingress-class';
import type { AdmissionPlugin } from './admission';

/** An Ingress that names no class gets the default one, where there is one. */
export const defaultIngressClass: AdmissionPlugin = {
  name: 'DefaultIngressClass',
  admitCreate({ kind, lookup }, object) {
    if (kind.kind !== 'Ingress' || kind.group !== 'networking.k8s.io') return;
    const spec = (object['spec'] ??= {}) as IngressSpec;
    if (spec.ingressClassName !== undefined || object.metadata?.annotations?.[CLASS_ANNOTATION] !== undefined) return;
    const found = defaultClassOf(lookup.list('IngressClass'));
    if (found !== undefined) spec.ingressClassName = found.metadata.name;
  },
};
