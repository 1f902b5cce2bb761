import type { Probe } from '../../shared/api/objects';
import { isRunning } from '../plan/observed-pod';
import { findContainer } from '../plan/pod-outline';
import { startProbes } from '../probes/container-probes';
import type { ContainerId, ObservedContainer } from '../runtime/runtime';
import * as events from './events';
import type { PodEnvironment } from './pod-environment';
import type { PodRecord } from './pod-record';
import { addressOf } from './step-executors';

export interface PodProbesOptions {
  readonly env: PodEnvironment;
  readonly record: PodRecord;
  emit(event: events.PodEvent, container: string): void;
  changed(): void;
}

/** Keeps probes going for exactly the running containers of a pod, and their results in its record. */
export class PodProbes {
  private readonly running = new Map<ContainerId, AbortController>();
  private readonly adopted = new Set<ContainerId>();

  constructor(private readonly options: PodProbesOptions) {}

  /** What runs now was started by an earlier agent: its postStart hook is through. */
  adopt(): void {
    for (const container of this.options.record.observed.containers)
      if (isRunning(container)) this.adopted.add(container.id);
  }

  /** Starts and ends probes as containers start and end. A container whose start step is not over is left alone. */
  follow(isStarting: (container: string) => boolean): void {
    const { record } = this.options;
    for (const [id, controller] of this.running) {
      if (isRunning(record.container(id)) && !record.unhealthy.has(id)) continue;
      controller.abort();
      this.running.delete(id);
      record.ready.delete(id);
    }
    for (const container of record.observed.containers) {
      const isNew = isRunning(container) && !this.running.has(container.id) && !record.unhealthy.has(container.id);
      if (isNew && !isStarting(container.name)) this.begin(container);
    }
  }

  stop(): void {
    for (const controller of this.running.values()) controller.abort();
    this.running.clear();
  }

  private begin(observed: ObservedContainer): void {
    const { env, record, emit, changed } = this.options;
    const container = findContainer(record.pod.spec, observed.name);
    if (container === undefined || observed.state.phase !== 'running') return;
    const controller = new AbortController();
    const { id, name } = observed;
    this.running.set(id, controller);
    const wasKnownStarted = this.adopted.has(id) && record.started.has(id);
    startProbes(
      {
        clock: env.clock,
        prober: env.prober,
        target: { id, container, address: addressOf(env, record) },
        startedAtMs: observed.state.startedAtMs,
        alreadyStarted: wasKnownStarted,
        onStarted: () => {
          record.started.add(id);
          changed();
        },
        onReady: (isReady) => {
          if (isReady === record.ready.has(id)) return;
          if (isReady) record.ready.add(id);
          else record.ready.delete(id);
          changed();
        },
        onUnhealthy: (kind, probe) => {
          const graceSeconds = ownGraceOf(probe);
          record.unhealthy.set(id, {
            reason: kind === 'Startup' ? 'startupFailed' : 'livenessFailed',
            ...(graceSeconds === undefined ? {} : { graceSeconds }),
          });
          changed();
        },
        onFailure: (kind, message) => emit(events.unhealthy(kind, message), name),
      },
      controller.signal,
    );
  }
}

const ownGraceOf = (probe: Probe): number | undefined => probe.terminationGracePeriodSeconds;
