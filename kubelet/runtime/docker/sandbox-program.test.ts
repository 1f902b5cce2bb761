import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import type { AddressInfo } from 'node:net';
import { createServer } from 'node:net';
import { arch, tmpdir } from 'node:os';
import path from 'node:path';
import { text } from 'node:stream/consumers';
import { sandboxProgram } from './sandbox-program';

describe('the sandbox program', () => {
  const folder = mkdtempSync(path.join(tmpdir(), 'sandbox-program-'));
  const file = path.join(folder, 'sandbox');
  beforeAll(() => writeFileSync(file, sandboxProgram(arch() === 'arm64' ? 'arm64' : 'amd64'), { mode: 0o755 }));
  afterAll(() => rmSync(folder, { recursive: true }));

  it.each(['amd64', 'arm64'] as const)('is a file of less than a kilobyte for %s', (architecture) => {
    expect(sandboxProgram(architecture).length).toBeLessThan(1024);
  });

  it.each(['SIGTERM', 'SIGINT'] as const)('ends with 0 on %s, and ignores other signals', async (signal) => {
    const child = spawn(file);
    await once(child, 'spawn');
    child.kill('SIGHUP');
    child.kill('SIGUSR1');
    child.kill(signal);
    // A signal that came before the program had blocked it kills it: that too is an end by this signal.
    const [code, killedBy] = (await once(child, 'exit')) as [number | null, string | null];
    expect([0, null]).toContain(code);
    if (code === null) expect(['SIGHUP', 'SIGUSR1', signal]).toContain(killedBy);
  });

  it('carries bytes both ways and a half-close to a port of 127.0.0.1', async () => {
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
  });

  it('exits with 1 and says nothing where nothing listens', async () => {
    const child = spawn(file, ['connect', '1']);
    expect(await text(child.stdout)).toBe('');
    expect(child.exitCode ?? ((await once(child, 'exit')) as [number])[0]).toBe(1);
  });
});
