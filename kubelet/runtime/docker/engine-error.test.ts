import { cleanStartMessage, toRuntimeError, toStartError } from './engine-error';

const answered = (statusCode: number, message: string): Error =>
  Object.assign(new Error(`(HTTP code ${statusCode}) some reason - ${message} `), { statusCode, json: { message } });

describe('what the engine says', () => {
  it.each([
    [404, 'No such image: foo:latest', 'ImageNotFound', 'No such image: foo:latest'],
    [404, 'No such container: abc', 'NotFound', 'No such container: abc'],
    [
      409,
      'Conflict. The container name "/pin_x" is already in use by container "abc".',
      'AlreadyExists',
      /already in use/,
    ],
    [
      400,
      'invalid mount config for type "bind": bind source path does not exist: /x',
      'InvalidSpec',
      /does not exist: \/x/,
    ],
    [400, 'invalid reference format', 'InvalidImageName', 'invalid reference format'],
    [
      500,
      'driver failed programming external connectivity on endpoint pin_POD (abc): Bind for 0.0.0.0:8080 failed: port is already allocated',
      'PortConflict',
      'host port 8080 is already in use on this node',
    ],
    [
      500,
      'driver failed programming external connectivity on endpoint e (abc): Error starting userland proxy: listen tcp4 0.0.0.0:22: bind: address already in use',
      'PortConflict',
      'host port 22 is already in use on this node',
    ],
    [500, 'something new', 'Unknown', 'something new'],
  ])('%i %s is %s', (status, message, kind, words) => {
    expect(toRuntimeError(answered(status, message))).toMatchObject({
      kind,
      message: typeof words === 'string' ? words : expect.stringMatching(words),
    });
  });

  it.each(['ECONNREFUSED', 'ENOENT', 'ECONNRESET', 'EPIPE'])('nothing (%s) means that it is unavailable', (code) => {
    expect(toRuntimeError(Object.assign(new Error(`connect ${code}`), { code }))).toMatchObject({
      kind: 'EngineUnavailable',
    });
  });

  it('leaves errors that are not the engine’s as they are', () => {
    const error = new TypeError('a mistake of ours');
    expect(toRuntimeError(error)).toBe(error);
  });

  it('keeps a taken port and a missing container apart from failed starts', () => {
    expect(toStartError(answered(404, 'No such container: abc'))).toMatchObject({ kind: 'NotFound' });
    expect(toStartError(answered(500, 'Bind for 0.0.0.0:80 failed: port is already allocated'))).toMatchObject({
      kind: 'PortConflict',
    });
  });

  it.each([
    [
      'failed to create shim task: OCI runtime create failed: runc create failed: unable to start container process: exec: "foo": executable file not found in $PATH: unknown',
      'exec: "foo": executable file not found in $PATH',
    ],
    [
      'OCI runtime create failed: container_linux.go:380: starting container process caused: exec: "/data": permission denied: unknown',
      'exec: "/data": permission denied',
    ],
    ['no space left on device', 'no space left on device'],
  ])('is cleaned of its layers: %s', (message, words) => {
    expect(cleanStartMessage(message)).toBe(words);
    expect(toStartError(answered(400, message))).toMatchObject({ kind: 'StartFailed', message: words });
  });
});
