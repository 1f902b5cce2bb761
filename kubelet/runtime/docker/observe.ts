import type { ContainerInspectInfo, ImageInfo as ListedImage, ImageInspectInfo } from 'dockerode';
import type { ImageInfo, ObservedContainer, ObservedSandbox, ObservedState, ObservedSystemContainer } from '../runtime';
import { adjustableOf } from './create-options';
import { cleanStartMessage } from './engine-error';
import { LABELS, annotationsOf, kindOf, podOf } from './labels';

/** The exit code of a process that SIGKILL ended. */
export const KILLED = 137;

/** `isWired`: it has its interface. One that has not is as good as not started: starting it will give it one. */
export function toSandbox(inspected: ContainerInspectInfo, isWired = true): ObservedSandbox {
  const { Config } = inspected;
  return {
    id: inspected.Id,
    pod: podOf(Config.Labels),
    attempt: Number(Config.Labels[LABELS.attempt] ?? 0),
    state: isWired ? stateOf(inspected) : { phase: 'created' },
    createdAtMs: Date.parse(inspected.Created),
    ips: isWired ? addressesOf(inspected) : [],
  };
}

/** Whether the interface of a sandbox is the agent's to make: the engine knows of none. */
export const hasAgentsInterface = ({ Config, HostConfig }: ContainerInspectInfo): boolean =>
  HostConfig.NetworkMode === 'none' && Config.Labels[LABELS.address] !== undefined;

function addressesOf(inspected: ContainerInspectInfo): readonly string[] {
  const { Config, NetworkSettings, State } = inspected;
  if (hasAgentsInterface(inspected)) return State.Running ? [Config.Labels[LABELS.address] ?? ''] : [];
  return Object.values(NetworkSettings.Networks)
    .flatMap((network) => [network.IPAddress, network.GlobalIPv6Address])
    .filter((ip) => ip !== '');
}

/** `isOutOfMemory`: the engine has said so in an event, which its own mark sometimes misses. */
export function toContainer(inspected: ContainerInspectInfo, isOutOfMemory = false): ObservedContainer {
  const { Config } = inspected;
  const labels = Config.Labels;
  return {
    id: inspected.Id,
    sandboxId: labels[LABELS.sandbox] ?? '',
    pod: podOf(labels),
    name: labels[LABELS.container] ?? '',
    kind: kindOf(labels),
    attempt: Number(labels[LABELS.attempt] ?? 0),
    specHash: labels[LABELS.specHash] ?? '',
    image: Config.Image,
    imageId: labels[LABELS.imageId] ?? `docker://${inspected.Image}`,
    resources: adjustableOf(inspected.HostConfig),
    state: stateOf(inspected, isOutOfMemory),
    createdAtMs: Date.parse(inspected.Created),
    annotations: annotationsOf(labels),
  };
}

export const toSystemContainer = (inspected: ContainerInspectInfo): ObservedSystemContainer => ({
  id: inspected.Id,
  specHash: inspected.Config.Labels[LABELS.specHash] ?? '',
  state: stateOf(inspected),
});

function stateOf({ State, Created }: ContainerInspectInfo, isOutOfMemory = false): ObservedState {
  if (State.Running) return { phase: 'running', startedAtMs: Date.parse(State.StartedAt) };
  const createdAtMs = Date.parse(Created);
  // One that could not be started stays `created` for the engine, with what went wrong beside it.
  if (State.Status === 'created' && State.ExitCode === 0 && State.Error === '') return { phase: 'created' };
  return {
    phase: 'exited',
    startedAtMs: timeOf(State.StartedAt) ?? createdAtMs,
    finishedAtMs: timeOf(State.FinishedAt) ?? createdAtMs,
    exitCode: State.ExitCode,
    // The engine also marks a container whose child alone was killed and that ended well.
    oomKilled: (State.OOMKilled && State.ExitCode !== 0) || (isOutOfMemory && State.ExitCode === KILLED),
    ...(State.Error === '' ? {} : { error: cleanStartMessage(State.Error) }),
  };
}

/** The engine writes the year 1 for "never". */
function timeOf(text: string): number | undefined {
  const ms = Date.parse(text);
  return ms > 0 ? ms : undefined;
}

export const fromInspectedImage = (image: ImageInspectInfo): ImageInfo => ({
  ...imageOf({
    id: image.Id,
    sizeBytes: image.Size,
    tags: image.RepoTags,
    digests: image.RepoDigests,
    labels: image.Config.Labels,
  }),
  user: image.Config.User,
  ...(image.Architecture === '' ? {} : { architecture: image.Architecture }),
});

/** A list does not say the image's user. */
export const fromListedImage = ({ Id, Size, RepoTags, RepoDigests, Labels }: ListedImage): ImageInfo => ({
  ...imageOf({ id: Id, sizeBytes: Size, tags: RepoTags, digests: RepoDigests, labels: Labels }),
  user: '',
});

function imageOf(image: {
  readonly id: string;
  readonly sizeBytes: number;
  readonly tags: readonly string[] | null | undefined;
  readonly digests: readonly string[] | null | undefined;
  /** The engine has null for none. */
  readonly labels: Readonly<Record<string, string>> | null | undefined;
}) {
  const { id, sizeBytes } = image;
  const isNamed = (name: string): boolean => !name.startsWith('<none>');
  const tags = (image.tags ?? []).filter(isNamed);
  const digests = (image.digests ?? []).filter(isNamed);
  const [digest] = digests;
  return {
    id,
    sizeBytes,
    tags,
    digests,
    labels: image.labels ?? {},
    imageId: digest === undefined ? `docker://${id}` : `docker-pullable://${digest}`,
  };
}
