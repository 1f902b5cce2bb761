import type { Container } from '../../shared/api/objects';
import { messageOf } from '../../shared/message-of';
import { StatusError } from '../../shared/status-error';
import { ConfigError } from '../environment/config-source';
import { containerSpecOf, identityOf } from '../environment/container-spec';
import { environmentOf } from '../environment/environment';
import type { PodContext } from '../environment/field-ref';
import { throughRelay } from '../environment/service-environment';
import { runHook } from '../lifecycle/hooks';
import { afterRestart } from '../plan/crash-back-off';
import { isRunning } from '../plan/observed-pod';
import { ephemeralContainersOf, findContainer, specHashOf } from '../plan/pod-outline';
import type { ContainerId, ObservedContainer } from '../runtime/runtime';
import { RuntimeError } from '../runtime/runtime';
import { readTerminationMessage } from '../status/termination-message';
import { VolumeError } from '../volumes/volume-error';
import * as events from './events';
import { withHostsFile, writeHostsFile } from './hosts-file';
import type { PodEnvironment } from './pod-environment';
import { ImageProblem } from './pod-environment';
import type { PodRecord } from './pod-record';
import { sandboxExecutors } from './sandbox-executors';
import { unlessAborted } from './step-aborted';
import type { Executors, StepContext } from './step-context';

/** How long a pod that ends waits at most until it is out of all proxies. */
const WITHDRAWAL_LIMIT_MS = 6_000;
/** After a container could not be configured, created or started (the kubelet's own sync back-off). */
const CONTAINER_RETRY_MS = 10_000;
/** What a container has left at least once its preStop hook is through (k8s minimumGracePeriodInSeconds). */
const MIN_GRACE_AFTER_HOOK_SECONDS = 2;

