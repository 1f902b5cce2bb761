import type { Pod, PodSpec } from '../../shared/api/objects';
import { badRequest } from '../../shared/status-error';

const DEFAULT_CONTAINER = 'kubectl.kubernetes.io/default-container';

const namesOf = (spec: PodSpec): readonly string[] =>
  [...(spec.initContainers ?? []), ...spec.containers, ...(spec.ephemeralContainers ?? [])].map(({ name }) => name);

/** The container a request means: the one it names, or the pod's only or default one. Throws BadRequest where none is clear. */
export function chooseContainer(pod: Pod, asked: string | null): string {
  const { name, annotations } = pod.metadata;
  const names = namesOf(pod.spec);
  if (asked !== null && asked !== '') {
    if (names.includes(asked)) return asked;
    throw badRequest(`container ${asked} is not valid for pod ${name}`);
  }
  const [first, ...others] = pod.spec.containers;
  if (first === undefined) throw badRequest(`a container name must be specified for pod ${name}`);
  if (others.length === 0) return first.name;
  const preferred = annotations?.[DEFAULT_CONTAINER];
  if (preferred !== undefined && names.includes(preferred)) return preferred;
  throw badRequest(`a container name must be specified for pod ${name}, choose one of: [${names.join(' ')}]`);
}

/** Where the pod's containers are. Throws BadRequest while no node was chosen. */
export function nodeOf(pod: Pod): string {
  const { nodeName } = pod.spec;
  if (nodeName === undefined || nodeName === '')
    throw badRequest(`pod ${pod.metadata.name} does not have a host assigned`);
  return nodeName;
}
