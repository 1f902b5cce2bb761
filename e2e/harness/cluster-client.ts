import type { Outcome } from './programs';

/** What tests ask of a cluster, wherever its programs run. */
export abstract class ClusterClient {
  /** The real kubectl. */
  abstract kubectl(args: readonly string[], input?: string): Promise<Outcome>;

  /** What helps to understand why something did not come true. */
  protected abstract diagnosis(): Promise<string>;

  /** kubectl, which must succeed. Returns what it printed. */
  async ok(args: readonly string[], input?: string): Promise<string> {
    const outcome = await this.kubectl(args, input);
    if (outcome.status !== 0)
      throw new Error(`kubectl ${args.join(' ')} exited ${outcome.status}:\n${outcome.stdout}${outcome.stderr}`);
    return outcome.stdout;
  }

  /** Asks kubectl again until the answer satisfies; fails with the last answer. The condition is observed, never timed. */
  async until(args: readonly string[], satisfies: (outcome: Outcome) => boolean, timeoutMs = 60_000): Promise<Outcome> {
    const deadline = Date.now() + timeoutMs;
    for (;;) {
      const outcome = await this.kubectl(args);
      if (satisfies(outcome)) return outcome;
      if (Date.now() > deadline) {
        throw new Error(
          `kubectl ${args.join(' ')}: not satisfied in ${timeoutMs} ms. Last answer:\n${outcome.stdout}${outcome.stderr}\n${await this.diagnosis()}`,
        );
      }
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
  }

  /** A pod's JSONPath value once it satisfies. */
  async untilPod(
    name: string,
    jsonpath: string,
    satisfies: (value: string) => boolean,
    timeoutMs = 60_000,
  ): Promise<string> {
    const { stdout } = await this.until(
      ['get', 'pod', name, '-o', `jsonpath=${jsonpath}`],
      (outcome) => outcome.status === 0 && satisfies(outcome.stdout),
      timeoutMs,
    );
    return stdout;
  }
}
