import type { Compare, KeyValue, Op, StoreEvent, Transaction } from '../store';

/** The newest value of a key, committed or about to be. */
export type Head = (key: string) => KeyValue | undefined;

const holds = (head: Head, { key, target, equals }: Compare): boolean => (head(key)?.[target] ?? 0) === equals;

export type Verdict = 'go' | 'fenced' | 'failed';

export function judge(head: Head, { compares, guard }: Transaction): Verdict {
  if (guard !== undefined && !holds(head, guard)) return 'fenced';
  return compares.every((compare) => holds(head, compare)) ? 'go' : 'failed';
}

/** What the operations do at this revision; deleting what is absent does nothing. */
export function eventsOf(head: Head, ops: readonly Op[], revision: number): readonly StoreEvent[] {
  const events: StoreEvent[] = [];
  for (const op of ops) {
    const previous = head(op.key);
    if (op.type === 'delete') {
      if (previous !== undefined) events.push({ type: 'delete', key: op.key, previous, revision });
      continue;
    }
    const kv: KeyValue = {
      key: op.key,
      value: op.value,
      createRevision: previous?.createRevision ?? revision,
      modRevision: revision,
      version: (previous?.version ?? 0) + 1,
      ...(op.lease === undefined ? {} : { lease: op.lease }),
    };
    events.push({ type: 'put', key: op.key, kv, ...(previous === undefined ? {} : { previous }), revision });
  }
  return events;
}
