import type { Container, Pod } from '../../shared/api/objects';
import type { ApiObject } from '../api-object';
import { UsageError } from '../client/resources';
import type { Flags } from '../commands/command';
import { isSet, text, words } from '../commands/command';
import { debugContainer, profileOf, securityOf } from './debug-container';

export interface Copy {
  readonly pod: ApiObject;
  /** The container that debugs. */
  readonly container: string;
}

/** A pod like another, changed for debugging: it is nobody's, stands where the scheduler puts it, and has no probes. Throws UsageError. */
export function copiedPod(
  flags: Flags,
  pod: Pod,
  { name, newContainer }: { name: string; newContainer: string },
): Copy {
  const { nodeName, ephemeralContainers: _ephemeral, initContainers, ...spec } = pod.spec;
  const wanted = text(flags, 'container');
  const image = text(flags, 'image');
  const images = imagesOf(flags);
  const present = spec.containers.find((each) => each.name === wanted);
  const changed = spec.containers.map((container): Container => {
    const withImage = { ...container, image: images.get(container.name) ?? images.get('*') ?? container.image ?? '' };
    return withoutProbes(flags, container.name === wanted ? changedFor(flags, withImage, image) : withImage);
  });
  const adds = present === undefined && image !== undefined;
  if (present === undefined && !adds && wanted !== undefined)
    throw new UsageError(`no container named "${wanted}" in pod "${pod.metadata.name}", and no --image for a new one`);
  if (present === undefined && !adds && images.size === 0 && words(flags, '--').length > 0)
    throw new UsageError('must specify an existing container or a new image when specifying args');
  const container = present?.name ?? wanted ?? (adds ? newContainer : (spec.containers[0]?.name ?? ''));
  const added = adds ? [{ ...debugContainer(flags, container, image), ...securityOf(profileOf(flags), 'pod') }] : [];
  return {
    container,
    pod: {
      apiVersion: 'v1',
      kind: 'Pod',
      metadata: {
        name,
        namespace: pod.metadata.namespace,
        ...(isSet(flags, 'keep-labels') && pod.metadata.labels !== undefined ? { labels: pod.metadata.labels } : {}),
        ...(isSet(flags, 'keep-annotations') && pod.metadata.annotations !== undefined
          ? { annotations: pod.metadata.annotations }
          : {}),
      },
      spec: {
        ...spec,
        ...(isSet(flags, 'same-node') && nodeName !== undefined ? { nodeName } : {}),
        ...(initContainers === undefined || flags['keep-init-containers'] === false ? {} : { initContainers }),
        ...(adds && flags['share-processes'] !== false ? { shareProcessNamespace: true } : {}),
        containers: [...changed, ...added],
      },
    },
  };
}

function changedFor(flags: Flags, container: Container, image: string | undefined): Container {
  const { command: _command, args: _args, ...rest } = container;
  const asked = debugContainer(flags, container.name, image ?? container.image ?? '');
  const hasCommand = asked.command !== undefined || asked.args !== undefined;
  return { ...(hasCommand ? rest : container), ...asked };
}

function withoutProbes(flags: Flags, container: Container): Container {
  const { livenessProbe, readinessProbe, startupProbe, ...rest } = container;
  return {
    ...rest,
    ...(isSet(flags, 'keep-liveness') && livenessProbe !== undefined ? { livenessProbe } : {}),
    ...(isSet(flags, 'keep-readiness') && readinessProbe !== undefined ? { readinessProbe } : {}),
    ...(isSet(flags, 'keep-startup') && startupProbe !== undefined ? { startupProbe } : {}),
  };
}

function imagesOf(flags: Flags): ReadonlyMap<string, string> {
  const pairs = words(flags, 'set-image').flatMap((each) => each.split(','));
  return new Map(
    pairs.map((pair) => {
      const [container = '', ...image] = pair.split('=');
      if (container === '' || image.length === 0) throw new UsageError(`--set-image ${pair}: must be CONTAINER=IMAGE`);
      return [container, image.join('=')] as const;
    }),
  );
}
