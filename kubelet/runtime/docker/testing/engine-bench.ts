import { readFileSync } from 'node:fs';
import Docker from 'dockerode';
import { pack } from 'tar-stream';
import { systemClock } from '../../../../shared/clock';
import { silentLogger } from '../../../../shared/logger';
import { systemRandom } from '../../../../shared/random';
import type { Runtime } from '../../runtime';
import { createDockerRuntime } from '../docker-runtime';

const SOCKET = '/var/run/docker.sock';
const APPLETS = [
  'sh',
  'cat',
  'echo',
  'sleep',
  'tail',
  'id',
  'grep',
  'ls',
  'touch',
  'chown',
  'nc',
  'httpd',
  'ps',
  'stty',
  'hostname',
  'seq',
  'true',
];
const SESSION_LABEL = 'io.pinsetter.test-session';

/** The engine of this machine, for one test file. Whatever is made carries its label, and must be gone at the end. */
export class EngineBench {
  readonly docker = new Docker({ socketPath: SOCKET, host: undefined });
  readonly session = systemRandom.suffix(8);
  readonly image = `pinsetter-test/busybox:${this.session}`;
  readonly socketPath = SOCKET;

  async start(): Promise<void> {
    await this.importImage(this.image);
  }

  /** With what the agent of this machine may do, unless `traits` say otherwise. */
  runtime(
    nodeName: string,
    address: { socketPath: string } | { host: string } = { socketPath: SOCKET },
    traits: { readonly isRoot?: boolean; readonly procRoot?: string } = {},
  ): Runtime {
    return createDockerRuntime({
      ...address,
      isRoot: true,
      ...traits,
      nodeName: `${nodeName}-${this.session}`,
      clock: systemClock,
      logger: silentLogger,
      labels: { [SESSION_LABEL]: this.session },
    });
  }

  /** Busybox and its names. */
  async importImage(image: string, changes?: string): Promise<void> {
    const archive = pack();
    archive.entry({ name: 'bin/busybox', mode: 0o755 }, readFileSync('/bin/busybox'));
    for (const name of APPLETS) archive.entry({ name: `bin/${name}`, type: 'symlink', linkname: 'busybox' });
    archive.entry({ name: 'tmp', type: 'directory', mode: 0o1777 });
    archive.entry({ name: 'etc/passwd' }, 'root:x:0:0::/:/bin/sh\napp:x:1000:1000::/:/bin/sh\n');
    archive.finalize();
    const [repo, tag] = [image.slice(0, image.lastIndexOf(':')), image.slice(image.lastIndexOf(':') + 1)];
    const stream = await this.docker.importImage(archive as unknown as NodeJS.ReadableStream, {
      repo,
      tag,
      ...(changes === undefined ? {} : { changes }),
    });
    await new Promise((resolve, reject) => stream.resume().once('end', resolve).once('error', reject));
  }

  removeBehindOurBack(id: string): Promise<void> {
    return this.docker.getContainer(id).remove({ force: true });
  }

  /** Removes what is left over, and fails if there was anything. */
  async stop(): Promise<void> {
    const filters = JSON.stringify({ label: [`${SESSION_LABEL}=${this.session}`] });
    const left = await this.docker.listContainers({ all: true, filters });
    for (const { Id } of left) await this.docker.getContainer(Id).remove({ force: true, v: true });
    await this.docker.getImage(this.image).remove({ force: true });
    if (left.length > 0) throw new Error(`left over: ${left.map(({ Names }) => Names.join()).join(' ')}`);
  }
}
