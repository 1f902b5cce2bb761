import type { Pod } from '../../shared/api/objects';
import { UsageError } from '../client/resources';
import type { Flags } from '../commands/command';
import { isSet, text } from '../commands/command';

/** One container whose log is shown. */
export interface Source {
  readonly namespace: string;
  readonly pod: string;
  readonly container: string;
}

const DEFAULT = 'kubectl.kubernetes.io/default-container';

/** The containers of a pod that the flags choose. `onDefault` hears of a choice among several. Throws UsageError. */
export function sourcesOf(pod: Pod, flags: Flags, onDefault: (message: string) => void): readonly Source[] {
  const { name, namespace } = pod.metadata;
  const init = (pod.spec.initContainers ?? []).map((each) => each.name);
  const main = pod.spec.containers.map((each) => each.name);
  const ephemeral = (pod.spec.ephemeralContainers ?? []).map((each) => each.name);
  const all = [...init, ...main, ...ephemeral];
  const of = (container: string): Source => ({ namespace, pod: name, container });
  if (isSet(flags, 'all-containers')) return all.map(of);
  const wanted = text(flags, 'container');
  if (wanted !== undefined) {
    if (!all.includes(wanted))
      throw new UsageError(`container ${wanted} is not valid for pod ${name}: it has ${all.join(', ')}`);
    return [of(wanted)];
  }
  return [defaultContainerOf(pod, onDefault)].map(of);
}

/** The one that the pod names as such, or the first, which is said where there are several. */
export function defaultContainerOf({ metadata, spec }: Pod, onDefault: (message: string) => void): string {
  const main = spec.containers.map(({ name }) => name);
  const init = (spec.initContainers ?? []).map(({ name }) => name);
  const ephemeral = (spec.ephemeralContainers ?? []).map(({ name }) => name);
  const named = metadata.annotations?.[DEFAULT];
  if (named !== undefined && [...main, ...init, ...ephemeral].includes(named)) return named;
  const others = [...init.map((name) => `${name} (init)`), ...ephemeral.map((name) => `${name} (ephem)`)];
  const all = [...main, ...others];
  if (all.length > 1) onDefault(`Defaulted container "${main[0] ?? ''}" out of: ${all.join(', ')}\n`);
  return main[0] ?? '';
}

/** Whether a container has something to say: it runs, or has run. */
export const hasStarted = ({ status }: Pod, container: string): boolean =>
  [
    ...(status?.initContainerStatuses ?? []),
    ...(status?.containerStatuses ?? []),
    ...(status?.ephemeralContainerStatuses ?? []),
  ].some(({ name, state }) => name === container && (state?.running !== undefined || state?.terminated !== undefined));
