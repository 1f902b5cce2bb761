import { expired, StatusError, toStatusError } from '../../shared/status-error';
import { CompactedError, FutureRevisionError, StoreClosedError, StoreFullError } from '../store/store';

/** The one place where the store's errors become Status. */
export function fromStoreError(error: unknown): StatusError {
  if (error instanceof CompactedError) {
    return expired(`too old resource version: ${error.requested} (${error.compacted})`);
  }
  if (error instanceof FutureRevisionError) return tooLargeResourceVersion(error.requested, error.current);
  if (error instanceof StoreFullError) {
    return new StatusError(
      'ServiceUnavailable',
      'the store is full: nothing was written; free disk space and try again',
      undefined,
      {
        cause: error,
      },
    );
  }
  if (error instanceof StoreClosedError) {
    return new StatusError('ServiceUnavailable', 'the server is shutting down', undefined, { cause: error });
  }
  return toStatusError(error);
}

export const tooLargeResourceVersion = (requested: number, current: number): StatusError =>
  new StatusError('Timeout', `Too large resource version: ${requested}, current: ${current}`, {
    causes: [{ reason: 'ResourceVersionTooLarge', message: 'Too large resource version' }],
    retryAfterSeconds: 1,
  });
