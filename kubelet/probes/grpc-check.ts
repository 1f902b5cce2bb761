import http2 from 'node:http2';
import type { CheckResult } from './http-check';

const SERVING = 1;
const STATUS_NAMES = ['UNKNOWN', 'SERVING', 'NOT_SERVING', 'SERVICE_UNKNOWN'];
const FRAME_HEADER_BYTES = 5;

/** One `grpc.health.v1.Health/Check` in plain text, as Kubernetes' gRPC probe makes it. */
export function checkGrpc(
  target: { readonly host: string; readonly port: number; readonly service: string },
  signal: AbortSignal,
): Promise<CheckResult> {
  const address = `${target.host}:${target.port}`;
  return new Promise((resolve) => {
    const session = http2.connect(`http://${address}`);
    const finish = (result: CheckResult): void => {
      signal.removeEventListener('abort', onAbort);
      session.destroy();
      resolve(result);
    };
    const unreachable = (why: string): void =>
      finish({ ok: false, message: `timeout: failed to connect service "${address}": ${why}` });
    const onAbort = (): void => unreachable('context deadline exceeded');
    signal.addEventListener('abort', onAbort, { once: true });
    if (signal.aborted) return onAbort();
    session.once('error', (error: Error) => unreachable(error.message));

    const request = session.request({
      ':method': 'POST',
      ':path': '/grpc.health.v1.Health/Check',
      'content-type': 'application/grpc',
      te: 'trailers',
    });
    const chunks: Buffer[] = [];
    let rpcCode = '0';
    const noteCode = (headers: http2.IncomingHttpHeaders): void => {
      const code = headers['grpc-status'];
      if (typeof code === 'string') rpcCode = code;
    };
    request.on('response', noteCode);
    request.on('trailers', noteCode);
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('error', (error: Error) => unreachable(error.message));
    request.on('end', () => {
      if (rpcCode !== '0')
        return finish({ ok: false, message: `error: health rpc failed: rpc error: code = ${rpcCode}` });
      const status = servingStatus(Buffer.concat(chunks));
      if (status === SERVING) return finish({ ok: true, message: '' });
      finish({ ok: false, message: `service unhealthy (responded with "${STATUS_NAMES[status] ?? status}")` });
    });
    request.end(requestFrame(target.service));
  });
}

/** HealthCheckRequest { string service = 1 } in a gRPC frame. Service names are shorter than 128 bytes here. */
function requestFrame(service: string): Buffer {
  const name = Buffer.from(service.slice(0, 127), 'utf8');
  const message = name.length === 0 ? name : Buffer.concat([Buffer.from([0x0a, name.length]), name]);
  const header = Buffer.alloc(FRAME_HEADER_BYTES);
  header.writeUInt32BE(message.length, 1);
  return Buffer.concat([header, message]);
}

/** HealthCheckResponse { ServingStatus status = 1 }: absent is 0. */
const servingStatus = (frame: Buffer): number =>
  frame[FRAME_HEADER_BYTES] === 0x08 ? (frame[FRAME_HEADER_BYTES + 1] ?? 0) : 0;
