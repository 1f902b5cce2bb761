import { createHash } from 'node:crypto';
import type { Clock } from '../../shared/clock';
import type { ImageInfo, RegistryCredential, Runtime } from '../runtime/runtime';

export interface PullRequest {
  readonly image: string;
  readonly credential?: RegistryCredential;
}

export interface Pulled {
  readonly image: ImageInfo;
  /** How long the pull itself took, without standing in line. */
  readonly pulledMs: number;
}

interface SharedPull {
  readonly result: Promise<Pulled>;
  readonly giveUp: AbortController;
  waiters: number;
}

/**
 * Pulls images, so many at once, the rest in the order they were asked for. Whoever asks for an image that is being
 * pulled with the same credential shares that pull; it is given up when nobody waits for it any more.
 */
export class PullQueue {
  private readonly shared = new Map<string, SharedPull>();
  private readonly line: (() => void)[] = [];
  private running = 0;

  /** @param options.atOnce 1 pulls one after the other. */
  constructor(
    private readonly options: { readonly runtime: Runtime; readonly clock: Clock; readonly atOnce: number },
  ) {}

  /** Rejects with the runtime's error, or the signal's reason. */
  async pull(request: PullRequest, signal: AbortSignal): Promise<Pulled> {
    signal.throwIfAborted();
    const key = keyOf(request);
    const pull = this.shared.get(key) ?? this.begin(key, request);
    pull.waiters++;
    try {
      return await untilAborted(pull.result, signal);
    } finally {
      if (--pull.waiters === 0) {
        // Whoever comes from now on starts anew.
        if (this.shared.get(key) === pull) this.shared.delete(key);
        pull.giveUp.abort(new Error('nobody waits for this image any more'));
      }
    }
  }

  private begin(key: string, request: PullRequest): SharedPull {
    const giveUp = new AbortController();
    const pull: SharedPull = { giveUp, waiters: 0, result: this.run(request, giveUp.signal) };
    pull.result.catch(() => undefined);
    this.shared.set(key, pull);
    return pull;
  }

  private async run({ image, credential }: PullRequest, signal: AbortSignal): Promise<Pulled> {
    await this.turn();
    try {
      signal.throwIfAborted();
      const { runtime, clock } = this.options;
      const startedMs = clock.monotonic();
      const pulled = await runtime.pullImage(image, { signal, ...(credential === undefined ? {} : { credential }) });
      return { image: pulled, pulledMs: clock.monotonic() - startedMs };
    } finally {
      // A freed turn goes straight to the next in line: counted as free in between, a newcomer could take it too.
      const next = this.line.shift();
      if (next === undefined) this.running--;
      else next();
    }
  }

  private async turn(): Promise<void> {
    if (this.running < this.options.atOnce) this.running++;
    else await new Promise<void>((resolve) => this.line.push(resolve));
  }
}

/** The password itself stays out of the keys. */
const keyOf = ({ image, credential }: PullRequest): string =>
  `${image} ${credential === undefined ? '' : createHash('sha256').update(JSON.stringify(credential)).digest('hex')}`;

function untilAborted<T>(work: Promise<T>, signal: AbortSignal): Promise<T> {
  return new Promise((resolve, reject) => {
    const onAbort = (): void => reject(signal.reason as Error);
    signal.addEventListener('abort', onAbort, { once: true });
    work.then(resolve, reject).finally(() => signal.removeEventListener('abort', onAbort));
  });
}
