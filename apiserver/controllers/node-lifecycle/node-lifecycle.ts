import { WorkQueue } from '../work-queue';
import type { NodeLifecycleDeps } from './node-lifecycle-controller';
import { NodeLifecycleController } from './node-lifecycle-controller';

/** Runs the controller on a queue fed by Node changes and by the channel's liveness, which is in no store. */
export class NodeLifecycle {
  private readonly controller: NodeLifecycleController;
  private readonly queue: WorkQueue;
  private endings: (() => void)[] = [];

  constructor(private readonly deps: NodeLifecycleDeps) {
    this.controller = new NodeLifecycleController(deps);
    this.queue = new WorkQueue(
      deps.clock,
      async (name) => (await this.controller.reconcile({ name })).requeueAfterMs,
      (name, error) => deps.logger.warn({ node: name, err: error }, 'node lifecycle failed, trying again'),
    );
  }

  /** Idempotent. */
  start(): void {
    if (this.endings.length > 0) return;
    const nodes = this.deps.client.view('Node');
    this.endings = [
      nodes.onChange(({ object }) => this.queue.add(object.metadata.name)),
      this.deps.liveness.onChange((name) => this.queue.add(name)),
    ];
    for (const node of nodes.list()) this.queue.add(node.metadata.name);
  }

  /** Resolves when no reconcile is under way. Idempotent. */
  async stop(): Promise<void> {
    for (const end of this.endings.splice(0)) end();
    await this.queue.stop();
  }

  /** Resolves when everything known has been worked on. */
  idle(): Promise<void> {
    return this.queue.idle();
  }
}
