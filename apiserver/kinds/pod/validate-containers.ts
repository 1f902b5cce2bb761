import type { Container, PodSpec, Volume } from '../../../shared/api/objects';
import type { StatusCause } from '../../../shared/status-error';
import { duplicate, each, forbiddenField, invalidValue, oneOfIfSet, required, when } from '../validation/field-errors';
import { validateEphemeralContainer } from './ephemeral-containers';
import type { ContainerContext } from './validate-container';
import { hostPortProblems, imageProblems, validateContainer } from './validate-container';
import { handlerProblems } from './validate-handlers';

/** The three lists of a pod's containers. Names are unique in all of them together. */
export function containersProblems(
  spec: PodSpec,
  volumes: ReadonlyMap<string, Volume>,
  { isPod }: { readonly isPod: boolean },
): readonly StatusCause[] {
  const { containers = [], initContainers = [], ephemeralContainers } = spec;
  const context: ContainerContext = {
    volumes,
    restartPolicy: spec.restartPolicy,
    hasOwnUsers: spec.hostUsers === false,
  };
  const graceSeconds = spec.terminationGracePeriodSeconds;
  const lasting = new Set([...containers, ...initContainers].map(({ name }) => name));
  const names = new Set<string>();
  const unique = (name: string | undefined, path: string): readonly StatusCause[] => {
    const isAgain = name !== undefined && name !== '' && names.has(name);
    names.add(name ?? '');
    return when(isAgain, duplicate(`${path}.name`, name));
  };
  return [
    ...when(containers.length === 0, required('spec.containers')),
    ...each('spec.containers', containers, (container, path) => [
      ...validateContainer(container, path, context),
      ...unique(container.name, path),
      ...handlerProblems(container, path, { runsOnce: false, graceSeconds }),
      ...when(
        container.restartPolicy !== undefined,
        forbiddenField(`${path}.restartPolicy`, 'may not be set for non-init containers'),
      ),
    ]),
    ...hostPortProblems('spec.containers', containers),
    ...each('spec.initContainers', initContainers, (container, path) => [
      ...validateContainer(container, path, context),
      ...oneOfIfSet(`${path}.restartPolicy`, container.restartPolicy, ['Always']),
      ...unique(container.name, path),
      ...hostPortProblems('spec.initContainers', [container]),
      ...handlerProblems(container, path, { runsOnce: container.restartPolicy !== 'Always', graceSeconds }),
    ]),
    ...each('spec.ephemeralContainers', ephemeralContainers, (container, path) => [
      ...validateContainer(container as Container, path, context),
      ...(isPod ? imageProblems(container, path) : []),
      ...unique(container.name, path),
      ...validateEphemeralContainer(container, path, lasting),
    ]),
  ];
}

/** On the host's network a port is the host's as well. In a template it may still be left out. */
export function hostNetworkProblems(
  { hostNetwork, containers = [] }: PodSpec,
  { isPod }: { readonly isPod: boolean },
): readonly StatusCause[] {
  if (hostNetwork !== true) return [];
  return each('spec.containers', containers, ({ ports }, path) =>
    each(`${path}.ports`, ports, ({ hostPort = 0, containerPort }, at) =>
      when((isPod || hostPort !== 0) && hostPort !== containerPort, hostPortMismatch(at, hostPort)),
    ),
  );
}

const hostPortMismatch = (at: string, hostPort: number): StatusCause =>
  invalidValue(`${at}.hostPort`, hostPort, 'must match `containerPort` when `hostNetwork` is true');
