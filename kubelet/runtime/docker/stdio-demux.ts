import type { Readable } from 'node:stream';
import { PassThrough } from 'node:stream';

const HEADER_BYTES = 8;
const STDERR = 2;

/**
 * Takes apart the engine's stream of frames (a byte for the stream, three of nothing, four of length, the bytes),
 * wherever its chunks were cut. Whoever reads slower than the engine sends holds the engine back.
 */
export function demux(source: Readable): { readonly stdout: PassThrough; readonly stderr: PassThrough } {
  const stdout = new PassThrough();
  const stderr = new PassThrough();
  const header = Buffer.alloc(HEADER_BYTES);
  let headerBytes = 0;
  let target = stdout;
  let remainingBytes = 0;

  const take = (chunk: Buffer): void => {
    for (let at = 0; at < chunk.length;) {
      if (remainingBytes === 0) {
        const copied = chunk.copy(header, headerBytes, at, at + HEADER_BYTES - headerBytes);
        at += copied;
        headerBytes += copied;
        if (headerBytes < HEADER_BYTES) return;
        headerBytes = 0;
        target = header[0] === STDERR ? stderr : stdout;
        remainingBytes = header.readUInt32BE(4);
        continue;
      }
      const part = chunk.subarray(at, at + remainingBytes);
      at += part.length;
      remainingBytes -= part.length;
      if (!target.write(part)) holdBack(target);
    }
  };
  const holdBack = (slow: PassThrough): void => {
    source.pause();
    slow.once('drain', () => source.resume());
  };
  passOn(source, take, [stdout, stderr]);
  return { stdout, stderr };
}

/** The stream as it is: that of a terminal, where both are one. */
export function undivided(source: Readable): { readonly stdout: PassThrough; readonly stderr: PassThrough } {
  const stdout = new PassThrough();
  const stderr = new PassThrough();
  const take = (chunk: Buffer): void => {
    if (stdout.write(chunk)) return;
    source.pause();
    stdout.once('drain', () => source.resume());
  };
  passOn(source, take, [stdout, stderr]);
  return { stdout, stderr };
}

function passOn(source: Readable, take: (chunk: Buffer) => void, targets: readonly PassThrough[]): void {
  let isOver = false;
  const finish = (): void => {
    isOver = true;
    for (const target of targets) target.end();
  };
  source.on('data', take);
  source.on('end', finish);
  // A connection that breaks ends what is read from it: how it went is said by the exit code's promise.
  source.on('error', finish);
  source.on('close', () => {
    if (!isOver) finish();
  });
}
