import type { Clock } from '../../shared/clock';
import type { Logger } from '../../shared/logger';
import { StatusError, toStatusError } from '../../shared/status-error';
import type { AgentStream } from '../../shared/wire/byte-stream';
import type { StreamRequest } from '../../shared/wire/node-channel';
import { SUCCESS } from '../../shared/wire/stream-port';
import type { ImageCare } from '../images/image-care';
import type { ContainerId, ObservedContainer, Runtime, SandboxId } from '../runtime/runtime';
import { RuntimeError } from '../runtime/runtime';
import type { NetworkCheck } from '../../shared/wire/pod-network';
import type { PodUsageReader } from '../stats/pod-usage';
import { serveAttach, serveExec } from './exec-stream';
import { serveConnection } from './forward-stream';
import { logOptionsOf, serveLog } from './log-stream';
import { removeVolumeFolder } from '../volumes/volume-folder';

/** A pod of this node as streams need it. */
export interface StreamTarget {
  /** The newest of that name that was started, or the one before it. */
  containerId(name: string, previous: boolean): ContainerId | undefined;
  readonly containers: readonly Pick<ObservedContainer, 'id' | 'state'>[];
  /** Undefined while it does not run. */
  readonly sandboxId: SandboxId | undefined;
  /** Aborts when nothing of the pod is looked after here any more. */
  readonly gone: AbortSignal;
}

export interface StreamServerDeps {
  readonly runtime: Runtime;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly usage: PodUsageReader;
  readonly images: Pick<ImageCare, 'list' | 'prune' | 'pin'>;
  /** Absent: the node has no part in the pod network. */
  readonly network?: { check(): Promise<NetworkCheck> };
  /** Undefined for a pod that this node does not run. */
  readonly find: (podUid: string) => StreamTarget | undefined;
}

/** Serves what the server asks of running pods. Resolves when the stream is accepted; throws a StatusError to refuse it. */
export function createStreamServer(
  deps: StreamServerDeps,
): (request: StreamRequest, stream: AgentStream) => Promise<void> {
  const { runtime, clock, logger, usage, images, network, find } = deps;

  const targetOf = (podUid: string): StreamTarget => {
    const target = find(podUid);
    if (target === undefined) throw new StatusError('NotFound', `no pod with uid ${podUid} runs on this node`);
    return target;
  };
  const containerOf = (podUid: string, name: string, previous = false): ContainerId => {
    const id = targetOf(podUid).containerId(name, previous);
    if (id === undefined) throw noContainer(name);
    return id;
  };
  const runningContainerOf = (podUid: string, name: string): ContainerId => {
    const id = containerOf(podUid, name);
    const isRunning = targetOf(podUid).containers.some((each) => each.id === id && each.state.phase === 'running');
    if (!isRunning) throw noContainer(name);
    return id;
  };
  /** Lets the stream live on by itself; whatever goes wrong from here on is its end. */
  const live = (stream: AgentStream, work: () => Promise<void>): void => {
    work().catch((error: unknown) => {
      logger.debug({ err: error }, 'a stream broke');
      stream.finish(asStatusError(error).toStatus());
    });
  };

  /** One JSON text, and the end. */
  const answer = (stream: AgentStream, read: () => Promise<unknown>): void =>
    live(stream, async () => {
      stream.stdout.end(JSON.stringify(await read()));
      stream.finish(SUCCESS);
    });

  return async (request, stream) => {
    switch (request.type) {
      case 'exec': {
        const { podUid, container, command, stdin, tty } = request;
        const session = await refusing(runtime.exec(runningContainerOf(podUid, container), { command, stdin, tty }));
        return live(stream, async () => stream.finish(await serveExec(session, stream)));
      }
      case 'attach': {
        const { podUid, container, stdin, tty } = request;
        const session = await refusing(runtime.attach(runningContainerOf(podUid, container), { stdin, tty }));
        return live(stream, async () => stream.finish(await serveAttach(session, stream)));
      }
      case 'logs': {
        const id = containerOf(request.podUid, request.container, request.previous);
        const log = await refusing(runtime.logs(id, logOptionsOf(request, clock.now())));
        return live(stream, async () => {
          await serveLog(log, request.limitBytes, stream);
          stream.finish(SUCCESS);
        });
      }
      case 'portForward': {
        const { sandboxId, gone } = targetOf(request.podUid);
        if (sandboxId === undefined) throw new StatusError('ServiceUnavailable', 'the pod has no running sandbox');
        const connection = await refusing(runtime.connect(sandboxId, request.port));
        return live(stream, async () => {
          await serveConnection(connection, stream, gone);
          stream.finish(SUCCESS);
        });
      }
      case 'removeVolume': {
        await removeVolumeFolder(request.path);
        return stream.finish(SUCCESS);
      }
      case 'podUsage':
        return answer(stream, () => usage.read());
      case 'networkCheck':
        if (network === undefined) throw new StatusError('BadRequest', 'this node has no part in the pod network');
        return answer(stream, () => network.check());
      case 'images':
        return answer(stream, () => images.list());
      case 'pruneImages':
        return answer(stream, () => images.prune());
      case 'pinImage':
        await images.pin(request.name, request.isPinned);
        return stream.finish(SUCCESS);
    }
  };
}

const noContainer = (name: string): StatusError =>
  new StatusError('NotFound', `container not found (${JSON.stringify(name)})`);

/** The engine's refusal as a Status. */
async function refusing<T>(call: Promise<T>): Promise<T> {
  try {
    return await call;
  } catch (error) {
    throw asStatusError(error);
  }
}

function asStatusError(error: unknown): StatusError {
  if (!(error instanceof RuntimeError)) return toStatusError(error);
  switch (error.kind) {
    case 'NotFound':
      return new StatusError('NotFound', error.message, undefined, { cause: error });
    case 'EngineUnavailable':
      return new StatusError('ServiceUnavailable', error.message, undefined, { cause: error });
    default:
      return new StatusError('BadRequest', error.message, undefined, { cause: error });
  }
}
