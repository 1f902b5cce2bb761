import type { Duplex, Readable } from 'node:stream';
import Docker from 'dockerode';
import type { Pack } from 'tar-stream';
import type {
  ContainerCreateOptions,
  ContainerInfo,
  ContainerInspectInfo,
  ContainerStats as EngineStats,
  DockerVersion,
  ImageInfo as ListedImage,
  ImageInspectInfo,
  NetworkCreateOptions,
  NetworkInspectInfo,
} from 'dockerode';
import type { RegistryCredential } from '../runtime';
import { EngineConnections } from './engine-connections';
import { failureOf, toNetworkError, toRuntimeError, toResizeError, toStartError } from './engine-error';

/** Where the engine listens. */
export type EngineAddress =
  | { readonly socketPath: string }
  /** `tcp://192.0.2.10:2375`. */
  | { readonly host: string };

export interface EngineDescription {
  readonly ServerVersion: string;
  readonly KernelVersion: string;
  readonly OperatingSystem: string;
  readonly Architecture: string;
  readonly DockerRootDir: string;
  readonly CgroupVersion?: string;
}

/** The calls we make to the engine, one each, without any thought of ours. Every rejection is a RuntimeError. */
export class EngineCalls {
  private readonly docker: Docker;

  constructor(address: EngineAddress) {
    const agent = new EngineConnections();
    // Named one by one so that nothing is taken from the environment.
    const options = { ...transportOf(address), agent, timeout: undefined };
    this.docker = new Docker(options);
  }

  version(): Promise<DockerVersion> {
    return translated(this.docker.version());
  }

  async describe(): Promise<EngineDescription> {
    return (await translated(this.docker.info())) as EngineDescription;
  }

  /** Undefined where there is none of that name. */
  inspectNetwork(name: string): Promise<NetworkInspectInfo | undefined> {
    return unlessMissing(this.docker.getNetwork(name).inspect() as Promise<NetworkInspectInfo>);
  }

  async createNetwork(options: NetworkCreateOptions): Promise<void> {
    try {
      await this.docker.createNetwork(options);
    } catch (error) {
      throw toNetworkError(error);
    }
  }

  /** Gone is success. */
  async removeNetwork(name: string): Promise<void> {
    try {
      await this.docker.getNetwork(name).remove();
    } catch (error) {
      if (failureOf(error)?.status !== 404) throw toNetworkError(error);
    }
  }

  async ping(signal: AbortSignal): Promise<void> {
    (await this.open('/_ping', {}, signal)).resume();
  }

  list(labels: readonly string[]): Promise<ContainerInfo[]> {
    return translated(this.docker.listContainers({ all: true, filters: JSON.stringify({ label: labels }) }));
  }

  inspect(id: string): Promise<ContainerInspectInfo | undefined> {
    return unlessMissing(this.docker.getContainer(id).inspect());
  }

  /** Undefined when it is gone. */
  async writtenBytes(id: string): Promise<number | undefined> {
    // The engine takes it, the types do not know it.
    const withSize: object = { size: true };
    const inspected = await unlessMissing(this.docker.getContainer(id).inspect(withSize));
    return inspected && ((inspected as { readonly SizeRw?: number }).SizeRw ?? 0);
  }

  async create(options: ContainerCreateOptions): Promise<string> {
    return (await translated(this.docker.createContainer(options))).id;
  }

  async start(id: string): Promise<void> {
    try {
      await this.docker.getContainer(id).start();
    } catch (error) {
      // 304: it runs already.
      if (failureOf(error)?.status !== 304) throw toStartError(error);
    }
  }

  /** False where it no longer runs, or is gone. */
  async kill(id: string, signal: string): Promise<boolean> {
    try {
      await this.docker.getContainer(id).kill({ signal });
      return true;
    } catch (error) {
      const status = failureOf(error)?.status;
      if (status === 404 || status === 409) return false;
      throw toRuntimeError(error);
    }
  }

  /** Resolves with its exit code when it has ended; at once where it does not run; undefined where it is gone. */
  async wait(id: string, abortSignal?: AbortSignal): Promise<number | undefined> {
    const container = this.docker.getContainer(id);
    const answer = await unlessMissing(
      container.wait({ condition: 'not-running', ...(abortSignal === undefined ? {} : { abortSignal }) }) as Promise<{
        StatusCode: number;
      }>,
    );
    return answer?.StatusCode;
  }

  async update(id: string, options: object): Promise<void> {
    try {
      await this.docker.getContainer(id).update(options);
    } catch (error) {
      throw toResizeError(error);
    }
  }

  /** Kills it if need be; its anonymous volumes go with it. Gone is success. */
  async remove(id: string): Promise<void> {
    try {
      await this.docker.getContainer(id).remove({ force: true, v: true });
    } catch (error) {
      const failure = failureOf(error);
      if (failure?.status === 404) return;
      // Somebody else is at it: it is as good as gone once they are through.
      if (failure?.status === 409 && failure.message.includes('is already in progress')) return;
      throw toRuntimeError(error);
    }
  }

