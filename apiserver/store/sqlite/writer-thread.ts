/** The thread that owns the database: reads it at the start, then writes what it is sent, group by group, and answers each. */
import { parentPort, workerData } from 'node:worker_threads';
import { errorCodeOf } from '../../../shared/error-code';
import { Database, DatabaseProblem } from './database';
import type { FailureKind, FromWriter, Row, ToWriter, WriterOptions } from './protocol';

const LOAD_CHUNK = 1_000;

function serve(): void {
  const port = parentPort;
  if (port === null) throw new Error('writer-thread runs as a worker thread only');
  const send = (message: FromWriter): void => port.postMessage(message);

  let database: Database;
  try {
    database = new Database(workerData as WriterOptions);
    let chunk: Row[] = [];
    for (const row of database.rows()) {
      chunk.push(row);
      if (chunk.length < LOAD_CHUNK) continue;
      send({ type: 'loaded', rows: chunk });
      chunk = [];
    }
    send({ type: 'loaded', rows: chunk });
    send({
      type: 'ready',
      compactedRevision: database.compactedRevision,
      revision: database.revision,
      leases: database.leases(),
    });
  } catch (error) {
    send(failure(error));
    port.close();
    return;
  }

  const write = database.writer();
  const carryOut = async (message: ToWriter): Promise<void> => {
    switch (message.type) {
      case 'write':
        return write(message.rows, message.grants, message.ends);
      case 'compact':
        return database.compact(message.revision);
      case 'backup':
        return database.backup(message.path);
      case 'close':
        return database.close();
    }
  };
  port.on('message', (message: ToWriter) => {
    if (message.type === 'write') {
      // The hot path stays synchronous: no promise between the commit and its answer.
      try {
        write(message.rows, message.grants, message.ends);
        send({ type: 'done' });
      } catch (error) {
        send(failure(error));
      }
      return;
    }
    carryOut(message).then(
      () => {
        send({ type: 'done' });
        if (message.type === 'close') port.close();
      },
      (error: unknown) => send(failure(error)),
    );
  });
}

function failure(error: unknown): FromWriter {
  const message = error instanceof Error ? error.message : String(error);
  return { type: 'failed', kind: kindOf(error), message };
}

function kindOf(error: unknown): FailureKind {
  if (error instanceof DatabaseProblem) return error.kind;
  const code = errorCodeOf(error);
  if (code.startsWith('SQLITE_FULL') || code === 'SQLITE_IOERR_WRITE') return 'full';
  return code.startsWith('SQLITE_CORRUPT') ? 'corrupt' : 'other';
}

serve();
