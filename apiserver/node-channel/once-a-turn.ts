/** Gathers what happens in one turn of the event loop: however often it is asked, `action` is called once, after that turn. */
export class OnceATurn {
  private isDue = false;

  constructor(private readonly action: () => void) {}

  /** Whether something is asked for that has not been done yet. */
  get isWaiting(): boolean {
    return this.isDue;
  }

  ask(): void {
    if (this.isDue) return;
    this.isDue = true;
    setImmediate(() => {
      this.isDue = false;
      this.action();
    });
  }
}
