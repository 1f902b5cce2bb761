import type { StoredObject } from '../../shared/api/objects';
import type { FieldTerm } from '../../shared/selectors/field-selector';
import { matchesFields, parseFieldSelector } from '../../shared/selectors/field-selector';
import { matchesLabels, parseLabelSelector, SelectorError } from '../../shared/selectors/label-selector';
import { badRequest } from '../../shared/status-error';
import type { Kind } from '../kinds/kind';

/** Whether an object is meant by a query; undefined: all are. */
export type Matcher = ((object: StoredObject) => boolean) | undefined;

export interface SelectorQuery {
  readonly labelSelector?: string | undefined;
  readonly fieldSelector?: string | undefined;
}

const COMMON_FIELDS = ['metadata.name', 'metadata.namespace'];

/** Throws BadRequest for what cannot be parsed and for fields that the kind does not select by. */
export function matcherOf(kind: Kind, query: SelectorQuery): Matcher {
  const labels = reading(() => parseLabelSelector(query.labelSelector ?? ''));
  const fields = reading(() => parseFieldSelector(query.fieldSelector ?? ''));
  checkFields(kind, query, fields);
  if (labels.length === 0 && fields.length === 0) return undefined;
  const matches = (object: StoredObject): boolean =>
    matchesLabels(labels, object.metadata.labels) && matchesFields(fields, object);
  const { conversion } = kind;
  // Fields are named as this version has them.
  return conversion === undefined ? matches : (object) => matches(conversion.fromStored(object));
}

function reading<T>(read: () => T): T {
  try {
    return read();
  } catch (error) {
    if (error instanceof SelectorError) throw badRequest(error.message);
    throw error;
  }
}

function checkFields(kind: Kind, query: SelectorQuery, fields: readonly FieldTerm[]): void {
  const unknown = fields.find(({ path }) => !COMMON_FIELDS.includes(path) && !kind.fieldSelectors.includes(path));
  if (unknown === undefined) return;
  const group = kind.group === '' ? '' : kind.group;
  // A kind that is selected by nothing of its own says what all are selected by.
  const why =
    kind.fieldSelectors.length === 0 && kind.custom === undefined
      ? `${JSON.stringify(unknown.path)} is not a known field selector: only "metadata.name", "metadata.namespace"`
      : `field label not supported: ${unknown.path}`;
  throw badRequest(
    `Unable to find "${group}/${kind.version}, Resource=${kind.plural}" that match label selector "${query.labelSelector ?? ''}", ` +
      `field selector "${query.fieldSelector ?? ''}": ${why}`,
  );
}
