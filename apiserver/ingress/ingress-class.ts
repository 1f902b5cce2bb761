import type { Ingress, IngressClass } from '../../shared/api/objects';

/** In `spec.controller` of the classes whose Ingresses the nodes serve. */
export const INGRESS_CONTROLLER = 'pinsetter.io/ingress';
export const DEFAULT_INGRESS_CLASS = 'ingressclass.kubernetes.io/is-default-class';
/** How a class was named before there was a field for it. */
export const CLASS_ANNOTATION = 'kubernetes.io/ingress.class';

/** The class that every cluster begins with. */
export const INGRESS_CLASS = {
  metadata: { name: 'pinsetter', annotations: { [DEFAULT_INGRESS_CLASS]: 'true' } },
  spec: { controller: INGRESS_CONTROLLER },
} as const;

/** Of several that call themselves so, the newest; of equally new ones, the first by name. */
export function defaultClassOf(classes: readonly IngressClass[]): IngressClass | undefined {
  return [...classes]
    .filter(({ metadata }) => metadata.annotations?.[DEFAULT_INGRESS_CLASS] === 'true')
    .sort(
      ({ metadata: a }, { metadata: b }) =>
        b.creationTimestamp.localeCompare(a.creationTimestamp) || a.name.localeCompare(b.name),
    )[0];
}

/** Whether the nodes serve it: its class is ours, or it has none and ours is what such ones get. */
export function isServed({ metadata, spec }: Ingress, classes: readonly IngressClass[]): boolean {
  const isOurs = (found: IngressClass | undefined): boolean => found?.spec?.controller === INGRESS_CONTROLLER;
  const named = spec?.ingressClassName;
  if (named !== undefined) return isOurs(classes.find((each) => each.metadata.name === named));
  const annotated = metadata.annotations?.[CLASS_ANNOTATION];
  if (annotated !== undefined) return isOurs(classes.find((each) => each.metadata.name === annotated));
  return isOurs(defaultClassOf(classes));
}
