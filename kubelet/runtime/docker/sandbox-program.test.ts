import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, readlinkSync, rmSync, writeFileSync } from 'node:fs';
import type { AddressInfo } from 'node:net';
import { createServer } from 'node:net';
import { arch, tmpdir } from 'node:os';
import path from 'node:path';
import { text } from 'node:stream/consumers';
import { sandboxProgram } from './sandbox-program';

/** Real processes on a machine that may be busy: what takes milliseconds alone may wait long for a core. */
const PROCESS_LIMIT_MS = 60_000;

describe('the sandbox program', () => {
  const folder = mkdtempSync(path.join(tmpdir(), 'sandbox-program-'));
  const file = path.join(folder, 'sandbox');
  beforeAll(() => writeFileSync(file, sandboxProgram(arch() === 'arm64' ? 'arm64' : 'amd64'), { mode: 0o755 }));
  afterAll(() => rmSync(folder, { recursive: true }));

  it.each(['amd64', 'arm64'] as const)('is a file of less than a kilobyte for %s', (architecture) => {
    expect(sandboxProgram(architecture).length).toBeLessThan(1024);
  });

  it.each(['SIGTERM', 'SIGINT'] as const)(
    'ends with 0 on %s, and on no other signal',
    async (signal) => {
      const child = spawn(file);
      await once(child, 'spawn');
      // Asleep in the program itself: it waits for signals.
      const isReady = (): boolean =>
        readlinkSync(`/proc/${child.pid}/exe`) === file &&
        /^State:\tS/m.test(readFileSync(`/proc/${child.pid}/status`, 'utf8'));
      while (!isReady()) await new Promise((resolve) => setImmediate(resolve));
      child.kill('SIGHUP');
      child.kill('SIGUSR1');
      child.kill(signal);
      expect(await once(child, 'exit')).toEqual([0, null]);
    },
    PROCESS_LIMIT_MS,
  );

  it(
    'carries bytes both ways and a half-close to a port of 127.0.0.1',
    async () => {
      const server = createServer({ allowHalfOpen: true }, (socket) => {
        const chunks: Buffer[] = [];
        socket.on('data', (chunk: Buffer) => chunks.push(chunk));
        socket.on('end', () => socket.end(Buffer.concat(chunks)));
      });
      await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
      const { port } = server.address() as AddressInfo;
      const child = spawn(file, ['connect', String(port)]);
      const sent = 'some words '.repeat(100_000);
      child.stdin.end(sent);
      expect(await text(child.stdout)).toBe(`\x02${sent}`);
      expect(child.exitCode ?? ((await once(child, 'exit')) as [number])[0]).toBe(0);
      server.close();
    },
    PROCESS_LIMIT_MS,
  );

  it(
    'exits with 1 and says nothing where nothing listens',
    async () => {
      const child = spawn(file, ['connect', '1']);
      expect(await text(child.stdout)).toBe('');
      expect(child.exitCode ?? ((await once(child, 'exit')) as [number])[0]).toBe(1);
    },
    PROCESS_LIMIT_MS,
  );
});
