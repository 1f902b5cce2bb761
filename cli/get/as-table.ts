import type { ObjectList, StoredObject } from '../api-object';
import { ageOf } from '../events';
import type { Table } from '../output/table';

const COLUMNS = ['Name', 'Age'].map((name) => ({ name, priority: 0 }));

/** The answer as a table: a server that makes none of what was asked for leaves names and ages. */
export function asTable(value: unknown): Table {
  const answer = value as Partial<Table> & Partial<ObjectList> & StoredObject;
  if (answer.rows !== undefined) return answer as Table;
  const objects = answer.items ?? [answer];
  return {
    metadata: answer.metadata,
    columnDefinitions: COLUMNS,
    rows: objects.map((object) => ({
      cells: [object.metadata.name, ageOf(object.metadata.creationTimestamp)],
      object,
    })),
  };
}