export const executors: Executors = {
  async prepareVolumes(_step, { env, record, signal, emit }) {
    const version = record.volumesWanted;
    try {
      await env.volumes.prepare(podContextOf(env, record), signal);
    } catch (error) {
      if (error instanceof VolumeError && !signal.aborted) emit(events.failedMount(error.message));
      throw error;
    }
    record.volumesMade = version;
  },

  async ensureImage({ container: name, attempt }, { env, record, signal, emit }) {
    const container = findContainer(record.pod.spec, name);
    if (container === undefined) return;
    try {
      await env.images.ensure({ pod: record.pod, container, onEvent: (event) => emit(event, name) }, signal);
    } catch (error) {
      if (!(error instanceof ImageProblem)) throw error;
      const { reason, message, retryAtMs } = error;
      record.troubles.set(name, { reason, message, retryAtMs });
      return;
    }
    record.troubles.delete(name);
    record.imagesReady.set(name, attempt);
  },

  ...sandboxExecutors,

  async createContainer({ sandboxId, container: name, attempt, restartsAfterMs }, context) {
    const { env, record, signal, emit } = context;
    const { pod } = record;
    const container = findContainer(pod.spec, name);
    if (container === undefined) return;
    try {
      const spec = await specFor(context, { sandboxId, container, attempt });
      const id = await env.gate.run(() => unlessAborted(signal, () => env.runtime.createContainer(sandboxId, spec)));
      if (restartsAfterMs !== undefined) {
        const restart = { exitedAtMs: restartsAfterMs, nowMs: env.clock.now(), specHash: specHashOf(container) };
        record.backOffs.set(name, afterRestart(record.backOffs.get(name), restart));
      }
      record.troubles.delete(name);
      record.observeContainer({
        id,
        sandboxId,
        pod: identityOf(pod),
        name,
        kind: spec.kind,
        attempt,
        specHash: spec.specHash,
        image: spec.image,
        imageId: '',
        state: { phase: 'created' },
        createdAtMs: env.clock.now(),
        annotations: spec.annotations,
      });
      emit(events.created(name), name);
    } catch (error) {
      const reason = creationReason(error);
      if (reason === undefined) throw error;
      // Asked anew next time: the image may have gone between the check and the creation.
      record.imagesReady.delete(name);
      recordTrouble(context, name, reason, messageOf(error));
    }
  },

  async startContainer({ id, container: name }, context) {
    const { env, record, signal, emit } = context;
    await writeHostsFile(env, record);
    try {
      await env.gate.run(() => unlessAborted(signal, () => env.runtime.startContainer(id)));
    } catch (error) {
      if (!(error instanceof RuntimeError) || (error.kind !== 'StartFailed' && error.kind !== 'Unknown')) throw error;
      recordTrouble(context, name, 'RunContainerError', error.message);
      await refreshContainer(env, record, id);
      return;
    }
    await refreshContainer(env, record, id);
    record.troubles.delete(name);
    emit(events.started(name), name);
    await runPostStart(context, id, name);
  },

  async stopContainer({ id, container: name, reason, graceSeconds }, { env, record, emit }) {
    const container = findContainer(record.pod.spec, name);
    emit(events.killing(name, reason), name);
    const startedAtMs = env.clock.now();
    const withdrawn = reason === 'podTerminating' && graceSeconds > 0 ? withdraw(env, record) : undefined;
    const preStop = container?.lifecycle?.preStop;
    let remainingSeconds = graceSeconds;
    if (container !== undefined && preStop !== undefined && graceSeconds > 0 && !record.preStopped.has(id)) {
      record.preStopped.add(id);
      const target = { id, container, address: addressOf(env, record) };
      // A hook that outlasts the grace is abandoned; the container is stopped either way.
      const limit = new AbortController();
      const cancelLimit = env.clock.setTimeout(() => limit.abort(new Error('grace period over')), graceSeconds * 1000);
      await runHook(env, target, preStop, limit.signal).catch(() => emit(events.failedPreStop(), name));
      cancelLimit();
      const spentSeconds = Math.floor((env.clock.now() - startedAtMs) / 1000);
      remainingSeconds = Math.max(MIN_GRACE_AFTER_HOOK_SECONDS, graceSeconds - spentSeconds);
    }
    await withdrawn;
    await env.runtime.stopContainer(id, remainingSeconds);
    await refreshContainer(env, record, id);
  },

  async resizeContainer({ id, container, resources }, { env, record }) {
    try {
      await env.gate.run(() => env.runtime.resizeContainer(id, resources));
      record.resizeProblems.delete(container);
    } catch (error) {
      if (error instanceof RuntimeError && error.kind === 'ResizeFailed')
        record.resizeProblems.set(container, error.message);
      throw error;
    }
    await refreshContainer(env, record, id);
  },

  async removeContainer({ id }, { env, record }) {
    const observed = record.container(id);
    await env.gate.run(() => env.runtime.removeContainer(id));
    record.forget(id);
    if (observed !== undefined)
      await env.volumes.files.removeTerminationFile(observed.pod.uid, observed.name, observed.attempt);
  },

  async cleanUp(_step, { env, record }) {
    env.network?.detach(record.pod.metadata.uid);
    await env.volumes.remove(record.pod.metadata.uid);
  },
};

export async function refreshContainer(env: PodEnvironment, record: PodRecord, id: ContainerId): Promise<void> {
  const observed = await env.runtime.inspectContainer(id);
  if (observed === undefined) return record.forget(id);
  if (observed.state.phase === 'exited') await learnTerminationMessage(env, record, id, observed);
  record.observeContainer(observed);
}

/** Reads the last words of a container that ended, once. */
export async function learnTerminationMessage(
  env: PodEnvironment,
  record: PodRecord,
  id: ContainerId,
  observed = record.container(id),
): Promise<void> {
  if (observed?.state.phase !== 'exited' || record.terminationMessages.has(id)) return;
  const file = env.volumes.files.terminationFileOf(observed.pod.uid, observed.name, observed.attempt);
  const container = findContainer(record.pod.spec, observed.name);
  const message = await readTerminationMessage(env.runtime, { observed, container, file }).catch(() => '');
  record.terminationMessages.set(id, message);
}

/** Nobody is to be sent to a pod that ends. A server that does not answer does not keep it alive. */
function withdraw(env: PodEnvironment, record: PodRecord): Promise<void> {
  const limit = new AbortController();
  record.withdrawal ??= Promise.race([
    env.withdraw(record.pod.metadata.uid).catch(() => undefined),
    env.clock.sleep(WITHDRAWAL_LIMIT_MS, limit.signal).catch(() => undefined),
  ]).finally(() => limit.abort());
  return record.withdrawal;
}

