import { NODE_LEASES } from '../../auth/node/node-user';
import type { Result } from '../controller';
import { done } from '../controller';
import { WorkQueue } from '../work-queue';
import type { NodeLifecycleDeps } from './node-lifecycle-controller';
import { NodeLifecycleController } from './node-lifecycle-controller';
import { NodeLeases } from './node-leases';

/**
 * Runs the controller, and what keeps the nodes' leases, on a queue fed by changes of both and by the channel's liveness,
 * which is in no store.
 */
export class NodeLifecycle {
  private readonly controller: NodeLifecycleController;
  private readonly leases: NodeLeases;
  private readonly queue: WorkQueue;
  private endings: (() => void)[] = [];

  constructor(private readonly deps: NodeLifecycleDeps) {
    this.controller = new NodeLifecycleController(deps);
    this.leases = new NodeLeases(deps);
    this.queue = new WorkQueue(
      deps.clock,
      async (name) => sooner(await this.controller.reconcile({ name }), await this.keepLease(name)).requeueAfterMs,
      (name, error) => deps.logger.warn({ node: name, err: error }, 'node lifecycle failed, trying again'),
    );
  }

  /** Idempotent. */
  start(): void {
    if (this.endings.length > 0) return;
    const nodes = this.deps.client.view('Node');
    this.endings = [
      nodes.onChange(({ object }) => this.queue.add(object.metadata.name)),
      this.deps.client.view('Lease').onChange(({ object: { metadata } }) => {
        if (metadata.namespace === NODE_LEASES) this.queue.add(metadata.name);
      }),
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

  private async keepLease(name: string): Promise<Result> {
    const node = this.deps.client.view('Node').get({ name });
    return node === undefined || node.metadata.deletionTimestamp !== undefined ? done : this.leases.keep(node);
  }
}

function sooner(one: Result, other: Result): Result {
  const requeueAfterMs = Math.min(one.requeueAfterMs ?? Infinity, other.requeueAfterMs ?? Infinity);
  return requeueAfterMs === Infinity ? done : { requeueAfterMs };
}
