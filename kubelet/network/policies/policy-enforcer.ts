import type { Clock } from '../../../shared/clock';
import type { Logger } from '../../../shared/logger';
import type { PolicyChange } from '../../../shared/wire/network-policy';
import { compilePolicies } from './compile';
import type { PolicyKernel } from './policy-kernel';
import type { PolicyMemory } from './policy-memory';
import { PolicyState } from './policy-state';
import type { Ruleset } from './ruleset';

/** Somebody else may have changed the kernel's tables: as often, all is written anew. */
const RESYNC_PERIOD_MS = 10 * 60_000;
const RETRY_MS = 1_000;
/** Changes that come together are kept together. */
const SAVE_DELAY_MS = 1_000;

export interface PolicyEnforcerOptions {
  readonly kernel: PolicyKernel;
  readonly memory: PolicyMemory;
  readonly clock: Clock;
  readonly logger: Logger;
}

/**
 * Keeps the kernel doing what the policies of the node's pods say. Nothing is written before the policies and the pods
 * that run already are known: until then stands what an earlier agent wrote. One change at a time; after a failure nothing is
 * known of the kernel, and all is written anew, in one transaction: no pod is open meanwhile.
 */
export class PolicyEnforcer {
  private readonly state = new PolicyState();
  private readonly pods = new Map<string, readonly string[]>();
  /** Undefined: not known. */
  private programmed: Ruleset | undefined;
  private isTold = false;
  private isAdopted = false;
  private isStopped = false;
  private running: Promise<void> | undefined;
  private waiting: (() => void)[] = [];
  private cancelRetry: () => void = () => undefined;
  private cancelSave: (() => void) | undefined;
  private readonly stopResync: () => void;

  constructor(private readonly options: PolicyEnforcerOptions) {
    this.stopResync = options.clock.setInterval(() => {
      this.programmed = undefined;
      void this.settled();
    }, RESYNC_PERIOD_MS);
  }

  /** What was told before this agent was started holds until the server tells. */
  async start(): Promise<void> {
    const known = await this.options.memory.load();
    if (known === undefined || this.isTold) return;
    this.state.apply(known);
    this.isTold = true;
    void this.settled();
  }

  /** Resolves when the kernel does so. */
  apply(change: PolicyChange): Promise<void> {
    this.state.apply(change);
    this.isTold = true;
    this.cancelSave ??= this.options.clock.setTimeout(() => void this.save(), SAVE_DELAY_MS);
    return this.settled();
  }

  /** The pods that run already, all of them. */
  adopt(pods: readonly { readonly uid: string; readonly addresses: readonly string[] }[]): void {
    for (const { uid, addresses } of pods) this.pods.set(uid, addresses);
    this.isAdopted = true;
    void this.settled();
  }

  /** Resolves when nothing reaches the pod but what may: not before, however long the kernel or the server take. */
  attach(uid: string, addresses: readonly string[]): Promise<void> {
    // The latest comes last: it has an address that an earlier one has not given back yet.
    this.pods.delete(uid);
    this.pods.set(uid, addresses);
    return this.settled();
  }

  detach(uid: string): void {
    if (this.pods.delete(uid)) void this.settled();
  }

  /** The kernel goes on as it is. */
  async stop(): Promise<void> {
    this.isStopped = true;
    this.stopResync();
    this.cancelRetry();
    await this.running;
    if (this.cancelSave !== undefined) await this.save();
  }

  private async save(): Promise<void> {
    this.cancelSave?.();
    this.cancelSave = undefined;
    try {
      await this.options.memory.save(this.state.snapshot());
    } catch (error) {
      this.options.logger.warn({ err: error }, 'network policies could not be kept for a start without the server');
    }
  }

  private settled(): Promise<void> {
    const done = new Promise<void>((resolve) => this.waiting.push(resolve));
    this.run();
    return done;
  }

  private run(): void {
    if (this.isStopped || !this.isTold || !this.isAdopted || this.running !== undefined) return;
    this.running = this.work().finally(() => {
      this.running = undefined;
      // After a failure the retry goes on.
      if (this.programmed !== undefined && this.waiting.length > 0) this.run();
    });
  }

  private async work(): Promise<void> {
    // Whoever asks until then is served by the same change.
    await Promise.resolve();
    const served = this.waiting.splice(0);
    const { kernel, clock, logger } = this.options;
    const old = this.programmed;
    const fresh = compilePolicies(this.state, this.pods);
    try {
      this.programmed = undefined;
      await (old === undefined ? kernel.replace(fresh) : kernel.change(old, fresh));
      this.programmed = fresh;
      for (const done of served) done();
    } catch (error) {
      logger.error({ err: error }, 'network policies could not be programmed, trying again');
      this.waiting.unshift(...served);
      this.cancelRetry();
      this.cancelRetry = clock.setTimeout(() => this.run(), RETRY_MS);
    }
  }
}
