import { messageOf } from '../../shared/message-of';
import { identityOf } from '../environment/container-spec';
import { sandboxSpecOf } from '../environment/sandbox-spec';
import type { ObservedSandbox } from '../runtime/runtime';
import { RuntimeError } from '../runtime/runtime';
import * as events from './events';
import type { PodEnvironment } from './pod-environment';
import type { PodRecord } from './pod-record';
import { orAborted, StepAborted, unlessAborted } from './step-aborted';
import type { Executors, StepContext } from './step-context';

/** What is done with a pod's sandbox, which has its network. */
export const sandboxExecutors: Pick<Executors, 'createSandbox' | 'startSandbox' | 'removeSandbox'> = {
  async createSandbox({ attempt }, { env, record, signal, emit }) {
    const { pod } = record;
    if (attempt > 0) emit(events.sandboxChanged());
    const network = pod.spec.hostNetwork === true ? undefined : await networkOf(env, emit, signal);
    try {
      const id = await env.gate.run(() =>
        unlessAborted(signal, () =>
          env.runtime.createSandbox(
            sandboxSpecOf(pod, attempt, { api: env.apiAddress(), dns: env.network?.dns(), network }),
          ),
        ),
      );
      record.observeSandbox({
        id,
        pod: identityOf(pod),
        attempt,
        state: { phase: 'created' },
        createdAtMs: env.clock.now(),
        ips: [],
      });
    } catch (error) {
      throw sandboxFailure(error, emit);
    }
  },

  async startSandbox({ id }, { env, record, signal, emit }) {
    const { pod } = record;
    let started: ObservedSandbox | undefined;
    try {
      started = await env.gate.run(() => unlessAborted(signal, () => env.runtime.startSandbox(id)));
    } catch (error) {
      throw sandboxFailure(error, emit);
    }
    noteSandbox(record, id, started);
    // Before its containers start: what they dial first may be a Service, and who dials them may be somebody who must not.
    if (env.network !== undefined) await orAborted(signal, env.network.attach(pod.metadata.uid, record.podIps));
  },

  async removeSandbox({ id }, { env, record }) {
    await env.gate.run(() => env.runtime.removeSandbox(id));
    record.forget(id);
  },
};

export async function refreshSandbox(env: PodEnvironment, record: PodRecord, id: string): Promise<void> {
  noteSandbox(record, id, await env.runtime.inspectSandbox(id));
}

function noteSandbox(record: PodRecord, id: string, sandbox: ObservedSandbox | undefined): void {
  if (sandbox === undefined) record.forget(id);
  else record.observeSandbox(sandbox);
}

/** Name of the engine's network for the pod; undefined where the node has none of its own. Throws while it is not there. */
async function networkOf(
  { network }: PodEnvironment,
  emit: StepContext['emit'],
  signal: AbortSignal,
): Promise<string | undefined> {
  try {
    return await network?.engineNetwork(signal);
  } catch (error) {
    if (!signal.aborted) emit(events.networkNotReady(messageOf(error)));
    throw error;
  }
}

function sandboxFailure(error: unknown, emit: StepContext['emit']): unknown {
  if (error instanceof StepAborted) return error;
  const isEngines =
    error instanceof RuntimeError && ['EngineUnavailable', 'AlreadyExists', 'NotFound'].includes(error.kind);
  if (!isEngines) emit(events.failedCreatePodSandBox(messageOf(error)));
  return error;
}
