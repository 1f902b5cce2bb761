import { durationMsOf } from '../../shared/go-duration';
import { badRequest } from '../../shared/status-error';

/** Also units that nobody counts a request in, and what is over already. */
const TINY_OR_SIGNED = /^[-+]?(?:0|(?:\d+(?:\.\d*)?(?:ns|us|µs|ms|s|m|h))+)$/;

/**
 * Every request that does not last may say how long its client waits. Our answers come sooner than that; what cannot be
 * read is refused. Throws BadRequest.
 */
export function checkRequestTimeout(query: URLSearchParams): void {
  const text = query.get('timeout') ?? '';
  if (text === '' || durationMsOf(text) !== undefined || TINY_OR_SIGNED.test(text)) return;
  throw badRequest(
    `invalid timeout specified in the request URL - time: ${/^\d+(\.\d+)?$/.test(text) ? 'missing unit in' : 'invalid'} duration ${JSON.stringify(text)}`,
  );
}