/** Where the pod's ports answer. */
export const addressOf = (env: PodEnvironment, record: PodRecord): string =>
  (record.pod.spec.hostNetwork === true ? env.node.hostIps[0] : record.podIps[0]) ?? '127.0.0.1';

export const podContextOf = (env: PodEnvironment, record: PodRecord): PodContext => ({
  pod: record.pod,
  podIps: record.pod.spec.hostNetwork === true ? env.node.hostIps : record.podIps,
  hostIps: env.node.hostIps,
  services: throughRelay(env.servicesOf(record.pod.metadata.namespace), env.apiAddress()),
  nodeCapacity: env.node,
});

async function specFor(
  { env, record }: StepContext,
  {
    sandboxId,
    container,
    attempt,
  }: Pick<ObservedContainer, 'sandboxId' | 'attempt'> & { readonly container: Container },
) {
  const { pod } = record;
  const target = targetOf(record, container) ?? (pod.spec.shareProcessNamespace === true ? sandboxId : undefined);
  const environment = await environmentOf(podContextOf(env, record), container, env.source);
  const [mounts, terminationMessageHostPath] = await Promise.all([
    env.volumes.mountsOf(pod, container, environment),
    env.volumes.files.makeTerminationFile(pod.metadata.uid, container.name, attempt),
  ]);
  return containerSpecOf({
    pod,
    container,
    attempt,
    environment,
    mounts: await withHostsFile(env, pod, mounts),
    terminationMessageHostPath,
    ...(target === undefined ? {} : { target }),
    node: env.node,
  });
}

/** The running container that an ephemeral one is to look into. */
function targetOf({ pod, observed }: PodRecord, { name }: Container): ContainerId | undefined {
  const target = ephemeralContainersOf(pod.spec).find((each) => each.name === name)?.targetContainerName ?? '';
  if (target === '') return undefined;
  const found = observed.containers.find((each) => each.name === target && isRunning(each));
  if (found === undefined) throw new ConfigError(`unable to find target container "${target}": it does not run`);
  return found.id;
}

async function runPostStart(context: StepContext, id: ContainerId, name: string): Promise<void> {
  const { env, record, signal, emit } = context;
  const container = findContainer(record.pod.spec, name);
  const postStart = container?.lifecycle?.postStart;
  if (container === undefined || postStart === undefined || record.container(id)?.state.phase !== 'running') return;
  // Running is news already, though the hook holds back probes and readiness.
  context.changed();
  try {
    await runHook(env, { id, container, address: addressOf(env, record) }, postStart, signal);
  } catch {
    if (signal.aborted) return;
    emit(events.failedPostStart(), name);
    record.unhealthy.set(id, { reason: 'postStartFailed' });
  }
}

function recordTrouble(context: StepContext, container: string, reason: string, message: string): void {
  const { record, env, emit } = context;
  const known = record.troubles.get(container);
  record.troubles.set(container, { reason, message, retryAtMs: env.clock.now() + CONTAINER_RETRY_MS });
  if (known?.message !== message) emit(events.failed(message), container);
}

/** The waiting reason of a container that could not be created; undefined where the engine itself is the trouble. */
function creationReason(error: unknown): string | undefined {
  if (error instanceof ConfigError || error instanceof VolumeError) return 'CreateContainerConfigError';
  if (error instanceof StatusError) return 'CreateContainerConfigError';
  if (!(error instanceof RuntimeError)) return undefined;
  switch (error.kind) {
    case 'RunAsNonRoot':
      return 'CreateContainerConfigError';
    case 'InvalidSpec':
    case 'ImageNotFound':
    case 'InvalidImageName':
    case 'PortConflict':
    case 'NetworkConflict':
    case 'NetworkInUse':
    case 'NetworkFull':
    case 'StartFailed':
    case 'Unknown':
      return 'CreateContainerError';
    case 'EngineUnavailable':
    case 'ResizeFailed':
    case 'NotFound':
    case 'AlreadyExists':
    case 'ImagePullFailed':
    case 'ImageForOtherProcessors':
    case 'PortUnreachable':
      return undefined;
  }
}
