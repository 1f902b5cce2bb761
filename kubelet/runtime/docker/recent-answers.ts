import type { Clock } from '../../../shared/clock';

const MAX_ANSWERS = 256;

/** Answers of the engine that are young enough to be taken for true: what one step has asked, the next need not ask again. */
export class RecentAnswers<T> {
  private readonly answers = new Map<string, { readonly value: T; readonly atMs: number }>();

  constructor(
    private readonly clock: Clock,
    private readonly maxAgeMs: number,
  ) {}

  get(key: string): T | undefined {
    const answer = this.answers.get(key);
    if (answer === undefined) return undefined;
    if (this.clock.monotonic() - answer.atMs <= this.maxAgeMs) return answer.value;
    this.answers.delete(key);
    return undefined;
  }

  set(key: string, value: T): void {
    // Anew at the end, so that the oldest stands first.
    this.answers.delete(key);
    this.answers.set(key, { value, atMs: this.clock.monotonic() });
    const [oldest] = this.answers.keys();
    if (this.answers.size > MAX_ANSWERS && oldest !== undefined) this.answers.delete(oldest);
  }

  forget(key: string): void {
    this.answers.delete(key);
  }
}
