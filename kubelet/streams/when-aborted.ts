/** Calls `task` once when the signal aborts, at once where it has. The returned function takes that back. */
export function whenAborted(signal: AbortSignal, task: () => void): () => void {
  if (signal.aborted) {
    task();
    return () => undefined;
  }
  signal.addEventListener('abort', task, { once: true });
  return () => signal.removeEventListener('abort', task);
}
