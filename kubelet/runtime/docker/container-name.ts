import type { PodIdentity } from '../runtime';

/** The name that `docker ps` shows. Unique per pod uid and attempt, so that nothing is ever made twice. */
export const containerNameOf = (pod: PodIdentity, container: string, attempt: number): string =>
  ['pin', container, pod.name, pod.namespace, pod.uid.replaceAll(/[^a-zA-Z0-9_.-]/g, '-').slice(0, 8), attempt].join(
    '_',
  );

export const sandboxNameOf = (pod: PodIdentity, attempt: number): string => containerNameOf(pod, 'POD', attempt);

/** Of a node's own container: one on an engine, whichever node's it is. */
export const systemNameOf = (engineName: string): string => `pin_system_${engineName}`;
