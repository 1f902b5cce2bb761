import type { MvccState } from '../mvcc/mvcc-state';
import type { KeyValue, StoreEvent } from '../store';
import type { Row } from './protocol';

/** Puts the rows of the log together to transactions again. */
export class HistoryBuilder {
  private revision = 0;
  private events: StoreEvent[] = [];

  constructor(private readonly state: MvccState) {}

  /** Rows come in the order of the log. */
  add(row: Row): void {
    if (row.revision !== this.revision) this.flush();
    this.revision = row.revision;
    const previous = this.state.current(row.key);
    if (row.deleted) {
      if (previous !== undefined) this.events.push({ type: 'delete', key: row.key, previous, revision: row.revision });
      return;
    }
    const { key, createRevision, version, lease, revision } = row;
    const kv: KeyValue = {
      key,
      value: Buffer.from(row.value.buffer, row.value.byteOffset, row.value.byteLength),
      createRevision,
      modRevision: revision,
      version,
      ...(lease === null ? {} : { lease }),
    };
    this.events.push({ type: 'put', key, kv, ...(previous === undefined ? {} : { previous }), revision });
  }

  finish(revision: number, compactedRevision: number): void {
    this.flush();
    this.state.revision = revision;
    this.state.compact(compactedRevision);
  }

  private flush(): void {
    if (this.events.length > 0) this.state.publish({ revision: this.revision, events: this.events });
    this.events = [];
  }
}
