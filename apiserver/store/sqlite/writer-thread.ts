/** The thread that owns the database: reads it at the start, then writes what it is sent, group by group, and answers each. */
import { parentPort, workerData } from 'node:worker_threads';
import { errorCodeOf } from '../../../shared/error-code';
import { Database, DatabaseProblem } from './database';
import { unpackRows } from './packed-rows';
import type { Failure, FailureKind, FromWriter, Request, Row, ToWriter, WriterOptions } from './protocol';

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
    send({ type: 'refused', failure: failureOf(error) });
    port.close();
    return;
  }

  const write = database.writer();
  const carryOut = async (request: Exclude<Request, { type: 'write' }>): Promise<void> => {
    switch (request.type) {
      case 'compact':
        for (const _step of database.compact(request.revision)) await new Promise((resolve) => setImmediate(resolve));
        return;
      case 'backup':
        return database.backup(request.path);
      case 'close':
        return database.close();
    }
  };
  port.on('message', ({ id, request }: ToWriter) => {
    const fail = (error: unknown): void => send({ type: 'failed', id, failure: failureOf(error) });
    if (request.type === 'write') {
      // The hot path stays synchronous: no promise between the commit and its answer.
      try {
        write(unpackRows(request.rows), request.grants, request.ends);
      } catch (error) {
        return fail(error);
      }
      return send({ type: 'done', id });
    }
    carryOut(request).then(() => {
      send({ type: 'done', id });
      if (request.type === 'close') port.close();
    }, fail);
  });
}

const failureOf = (error: unknown): Failure => ({
  kind: kindOf(error),
  message: error instanceof Error ? error.message : String(error),
});

function kindOf(error: unknown): FailureKind {
  if (error instanceof DatabaseProblem) return error.kind;
  const code = errorCodeOf(error);
  if (code.startsWith('SQLITE_FULL') || code === 'SQLITE_IOERR_WRITE' || code === 'ENOSPC') return 'full';
  return code.startsWith('SQLITE_CORRUPT') ? 'corrupt' : 'other';
}

serve();