  /** A stream of JSON lines. Resolves as soon as the engine has taken the request. */
  events(options: {
    readonly since: string;
    readonly filters: object;
    readonly signal: AbortSignal;
  }): Promise<Readable> {
    const { since, filters, signal } = options;
    return this.open('/events', { since, filters: JSON.stringify(filters) }, signal);
  }

  inspectImage(image: string): Promise<ImageInspectInfo | undefined> {
    return unlessMissing(this.docker.getImage(image).inspect());
  }

  images(): Promise<ListedImage[]> {
    return translated(this.docker.listImages({ digests: true }));
  }

  /** Takes that name from an image, which goes with its last one. Gone is success. */
  async removeImage(name: string): Promise<void> {
    await unlessMissing(this.docker.getImage(name).remove() as Promise<unknown>);
  }

  /** A stream of JSON lines. */
  pull(reference: string, credential: RegistryCredential | undefined, abortSignal?: AbortSignal): Promise<Readable> {
    const auth = credential && {
      username: credential.username,
      password: credential.password,
      serveraddress: credential.serverAddress,
    };
    return translated(
      this.docker.createImage({
        fromImage: reference,
        ...(auth === undefined ? {} : { authconfig: auth }),
        ...(abortSignal === undefined ? {} : { abortSignal }),
      }) as Promise<Readable>,
    );
  }

  /** Makes an image of a tar of its files. */
  async importImage(
    archive: Pack,
    { repository, tag, changes }: { readonly repository: string; readonly tag: string; readonly changes: string },
  ): Promise<void> {
    const answer = await translated(
      this.docker.importImage(archive as unknown as NodeJS.ReadableStream, { repo: repository, tag, changes }),
    );
    for await (const _ of answer);
  }

  async createExec(
    id: string,
    { command, stdin, tty }: { readonly command: readonly string[]; readonly stdin: boolean; readonly tty: boolean },
  ): Promise<string> {
    const exec = await translated(
      this.docker.getContainer(id).exec({
        Cmd: [...command],
        AttachStdin: stdin,
        AttachStdout: true,
        AttachStderr: true,
        Tty: tty,
      }),
    );
    return exec.id;
  }

  startExec(execId: string, tty: boolean): Promise<Duplex> {
    return translated(this.docker.getExec(execId).start({ hijack: true, stdin: true, Tty: tty }));
  }

  /** Null while it runs. */
  async execExitCode(execId: string): Promise<number | null> {
    return (await translated(this.docker.getExec(execId).inspect())).ExitCode;
  }

  async resizeExec(execId: string, size: { readonly width: number; readonly height: number }): Promise<void> {
    await translated(this.docker.getExec(execId).resize({ w: size.width, h: size.height }) as Promise<unknown>);
  }

  attach(id: string, stdin: boolean): Promise<Duplex> {
    return translated(
      this.docker
        .getContainer(id)
        .attach({ hijack: true, stream: true, stdin, stdout: true, stderr: true }) as unknown as Promise<Duplex>,
    );
  }

  async resize(id: string, size: { readonly width: number; readonly height: number }): Promise<void> {
    await translated(this.docker.getContainer(id).resize({ w: size.width, h: size.height }) as Promise<unknown>);
  }

  logs(
    id: string,
    options: {
      readonly follow: boolean;
      readonly timestamps: boolean;
      readonly tail?: number;
      readonly since?: string;
    },
    abortSignal: AbortSignal,
  ): Promise<Readable> {
    const { follow, timestamps, tail, since } = options;
    const query = {
      stdout: true,
      stderr: true,
      follow,
      timestamps,
      ...(tail === undefined ? {} : { tail }),
      ...(since === undefined ? {} : { since }),
    };
    return this.open(`/containers/${id}/logs`, query, abortSignal);
  }

  async stats(id: string): Promise<EngineStats | undefined> {
    return unlessMissing(
      this.docker.getContainer(id).stats({ stream: false, 'one-shot': true }) as Promise<EngineStats>,
    );
  }

  /** Answers that are read as they come, which dockerode's own methods do for some calls only. */
  private open(path: string, options: object, abortSignal: AbortSignal): Promise<Readable> {
    return new Promise((resolve, reject) => {
      this.docker.modem.dial(
        {
          path: `${path}?`,
          method: 'GET',
          options,
          abortSignal,
          isStream: true,
          statusCodes: { 200: true, 404: 'not found', 500: 'server error' },
        },
        (error: unknown, stream: unknown) =>
          error === null || error === undefined ? resolve(stream as Readable) : reject(toRuntimeError(error) as Error),
      );
    });
  }
}

function transportOf(address: EngineAddress) {
  if ('socketPath' in address) return { socketPath: address.socketPath, host: undefined };
  const { hostname, port } = new URL(address.host);
  return { host: hostname, port, protocol: 'http' } as const;
}

const translated = <T>(call: Promise<T>): Promise<T> =>
  call.catch((error: unknown) => {
    throw toRuntimeError(error);
  });

const unlessMissing = <T>(call: Promise<T>): Promise<T | undefined> =>
  call.catch((error: unknown) => {
    if (failureOf(error)?.status === 404) return undefined;
    throw toRuntimeError(error);
  });
