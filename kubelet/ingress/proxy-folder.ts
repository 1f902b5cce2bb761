import { createHash } from 'node:crypto';
import { chmod, mkdir, readFile, readdir, rename, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { errorCodeOf } from '../../shared/error-code';
import type { MemoryFolders } from '../volumes/memory-folder';

/** Where the proxy finds the folder. */
export const MOUNTED_AT = '/etc/pinsetter-ingress';
const CURRENT = 'nginx.conf';
const NEXT = 'next.conf';
const CERTIFICATES = 'certificates';
const MAX_BYTES = 64 * 2 ** 20;

/** What a proxy begins with: nothing that listens. */
const EMPTY = [
  'include /etc/nginx/modules-enabled/*.conf;',
  'pid /run/nginx.pid;',
  'error_log /dev/stderr warn;',
  'events {}',
  '',
].join('\n');

/** The proxy's configuration and certificates, in memory and for root alone. Certificates are named by what is in them. */
export class ProxyFolder {
  constructor(
    readonly folder: string,
    private readonly memory: MemoryFolders,
  ) {}

  /** The configuration that the proxy was last told to use; undefined before the first. */
  async current(): Promise<string | undefined> {
    try {
      return await readFile(this.at(CURRENT), 'utf8');
    } catch (error) {
      if (errorCodeOf(error) === 'ENOENT') return undefined;
      throw error;
    }
  }

  /** Makes what a proxy needs to start; what is there stays. */
  async prepare(): Promise<void> {
    await this.memory.make(this.folder, MAX_BYTES);
    await chmod(this.folder, 0o700);
    await mkdir(this.at(CERTIFICATES), { recursive: true, mode: 0o700 });
    if ((await this.current()) === undefined) await write(this.at(CURRENT), EMPTY);
  }

  /** As if no configuration had ever been used. */
  async reset(): Promise<void> {
    await write(this.at(CURRENT), EMPTY);
  }

  /** Keeps certificate and key, in PEM, and tells the file as the proxy sees it. */
  async keep(pem: string): Promise<string> {
    const name = certificateName(pem);
    await write(this.at(CERTIFICATES, name), pem);
    return path.posix.join(MOUNTED_AT, CERTIFICATES, name);
  }

  /** Writes what may come next, and tells the file as the proxy sees it. */
  async propose(configuration: string): Promise<string> {
    await write(this.at(NEXT), configuration);
    return path.posix.join(MOUNTED_AT, NEXT);
  }

  /** What was proposed is from now on what the proxy uses. */
  async accept(): Promise<void> {
    await rename(this.at(NEXT), this.at(CURRENT));
  }

  /** Of the certificates only these stay: files as the proxy sees them. */
  async forgetOthers(files: ReadonlySet<string>): Promise<void> {
    const names = new Set([...files].map((file) => path.posix.basename(file)));
    for (const name of await readdir(this.at(CERTIFICATES)))
      if (!names.has(name)) await rm(this.at(CERTIFICATES, name), { force: true });
  }

  /** Leaves nothing. Gone already is success. */
  remove(): Promise<void> {
    return this.memory.remove(this.folder);
  }

  private at(...parts: readonly string[]): string {
    return path.join(this.folder, ...parts);
  }
}

const certificateName = (pem: string): string => `${createHash('sha256').update(pem).digest('hex')}.pem`;

const write = (file: string, text: string): Promise<void> => writeFile(file, text, { mode: 0o600 });
