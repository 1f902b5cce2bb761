import type { Logger } from '../../shared/logger';
import { StatusError, toStatusError } from '../../shared/status-error';
import type { Ack } from '../../shared/wire/node-channel';

/** Answers a message whose sender waits for it: the result, or the Status of what `work` threw. */
export async function acknowledge<T>(ack: unknown, logger: Logger, work: () => Promise<T>): Promise<void> {
  const answer: Ack<T> = await work().then(
    (ok) => ({ ok }),
    (error: unknown) => {
      if (!(error instanceof StatusError)) logger.error({ err: error }, 'a message of the node failed');
      return { status: toStatusError(error).toStatus() };
    },
  );
  if (typeof ack === 'function') Reflect.apply(ack, undefined, [answer]);
}
