import { types } from 'node:util';
import { RuntimeError } from '../runtime';

interface EngineFailure {
  readonly status: number;
  readonly message: string;
}

/** Codes of a connection that could not be made or broke. */
const UNREACHABLE = new Set([
  'ECONNREFUSED',
  'ENOENT',
  'ECONNRESET',
  'EPIPE',
  'EACCES',
  'ETIMEDOUT',
  'EHOSTUNREACH',
  'ENOTFOUND',
]);

/** What the engine answered, of a dockerode error; undefined for any other. */
export function failureOf(error: unknown): EngineFailure | undefined {
  if (!types.isNativeError(error) || !('statusCode' in error) || typeof error.statusCode !== 'number') return undefined;
  const json: unknown = 'json' in error ? error.json : undefined;
  const said =
    typeof json === 'object' && json !== null && 'message' in json && typeof json.message === 'string'
      ? json.message
      : error.message.replace(/^\(HTTP code \d+\) [^-]* - /, '');
  return { status: error.statusCode, message: said.trim() };
}

/** Translates what a call to the engine threw. Errors that are not the engine's come back untouched. */
export function toRuntimeError(error: unknown): unknown {
  if (error instanceof RuntimeError) return error;
  const failure = failureOf(error);
  if (failure !== undefined) return new RuntimeError(kindOf(failure), wordsOf(failure), { cause: error });
  if (!types.isNativeError(error)) return error;
  const code = 'code' in error ? error.code : undefined;
  const isCut = error.message === 'socket hang up' || error.message === 'aborted';
  if (isCut || (typeof code === 'string' && UNREACHABLE.has(code)))
    return new RuntimeError('EngineUnavailable', `the Docker engine does not answer: ${error.message}`, {
      cause: error,
    });
  return error;
}

/** As `toRuntimeError`, of a call that starts a container: whatever the engine has against it is a failed start. */
export function toStartError(error: unknown): unknown {
  const failure = failureOf(error);
  const translated = toRuntimeError(error);
  if (failure === undefined || !(translated instanceof RuntimeError)) return translated;
  const isItsOwn = ['NotFound', 'PortConflict'].includes(translated.kind);
  return isItsOwn ? translated : new RuntimeError('StartFailed', cleanStartMessage(failure.message), { cause: error });
}

/** As `toRuntimeError`, of a change of resources: the kernel refuses a limit below what is in use. */
export function toResizeError(error: unknown): unknown {
  const failure = failureOf(error);
  const translated = toRuntimeError(error);
  if (failure === undefined || failure.status === 404) return translated;
  return new RuntimeError('ResizeFailed', failure.message.replace(/^Cannot update container \S+: /, ''), {
    cause: error,
  });
}

/** As `toRuntimeError`, of a call about a network. */
export function toNetworkError(error: unknown): unknown {
  const message = failureOf(error)?.message ?? '';
  if (/overlap|conflicts with network/i.test(message))
    return new RuntimeError('NetworkConflict', message, { cause: error });
  if (message.includes('has active endpoints')) return new RuntimeError('NetworkInUse', message, { cause: error });
  return toRuntimeError(error);
}

// What the layers between the engine and the kernel put before and after what really went wrong.
const WRAPPING =
  /^(failed to create shim( task)?|failed to create task for container|OCI runtime (create|start) failed|runc (create|run) failed|container_linux\.go:\d+|starting container process caused|unable to start container process|error during container init): ?/;

/** `exec: "foo": executable file not found in $PATH`, of all that the engine says about it. */
export function cleanStartMessage(message: string): string {
  let words = message.replace(/^Cannot start container \S+: /, '').replace(/: unknown$/, '');
  while (WRAPPING.test(words)) words = words.replace(WRAPPING, '');
  return words.replace(/^"(.*)"$/, '$1');
}

/** The host port that is taken, in the engine's several ways to say so. */
function takenPort(message: string): string | undefined {
  return (
    /Bind for \S*?:(\d+) failed: port is already allocated/.exec(message)?.[1] ??
    /listen (?:tcp|udp)[46]? \S*?:(\d+): bind: address already in use/.exec(message)?.[1]
  );
}

function kindOf({ status, message }: EngineFailure): RuntimeError['kind'] {
  if (takenPort(message) !== undefined) return 'PortConflict';
  if (status === 404) return /no such image/i.test(message) ? 'ImageNotFound' : 'NotFound';
  if (status === 409 && message.includes('is already in use by container')) return 'AlreadyExists';
  if (status === 400) return message.includes('invalid reference format') ? 'InvalidImageName' : 'InvalidSpec';
  return 'Unknown';
}

function wordsOf({ message }: EngineFailure): string {
  const port = takenPort(message);
  return port === undefined ? message : `host port ${port} is already in use on this node`;
}
