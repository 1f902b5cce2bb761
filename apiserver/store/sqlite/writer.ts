import path from 'node:path';
import { Worker } from 'node:worker_threads';
import type { StoreError } from '../store';
import { StoreClosedError, StoreCorruptError, StoreFullError, StoreLockedError } from '../store';
import type { Failure, FromWriter, LeaseRow, Request, Row, ToWriter, WriterOptions } from './protocol';

export interface Loaded {
  readonly compactedRevision: number;
  readonly revision: number;
  readonly leases: readonly LeaseRow[];
}

interface Waiter {
  readonly answered: Promise<void>;
  readonly resolve: () => void;
  readonly reject: (error: Error) => void;
}

/** The store's end of the writer thread. */
export class Writer {
  private readonly waiting = new Map<number, Waiter>();
  private nextId = 1;
  private gone: Error | undefined;
  private closing = false;

  private constructor(
    private readonly worker: Worker,
    private readonly onLost: (error: Error) => void,
  ) {}

  /**
   * Starts the thread and hands every stored row to `onRow`. `onLost`: the thread ended without being asked to, and
   * nothing can be written any more. Throws StoreLockedError, StoreCorruptError, StoreFullError.
   */
  static async start(
    options: WriterOptions,
    on: { readonly row: (row: Row) => void; readonly lost: (error: Error) => void },
  ): Promise<{ readonly writer: Writer; readonly loaded: Loaded }> {
    // From sources (tests) the thread is TypeScript too and needs the hook that lets Node read it.
    const extension = path.extname(__filename);
    const execArgv =
      extension === '.ts' ? ['--require', path.resolve(__dirname, '../../../.config/typescript-hook.cjs')] : [];
    const worker = new Worker(path.join(__dirname, `writer-thread${extension}`), { workerData: options, execArgv });
    const writer = new Writer(worker, on.lost);
    return new Promise((resolve, reject) => {
      const onMessage = (message: FromWriter): void => {
        if (message.type === 'loaded') message.rows.forEach(on.row);
        else if (message.type === 'ready') {
          worker.off('message', onMessage);
          worker.off('error', reject);
          writer.listen();
          resolve({ writer, loaded: message });
        } else if (message.type === 'refused') reject(toStoreError(message.failure));
      };
      worker.on('message', onMessage);
      worker.once('error', reject);
    });
  }

  request(request: Request): Promise<void> {
    if (this.gone !== undefined) return Promise.reject(this.gone);
    const waiter = aWaiter();
    const message: ToWriter = { id: this.nextId++, request };
    this.waiting.set(message.id, waiter);
    this.worker.postMessage(message, request.type === 'write' ? [request.rows.values.buffer as ArrayBuffer] : []);
    return waiter.answered;
  }

  /** Lets what is under way end, then gives the database back. */
  async close(): Promise<void> {
    await Promise.allSettled([...this.waiting.values()].map(({ answered }) => answered));
    this.closing = true;
    await this.request({ type: 'close' });
  }

  private listen(): void {
    this.worker.on('message', (message: FromWriter) => {
      if (message.type !== 'done' && message.type !== 'failed') return;
      const waiter = this.waiting.get(message.id);
      this.waiting.delete(message.id);
      if (message.type === 'failed') waiter?.reject(toStoreError(message.failure));
      else waiter?.resolve();
    });
    const end = (error: Error): void => {
      if (this.gone !== undefined) return;
      this.gone = error;
      if (!this.closing) this.onLost(error);
      for (const { reject } of this.waiting.values()) reject(error);
      this.waiting.clear();
    };
    this.worker.on('error', (cause) => end(new StoreClosedError('the writer thread of the store died', { cause })));
    this.worker.on('exit', () => end(new StoreClosedError('the store is closed')));
  }
}

function aWaiter(): Waiter {
  let settle: Omit<Waiter, 'answered'> = { resolve: () => undefined, reject: () => undefined };
  const answered = new Promise<void>((resolve, reject) => (settle = { resolve, reject }));
  return { answered, ...settle };
}

function toStoreError({ kind, message }: Failure): Error | StoreError {
  switch (kind) {
    case 'full':
      return new StoreFullError(`the disk is full, nothing was written (${message}): make room, then try again`);
    case 'locked':
      return new StoreLockedError(message);
    case 'corrupt':
      return new StoreCorruptError(message);
    case 'other':
      return new Error(`the store could not do it: ${message}`);
  }
}
