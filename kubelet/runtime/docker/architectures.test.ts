import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { goArchitectureOf, runnableOn } from './architectures';

it('names architectures as Go does', () => {
  expect(['x86_64', 'aarch64', 'riscv64'].map(goArchitectureOf)).toEqual(['amd64', 'arm64', 'riscv64']);
});

it('runs what the processor runs and what the kernel emulates', async () => {
  const folder = mkdtempSync(path.join(tmpdir(), 'emulators-'));
  for (const name of ['register', 'status', 'qemu-aarch64', 'python3']) writeFileSync(path.join(folder, name), '');
  expect(await runnableOn('amd64', folder)).toEqual(['amd64', '386', 'arm64']);
  rmSync(folder, { recursive: true });
  expect(await runnableOn('amd64', folder)).toEqual(['amd64', '386']);
});
