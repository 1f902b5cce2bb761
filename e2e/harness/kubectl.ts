import type { Cluster } from './cluster';
import type { KubectlVersion, Outcome, Running } from './programs';
import { realKubectl, run, start } from './programs';

/** A real kubectl of one version, in a namespace of its own. */
export class Kubectl {
  private constructor(
    private readonly binary: string,
    private readonly cluster: Cluster,
    readonly namespace: string,
  ) {}

  static async of(version: KubectlVersion, cluster: Cluster, namespace: string): Promise<Kubectl> {
    return new Kubectl(await realKubectl(version), cluster, namespace);
  }

  run(args: readonly string[], options: { readonly input?: string; readonly env?: NodeJS.ProcessEnv } = {}) {
    const { input, env } = options;
    return run(this.binary, ['--namespace', this.namespace, ...args], {
      env: { ...this.cluster.env, ...env },
      ...(input === undefined ? {} : { input }),
    });
  }

  /** Must succeed. Returns what it printed. */
  async ok(args: readonly string[], options: Parameters<Kubectl['run']>[1] = {}): Promise<string> {
    const outcome = await this.run(args, options);
    if (outcome.status !== 0) throw new Error(describeOutcome(args, outcome));
    return outcome.stdout;
  }

  running(args: readonly string[]): Running {
    return start(this.binary, ['--namespace', this.namespace, ...args], this.cluster.env);
  }

  /** Asks again until the answer satisfies; fails with the last one. */
  async until(args: readonly string[], pattern: RegExp, timeoutMs = 30_000): Promise<string> {
    const deadline = Date.now() + timeoutMs;
    for (;;) {
      const outcome = await this.run(args);
      if (pattern.test(outcome.stdout)) return outcome.stdout;
      if (Date.now() > deadline) throw new Error(`${pattern} did not come: ${describeOutcome(args, outcome)}`);
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
  }
}

const describeOutcome = (args: readonly string[], { status, stdout, stderr }: Outcome): string =>
  `kubectl ${args.join(' ')} exited ${status}:\n${stdout}${stderr}`;
