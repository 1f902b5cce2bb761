/** Values pushed on one side, iterated on the other, in order. Nothing is lost between creation and the first `next`. */
export class EventQueue<T> implements AsyncIterable<T> {
  private readonly waiting: T[] = [];
  private wake: () => void = () => undefined;

  /** @param signal ends the iteration; what was not taken by then is dropped. */
  constructor(private readonly signal: AbortSignal) {
    signal.addEventListener('abort', () => this.wake(), { once: true });
  }

  push(value: T): void {
    this.waiting.push(value);
    this.wake();
  }

  async *[Symbol.asyncIterator](): AsyncIterator<T> {
    while (!this.signal.aborted) {
      const value = this.waiting.shift();
      if (value !== undefined) yield value;
      else await new Promise<void>((resolve) => (this.wake = resolve));
    }
  }
}
