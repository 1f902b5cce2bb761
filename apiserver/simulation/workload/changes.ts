import type { KindTypes } from '../../../shared/api/objects';

/** What runs an image of its own choosing for as long as it is wanted. */
export type Workload = 'Deployment' | 'StatefulSet' | 'DaemonSet';

export const imageOf = (object: KindTypes[Workload]): string => object.spec?.template.spec?.containers[0]?.image ?? '';

export function withImage<T extends KindTypes[Workload]>(object: T, image: string): T {
  const copy = structuredClone(object);
  const container = copy.spec?.template.spec?.containers[0];
  if (container !== undefined) container.image = image;
  return copy;
}

export const withSpec = <T extends KindTypes[Workload | 'CronJob']>(object: T, change: object): T => ({
  ...object,
  spec: { ...object.spec, ...change },
});
