import type { Status, StatusReason } from '../status-error';
import { StatusError } from '../status-error';
import { asRecord, parseError } from './parse-value';

/** A Status off the wire. Its details are taken as they are: they are only ever handed on to a client. */
export function parseStatus(value: unknown, path: string): Status {
  const status = asRecord(value, path);
  const outcome = status['status'];
  const code = status['code'];
  const message = status['message'];
  const reason = status['reason'];
  const details = status['details'];
  if (outcome !== 'Success' && outcome !== 'Failure') throw parseError(`${path}.status`, '"Success" or "Failure"');
  return {
    kind: 'Status',
    apiVersion: 'v1',
    metadata: {},
    status: outcome,
    ...(typeof message === 'string' ? { message } : {}),
    ...(typeof reason === 'string' ? { reason: reason as StatusReason } : {}),
    ...(typeof details === 'object' && details !== null ? { details } : {}),
    code: typeof code === 'number' ? code : outcome === 'Success' ? 200 : 500,
  };
}

/** The last message of a stream; anything else than a Status is itself a failure of the agent. */
export function parseStatusJson(data: Uint8Array): Status {
  try {
    return parseStatus(JSON.parse(Buffer.from(data).toString('utf8')), 'status');
  } catch (error) {
    return new StatusError('InternalError', 'the agent ended the stream without a readable status', undefined, {
      cause: error,
    }).toStatus();
  }
}
