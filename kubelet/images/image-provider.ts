import type { Pod } from '../../shared/api/objects';
import type { Clock } from '../../shared/clock';
import type { Logger } from '../../shared/logger';
import { StatusError } from '../../shared/status-error';
import type { ConfigSource } from '../environment/config-source';
import type { ImageProvider } from '../pod-worker/pod-environment';
import { ImageProblem } from '../pod-worker/pod-environment';
import type { EngineInfo, ImageInfo, RegistryCredential, Runtime } from '../runtime/runtime';
import { IMAGE_FOR_OTHERS } from '../../shared/pod/image-for-others';
import { RuntimeError } from '../runtime/runtime';
import * as events from './image-events';
import { parseImageName } from './image-name';
import { PullBackOff } from './pull-back-off';
import type { Pulled } from './pull-queue';
import { PullQueue } from './pull-queue';
import { decidePull, pullPolicyOf } from './pull-policy';
import type { CredentialEntry } from './registry-credentials';
import { credentialsOf, matching } from './registry-credentials';

export interface ImageProviderOptions {
  readonly runtime: Runtime;
  readonly clock: Clock;
  readonly logger: Logger;
  /** Where the pods' imagePullSecrets come from. */
  readonly source: ConfigSource;
  /** 1 pulls one image after the other. Default 3. */
  readonly pullsAtOnce?: number;
  /** Told of each image that was not on the engine before. */
  readonly onBrought?: (image: ImageInfo, name: string) => Promise<void>;
}

/** One slow registry must not hold up the rest, and a disk takes few at once. */
const DEFAULT_PULLS_AT_ONCE = 3;
/** How long a failed pull is shown as `ErrImagePull` before it is shown to wait (`ImagePullBackOff`). */
const ERROR_SHOWN_MS = 2_000;
/** What only a change of the pod, or somebody at the machine, can mend is looked at again this often. */
const HOPELESS_RETRY_MS = 10_000;

type Request = Parameters<ImageProvider['ensure']>[0];

/** Makes images present as Kubernetes' kubelet does: by policy, with the pod's pull secrets, backing off. */
export function createImageProvider(options: ImageProviderOptions): ImageProvider {
  const provider = new PullingImageProvider(options);
  return { ensure: (request, signal) => provider.ensure(request, signal) };
}

class PullingImageProvider implements ImageProvider {
  private readonly backOff: PullBackOff;
  private readonly queue: PullQueue;
  private engine: EngineInfo | undefined;

  constructor(private readonly options: ImageProviderOptions) {
    const { runtime, clock, pullsAtOnce = DEFAULT_PULLS_AT_ONCE } = options;
    this.backOff = new PullBackOff(clock);
    this.queue = new PullQueue({ runtime, clock, atOnce: pullsAtOnce });
  }

  async ensure(request: Request, signal: AbortSignal): Promise<void> {
    const { container, onEvent } = request;
    const image = container.image ?? '';
    const policy = this.checkName(request, () => pullPolicyOf(container));
    const present = await this.options.runtime.inspectImage(image);
    switch (decidePull(policy, present !== undefined)) {
      case 'use':
        return this.use(request, image, present);
      case 'refuse':
        onEvent(events.neverPulled(image));
        throw this.problem('ErrImageNeverPull', events.neverPulledMessage(image), HOPELESS_RETRY_MS);
      case 'pull':
        return this.pull(request, image, signal);
    }
  }

  private async use({ onEvent }: Request, image: string, present: ImageInfo | undefined): Promise<void> {
    const misfit = present === undefined ? undefined : await this.misfit(image, present);
    if (misfit === undefined) return onEvent(events.alreadyPresent(image));
    onEvent(events.failedToPull(image, misfit));
    throw this.problem(IMAGE_FOR_OTHERS, misfit, HOPELESS_RETRY_MS);
  }

