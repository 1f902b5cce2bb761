import type { Step } from '../plan/step';
import type * as events from './events';
import type { PodEnvironment } from './pod-environment';
import type { PodRecord } from './pod-record';

/** What a step needs of its worker. */
export interface StepContext {
  readonly env: PodEnvironment;
  readonly record: PodRecord;
  /** Aborts when the pod stops being wanted: pulls and hooks end. */
  readonly signal: AbortSignal;
  emit(event: events.PodEvent | undefined, container?: string): void;
  /** The record changed in the middle of a step. */
  changed(): void;
}

export type Executors = {
  readonly [Kind in Step['kind']]: (step: Extract<Step, { kind: Kind }>, context: StepContext) => Promise<void>;
};
