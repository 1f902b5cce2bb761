import type { Clock } from '../../shared/clock';

/** Things to do at a time, one for each name: the earlier of two stands. */
export class Alarms {
  private readonly set = new Map<string, { readonly atMs: number; readonly cancel: () => void }>();

  constructor(private readonly clock: Clock) {}

  /** `atMs`: wall time. What is past is done at the next turn. */
  ring(name: string, atMs: number, task: () => void): void {
    const known = this.set.get(name);
    if (known !== undefined && known.atMs <= atMs) return;
    known?.cancel();
    const cancel = this.clock.setTimeout(
      () => {
        this.set.delete(name);
        task();
      },
      Math.max(0, atMs - this.clock.now()),
    );
    this.set.set(name, { atMs, cancel });
  }

  clear(): void {
    for (const { cancel } of this.set.values()) cancel();
    this.set.clear();
  }
}