  private async pull({ pod, onEvent }: Request, image: string, signal: AbortSignal): Promise<void> {
    const { clock, logger } = this.options;
    const key = `${pod.metadata.uid} ${image}`;
    const wait = this.backOff.waitOf(key);
    if (wait !== undefined) {
      onEvent(events.backingOff(image));
      onEvent(events.failed('ImagePullBackOff'));
      throw new ImageProblem('ImagePullBackOff', `Back-off pulling image "${image}": ${wait.message}`, wait.untilMs);
    }
    const askedMs = clock.monotonic();
    onEvent(events.pulling(image));
    try {
      const before = await this.presentIds();
      const { image: pulled, pulledMs } = await this.tryCredentials(
        image,
        await this.credentials(pod, onEvent),
        signal,
      );
      const misfit = await this.misfit(image, pulled);
      if (misfit !== undefined) throw new RuntimeError('ImageForOtherProcessors', misfit);
      this.backOff.succeeded(key);
      if (!before.has(pulled.id)) await this.options.onBrought?.(pulled, image);
      const waitedMs = clock.monotonic() - askedMs;
      onEvent(events.pulled(image, { pulledMs, waitedMs, sizeBytes: pulled.sizeBytes }));
    } catch (error) {
      if (!(error instanceof RuntimeError) || error.kind === 'EngineUnavailable') throw error;
      const reason = error.kind === 'ImageForOtherProcessors' ? IMAGE_FOR_OTHERS : 'ErrImagePull';
      logger.debug({ image, error: error.message }, 'image could not be pulled');
      this.backOff.failed(key, error.message);
      onEvent(events.failedToPull(image, error.message));
      onEvent(events.failed(reason));
      throw this.problem(reason, `Failed to pull image "${image}": ${error.message}`, ERROR_SHOWN_MS);
    }
  }

  private async presentIds(): Promise<ReadonlySet<string>> {
    if (this.options.onBrought === undefined) return new Set();
    return new Set((await this.options.runtime.images()).map(({ id }) => id));
  }

  /** Why programs of the image would end at once, and say no more than `exec format error`; undefined: they run here. */
  private async misfit(image: string, { architecture }: ImageInfo): Promise<string | undefined> {
    if (architecture === undefined) return undefined;
    const engine = (this.engine ??= await this.options.runtime.info());
    if (engine.runs.includes(architecture)) return undefined;
    return `image "${image}" is for linux/${architecture}, this node runs linux/${engine.architecture}`;
  }

  /** Without any that fits, the image is asked for by nobody; otherwise by each in turn until one is let in. */
  private async tryCredentials(
    image: string,
    entries: readonly CredentialEntry[],
    signal: AbortSignal,
  ): Promise<Pulled> {
    const [first, ...others] = matching(entries, parseImageName(image));
    let result = this.queue.pull(requestOf(image, first), signal);
    for (const credential of others)
      result = result.catch((error: unknown) => {
        if (!(error instanceof RuntimeError) || error.kind !== 'ImagePullFailed') throw error;
        return this.queue.pull(requestOf(image, credential), signal);
      });
    return result;
  }

  private async credentials(pod: Pod, onEvent: Request['onEvent']): Promise<readonly CredentialEntry[]> {
    const names = (pod.spec.imagePullSecrets ?? []).flatMap(({ name }) =>
      name === undefined || name === '' ? [] : [name],
    );
    const { namespace } = pod.metadata;
    const secrets = await Promise.all(names.map((name) => this.secret(namespace, name)));
    const missing = names.filter((_name, index) => secrets[index] === undefined);
    if (missing.length > 0) onEvent(events.secretsMissing(missing));
    return secrets.flatMap((secret) => (secret === undefined ? [] : credentialsOf(secret)));
  }

  /** A secret that cannot be had does not keep the kubelet from trying: the image may be free to all. */
  private async secret(namespace: string, name: string) {
    try {
      return await this.options.source.get({ kind: 'Secret', namespace, name });
    } catch (error) {
      if (error instanceof StatusError) return undefined;
      throw error;
    }
  }

  private checkName<T>({ container, onEvent }: Request, read: () => T): T {
    try {
      return read();
    } catch (error) {
      if (!(error instanceof RuntimeError) || error.kind !== 'InvalidImageName') throw error;
      onEvent(events.invalidName(error.message));
      this.options.logger.debug({ image: container.image }, 'image name is invalid');
      throw this.problem('InvalidImageName', error.message, HOPELESS_RETRY_MS);
    }
  }

  private problem(reason: string, message: string, retryInMs: number): ImageProblem {
    return new ImageProblem(reason, message, this.options.clock.now() + retryInMs);
  }
}

const requestOf = (image: string, credential: RegistryCredential | undefined) => ({
  image,
  ...(credential === undefined ? {} : { credential }),
});
