import type { ObservedContainer, ObservedSandbox } from '../runtime/runtime';

/** What the engine has of one pod. */
export interface ObservedPod {
  readonly sandboxes: readonly ObservedSandbox[];
  readonly containers: readonly ObservedContainer[];
}

export const nothingObserved: ObservedPod = { sandboxes: [], containers: [] };

const newestFirst = (
  a: { attempt: number; createdAtMs: number },
  b: { attempt: number; createdAtMs: number },
): number => b.attempt - a.attempt || b.createdAtMs - a.createdAtMs;

/** The sandbox of the highest attempt, whatever its state. */
export const currentSandbox = (observed: ObservedPod): ObservedSandbox | undefined =>
  [...observed.sandboxes].sort(newestFirst)[0];

/** Containers of that name, newest attempt first. */
export const attemptsOf = (observed: ObservedPod, name: string): readonly ObservedContainer[] =>
  observed.containers.filter((container) => container.name === name).sort(newestFirst);

export const latestOf = (observed: ObservedPod, name: string): ObservedContainer | undefined =>
  attemptsOf(observed, name)[0];

/** The newest attempt of that container inside that sandbox. */
export const latestIn = (
  observed: ObservedPod,
  sandbox: ObservedSandbox | undefined,
  name: string,
): ObservedContainer | undefined =>
  sandbox === undefined
    ? undefined
    : attemptsOf(observed, name).find((container) => container.sandboxId === sandbox.id);

export const isRunning = (subject: { state: { phase: string } } | undefined): boolean =>
  subject?.state.phase === 'running';
export const isExited = (subject: { state: { phase: string } } | undefined): boolean =>
  subject?.state.phase === 'exited';
