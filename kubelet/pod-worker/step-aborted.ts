/** The pod may have stopped being wanted while the step stood in line. */
export function unlessAborted<T>(signal: AbortSignal, task: () => Promise<T>): Promise<T> {
  return signal.aborted ? Promise.reject(new StepAborted('the pod is no longer wanted')) : task();
}

/** Rejects as soon as the pod is no longer wanted, however long the task goes on. */
export async function orAborted(signal: AbortSignal, task: Promise<void>): Promise<void> {
  const over = new AbortController();
  const aborted = new Promise<never>((_resolve, reject) => {
    const abort = (): void => reject(new StepAborted('the pod is no longer wanted'));
    if (signal.aborted) abort();
    else signal.addEventListener('abort', abort, { once: true, signal: over.signal });
  });
  await Promise.race([task, aborted]).finally(() => over.abort());
}

export class StepAborted extends Error {
  override readonly name = 'StepAborted';
}
