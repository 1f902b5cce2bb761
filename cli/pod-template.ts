import type { Container, PodSpec } from '../shared/api/objects';
import type { ApiObject } from './api-object';

/** Where objects of a kind say what their pods are: the fields down to the pod template, or to the pod itself. */
const TEMPLATE_PATHS: Readonly<Record<string, readonly string[]>> = {
  Pod: [],
  PodTemplate: ['template'],
  CronJob: ['spec', 'jobTemplate', 'spec', 'template'],
  Deployment: ['spec', 'template'],
  DaemonSet: ['spec', 'template'],
  Job: ['spec', 'template'],
  ReplicaSet: ['spec', 'template'],
  ReplicationController: ['spec', 'template'],
  StatefulSet: ['spec', 'template'],
};

type Fields = Readonly<Record<string, unknown>>;

export interface PodTemplateFields {
  readonly metadata?: {
    readonly labels?: Readonly<Record<string, string>>;
    readonly annotations?: Readonly<Record<string, string>>;
  };
  readonly spec?: PodSpec;
}

/** The pod template of an object, the object itself where it is a pod; undefined for kinds that have none. */
export function podTemplateOf(object: ApiObject): PodTemplateFields | undefined {
  const path = TEMPLATE_PATHS[object.kind ?? ''];
  return path?.reduce<Fields>((at, field) => (at[field] ?? {}) as Fields, object);
}

/** The object with another pod template. */
export function withPodTemplate<T extends ApiObject>(object: T, template: PodTemplateFields): T {
  const replace = (at: Fields, [field, ...rest]: readonly string[]): Fields =>
    field === undefined ? { ...at, ...template } : { ...at, [field]: replace((at[field] ?? {}) as Fields, rest) };
  return replace(object, TEMPLATE_PATHS[object.kind ?? ''] ?? []) as T;
}

/** The object with its containers, those that prepare too, changed. Undefined for kinds without pods. */
export function mapContainers<T extends ApiObject>(
  object: T,
  change: (container: Container) => Container,
): T | undefined {
  const template = podTemplateOf(object);
  if (template?.spec === undefined) return undefined;
  const { spec } = template;
  return withPodTemplate(object, {
    ...template,
    spec: {
      ...spec,
      containers: spec.containers.map(change),
      ...(spec.initContainers === undefined ? {} : { initContainers: spec.initContainers.map(change) }),
    },
  });
}
