import vm from 'node:vm';

/** What took longer than it may. */
export class TimeLimitError extends Error {
  override readonly name = 'TimeLimitError';
}

/**
 * Runs work that somebody else has written and that cannot be interrupted from within: V8 ends it when its time is over,
 * also in the middle of a regular expression that backtracks for ever. Throws TimeLimitError.
 */
export class TimeLimit {
  private work: () => unknown = () => undefined;
  private readonly context = vm.createContext({ run: () => this.work() });
  private readonly script = new vm.Script('run()');

  constructor(private readonly limitMs: number) {}

  run<T>(work: () => T): T {
    this.work = work;
    try {
      return this.script.runInContext(this.context, { timeout: this.limitMs }) as T;
    } catch (error) {
      const { code } = error as { readonly code?: unknown };
      if (code !== 'ERR_SCRIPT_EXECUTION_TIMEOUT') throw error;
      throw new TimeLimitError(`took longer than ${this.limitMs} ms`);
    }
  }
}
