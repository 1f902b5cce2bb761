import { text } from 'node:stream/consumers';
import type { ContainerId, Runtime, SystemContainerSpec } from '../runtime/runtime';
import { RuntimeError } from '../runtime/runtime';
import { specHashOf } from '../runtime/system-container';
import { MOUNTED_AT } from './proxy-folder';

const NAME = 'ingress';
const STOP_SECONDS = 5;
const MEBIBYTE = 2 ** 20;

export interface ProxyContainerOptions {
  readonly runtime: Runtime;
  readonly image: string;
  /** On this machine, mounted into the container. */
  readonly folder: string;
  readonly httpPort: number;
  readonly httpsPort: number;
}

export class ProxyEnded extends Error {
  override readonly name = 'ProxyEnded';
}

/** nginx as a container of the node's own, in the machine's network. It outlives the agent, and the next one takes it over. */
export class ProxyContainer {
  private readonly spec: SystemContainerSpec;

  constructor(private readonly options: ProxyContainerOptions) {
    const { image, folder, httpPort, httpsPort } = options;
    this.spec = {
      name: NAME,
      // Who has the name has the ports: nodes that share a machine do not try for them at the same time.
      engineName: `ingress_${httpPort}_${httpsPort}`,
      image,
      command: ['nginx', '-e', '/dev/stderr', '-c', `${MOUNTED_AT}/nginx.conf`, '-g', 'daemon off;'],
      mounts: [
        { containerPath: MOUNTED_AT, readOnly: true, source: { type: 'bind', hostPath: folder } },
        { containerPath: '/run', readOnly: false, source: { type: 'tmpfs', sizeBytes: MEBIBYTE } },
        // Bodies that do not fit into memory wait here.
        { containerPath: '/tmp', readOnly: false, source: { type: 'tmpfs' } },
      ],
      // Workers are made another user, and told what to do.
      capabilities: ['NET_BIND_SERVICE', 'SETUID', 'SETGID', 'CHOWN', 'KILL'],
    };
  }

  /** The id of the one that runs as it should; undefined where there is none. */
  async running(): Promise<ContainerId | undefined> {
    const found = await this.options.runtime.inspectSystemContainer(NAME);
    return found?.state.phase === 'running' && found.specHash === specHashOf(this.spec) ? found.id : undefined;
  }

  /** Makes and starts it anew. Throws a RuntimeError: `AlreadyExists` where another node of this engine has it. */
  async start(): Promise<ContainerId> {
    await this.remove();
    const id = await this.options.runtime.createSystemContainer(this.spec);
    await this.options.runtime.startContainer(id);
    return id;
  }

  /** Whether another node of this engine has it. */
  async isAnothers(): Promise<boolean> {
    const { runtime } = this.options;
    await this.remove();
    try {
      await runtime.removeContainer(await runtime.createSystemContainer(this.spec));
      return false;
    } catch (error) {
      if (error instanceof RuntimeError && error.kind === 'AlreadyExists') return true;
      throw error;
    }
  }

  /** What nginx has against a configuration; undefined: nothing. Throws ProxyEnded where it does not run. */
  async test(id: ContainerId, file: string): Promise<string | undefined> {
    const command = ['nginx', '-t', '-q', '-e', '/dev/stderr', '-c', file];
    const { runtime } = this.options;
    const session = await runtime.exec(id, { command, stdin: false, tty: false }).catch(async (error: unknown) => {
      if ((await this.running()) !== undefined) throw error;
      throw new ProxyEnded(`nginx has ended: ${await this.lastWords(id)}`, { cause: error });
    });
    const [code, , complaint] = await Promise.all([session.exitCode, text(session.stdout), text(session.stderr)]);
    return code === 0 ? undefined : complaint.trim() || `nginx -t exited ${code}`;
  }

  /** Takes up what the folder has now; requests under way are finished as they began. */
  async reload(id: ContainerId): Promise<void> {
    await this.options.runtime.signalContainer(id, 'SIGHUP');
  }

  private async lastWords(id: ContainerId): Promise<string> {
    const { stdout, stderr } = await this.options.runtime.logs(id, { follow: false, timestamps: false, tailLines: 3 });
    const [, words] = await Promise.all([text(stdout), text(stderr)]);
    return words.trim().replaceAll('\n', '; ') || 'without a word';
  }

  /** Gone already is success. */
  async remove(): Promise<void> {
    const { runtime } = this.options;
    const found = await runtime.inspectSystemContainer(NAME);
    if (found === undefined) return;
    await runtime.stopContainer(found.id, STOP_SECONDS);
    await runtime.removeContainer(found.id);
  }
}

/** Takes away the proxy of the node that `runtime` is of. */
export async function removeProxy(runtime: Runtime): Promise<void> {
  const found = await runtime.inspectSystemContainer(NAME);
  if (found !== undefined) await runtime.removeContainer(found.id);
}
