import { types } from 'node:util';
import type { PullProgress, RegistryCredential } from '../runtime';
import { RuntimeError } from '../runtime';
import { parseImageName } from '../../images/image-name';
import type { EngineCalls } from './engine-calls';
import { JsonLines } from './json-lines';

export interface PullOptions {
  readonly credential?: RegistryCredential;
  readonly onProgress?: (progress: PullProgress) => void;
  readonly signal?: AbortSignal;
}

interface PullMessage {
  readonly id?: string;
  readonly status?: string;
  readonly error?: string;
  readonly progressDetail?: { readonly current?: number; readonly total?: number };
}

/** Has the engine pull an image. Aborting it makes the engine stop. Rejects with `ImagePullFailed`, `ImageForOtherProcessors`. */
export async function pull(calls: EngineCalls, image: string, options: PullOptions): Promise<void> {
  try {
    const stream = await calls.pull(referenceOf(image), options.credential, options.signal);
    const lines = new JsonLines();
    const layers = new Map<string, { readonly current: number; readonly total: number }>();
    for await (const chunk of stream)
      for (const message of lines.push(chunk as Buffer) as readonly PullMessage[]) {
        if (message.error !== undefined) throw refusal(message.error);
        const { id, status = '', progressDetail } = message;
        const { current, total } = progressDetail ?? {};
        if (id === undefined || status !== 'Downloading' || current === undefined || total === undefined) continue;
        layers.set(id, { current, total });
        options.onProgress?.(progressOf(layers.values(), status));
      }
  } catch (error) {
    if (error instanceof RuntimeError && ['EngineUnavailable', 'InvalidImageName'].includes(error.kind)) throw error;
    if (options.signal?.aborted === true) throw options.signal.reason;
    if (!types.isNativeError(error)) throw error;
    throw error instanceof RuntimeError && error.kind === 'ImageForOtherProcessors'
      ? error
      : refusal(error.message, error);
  }
}

/** The registry has the image, and nothing for this machine's processor among its variants. */
const OTHERS_ONLY = /no match(ing manifest)? for .*\bin (the )?manifest/;

function refusal(message: string, cause?: Error): RuntimeError {
  const kind = OTHERS_ONLY.test(message) ? 'ImageForOtherProcessors' : 'ImagePullFailed';
  return new RuntimeError(kind, message, cause === undefined ? undefined : { cause });
}

/** Complete, so that the engine pulls one image and not every tag of it. */
function referenceOf(image: string): string {
  const { registry, repository, tag, digest } = parseImageName(image);
  return `${registry}/${repository}${digest === undefined ? `:${tag}` : `@${digest}`}`;
}

function progressOf(
  layers: Iterable<{ readonly current: number; readonly total: number }>,
  message: string,
): PullProgress {
  let downloadedBytes = 0;
  let totalBytes = 0;
  for (const { current, total } of layers) {
    downloadedBytes += current;
    totalBytes += total;
  }
  return { downloadedBytes, totalBytes, message };
}
