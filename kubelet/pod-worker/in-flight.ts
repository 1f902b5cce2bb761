/** Counts what is under way, so that one can tell when all of it has come to its end. */
export class InFlight {
  private count = 0;

  get size(): number {
    return this.count;
  }

  /** Settles as `work` does, which counts until then. */
  async track<T>(work: Promise<T>): Promise<T> {
    this.count += 1;
    try {
      return await work;
    } finally {
      this.count -= 1;
    }
  }
}
