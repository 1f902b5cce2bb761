import path from 'node:path';
import { Worker } from 'node:worker_threads';
import type { StoreError } from '../store';
import { StoreClosedError, StoreCorruptError, StoreFullError, StoreLockedError } from '../store';
import type { FromWriter, LeaseRow, Row, ToWriter, WriterOptions } from './protocol';

export interface Loaded {
  readonly compactedRevision: number;
  readonly revision: number;
  readonly leases: readonly LeaseRow[];
}

/** The store's end of the writer thread: requests are answered in their order. */
export class Writer {
  private readonly waiting: { readonly resolve: () => void; readonly reject: (error: Error) => void }[] = [];
  private gone: Error | undefined;

  private constructor(private readonly worker: Worker) {}

  /** Starts the thread and hands every stored row to `onRow`. Throws StoreLockedError, StoreCorruptError. */
  static async start(
    options: WriterOptions,
    onRow: (row: Row) => void,
  ): Promise<{ readonly writer: Writer; readonly loaded: Loaded }> {
    // From sources (tests) the thread is TypeScript too and needs the hook that lets Node read it.
    const extension = path.extname(__filename);
    const execArgv =
      extension === '.ts' ? ['--require', path.resolve(__dirname, '../../../.config/typescript-hook.cjs')] : [];
    const worker = new Worker(path.join(__dirname, `writer-thread${extension}`), { workerData: options, execArgv });
    const writer = new Writer(worker);
    return new Promise((resolve, reject) => {
      const onMessage = (message: FromWriter): void => {
        if (message.type === 'loaded') message.rows.forEach(onRow);
        else if (message.type === 'ready') {
          worker.off('message', onMessage);
          writer.listen();
          resolve({ writer, loaded: message });
        } else if (message.type === 'failed') reject(toStoreError(message));
      };
      worker.on('message', onMessage);
      worker.once('error', reject);
    });
  }

  request(message: ToWriter): Promise<void> {
    return new Promise((resolve, reject) => {
      if (this.gone !== undefined) return reject(this.gone);
      this.waiting.push({ resolve, reject });
      this.worker.postMessage(message);
    });
  }

  private listen(): void {
    this.worker.on('message', (message: FromWriter) => {
      const waiter = this.waiting.shift();
      if (message.type === 'failed') waiter?.reject(toStoreError(message));
      else waiter?.resolve();
    });
    const end = (error: Error): void => {
      this.gone = error;
      for (const { reject } of this.waiting.splice(0)) reject(error);
    };
    this.worker.on('error', end);
    this.worker.on('exit', () => end(new StoreClosedError('the store is closed')));
  }
}

function toStoreError({ kind, message }: Extract<FromWriter, { type: 'failed' }>): Error | StoreError {
  switch (kind) {
    case 'full':
      return new StoreFullError(`the disk is full, nothing was written (${message}): make room, then try again`);
    case 'locked':
      return new StoreLockedError(message);
    case 'corrupt':
      return new StoreCorruptError(message);
    case 'other':
      return new Error(`the store could not write: ${message}`);
  }
}
