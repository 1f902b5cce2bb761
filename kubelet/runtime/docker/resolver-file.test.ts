import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import type { ContainerInspectInfo } from 'dockerode';
import { silentLogger } from '../../../shared/logger';
import { writeResolverFile } from './resolver-file';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(path.join(os.tmpdir(), 'resolver-'));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

const inspected = (file: string): ContainerInspectInfo =>
  ({
    ResolvConfPath: file,
    HostConfig: { Dns: ['192.0.2.1'], DnsSearch: ['corp'], DnsOptions: ['ndots:2'] },
  }) as unknown as ContainerInspectInfo;

it('leaves nothing of a longer file that the engine wrote before', async () => {
  const file = path.join(folder, 'resolv.conf');
  await writeFile(file, `nameserver 127.0.0.11\n${'# more\n'.repeat(20)}`);
  await writeResolverFile(inspected(file), silentLogger);
  expect(await readFile(file, 'utf8')).toBe('nameserver 192.0.2.1\nsearch corp\noptions ndots:2\n');
});

it('makes no file where the engine has none', async () => {
  const file = path.join(folder, 'absent');
  await writeResolverFile(inspected(file), silentLogger);
  await expect(readFile(file, 'utf8')).rejects.toThrow('ENOENT');
});
