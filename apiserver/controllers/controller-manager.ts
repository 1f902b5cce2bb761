import type { Clock } from '../../shared/clock';
import type { Logger } from '../../shared/logger';
import { isConflict } from '../../shared/status-error';
import type { Client, ObjectKey } from '../registry/client';
import { keyString } from '../registry/client';
import type { Controller } from './controller';
import { WorkQueue } from './work-queue';

const keyFrom = (text: string): ObjectKey => {
  const slash = text.indexOf('/');
  return slash < 0 ? { name: text } : { namespace: text.slice(0, slash), name: text.slice(slash + 1) };
};

/** Runs every controller on a queue of its own, fed from the registry's views. */
export class ControllerManager {
  private readonly queues: WorkQueue[] = [];
  private unsubscribe: (() => void)[] = [];

  constructor(
    private readonly controllers: readonly Controller[],
    private readonly deps: { readonly client: Client; readonly clock: Clock; readonly logger: Logger },
  ) {}

  /** Idempotent. Every object that exists counts as just added. */
  start(): void {
    if (this.unsubscribe.length > 0) return;
    for (const controller of this.controllers) this.startOne(controller);
  }

  /** One controller more, while running. */
  add(controller: Controller): void {
    this.startOne(controller);
  }

  /** Resolves when no reconcile is under way any more. Idempotent. */
  async stop(): Promise<void> {
    for (const end of this.unsubscribe) end();
    this.unsubscribe = [];
    await Promise.all(this.queues.map((queue) => queue.stop()));
  }

  /** Resolves when every queue is empty, for tests on virtual time. */
  async idle(): Promise<void> {
    await Promise.all(this.queues.map((queue) => queue.idle()));
  }

  private startOne(controller: Controller): void {
    const logger = this.deps.logger.child({ controller: controller.name });
    const queue = new WorkQueue(
      this.deps.clock,
      async (key) => (await controller.reconcile(keyFrom(key))).requeueAfterMs,
      (key, error) => {
        if (isConflict(error)) logger.debug({ key }, 'changed under our hands, trying again');
        else logger.warn({ key, err: error }, 'reconcile failed, trying again');
      },
    );
    this.queues.push(queue);
    const keys: ObjectKey[] = [];
    for (const watch of controller.watches) {
      if (watch.kind === '*') {
        this.unsubscribe.push(
          this.deps.client.onAnyChange((change) => watch.keysFor(change).forEach((key) => queue.add(keyString(key)))),
        );
        continue;
      }
      const view = this.deps.client.view(watch.kind);
      this.unsubscribe.push(
        view.onChange((change) => watch.keysFor(change).forEach((key) => queue.add(keyString(key)))),
      );
      for (const object of view.list()) keys.push(...watch.keysFor({ type: 'ADDED', object }));
    }
    // Only now: what a controller notes down of one kind must be whole before it decides on another.
    for (const key of keys) queue.add(keyString(key));
  }
}
