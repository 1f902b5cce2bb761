import { badRequest } from '../../shared/status-error';
import { FieldSet } from './field-set';

/** What FieldsV1 calls the path itself. */
const SELF = '.';
const ELEMENT = /^(f:|k:\{|v:|i:\d)/;

/** The wire form: each member is an empty object, `.` where a path and something below it are members. */
export function encodeFields(set: FieldSet): object {
  const fields: [string, object][] = [...set.children].map(([element, child]) => [element, encodeFields(child)]);
  fields.sort(([a], [b]) => (a < b ? -1 : 1));
  return Object.fromEntries(set.isMember && fields.length > 0 ? [[SELF, {}], ...fields] : fields);
}

/** Throws BadRequest for what is not FieldsV1. */
export function decodeFields(fields: unknown): FieldSet {
  if (typeof fields !== 'object' || fields === null || Array.isArray(fields)) {
    throw badRequest('metadata.managedFields: fieldsV1 must be an object');
  }
  const children = new Map<string, FieldSet>();
  let isMember = false;
  for (const [element, below] of Object.entries(fields)) {
    if (element === SELF) isMember = true;
    else if (ELEMENT.test(element)) children.set(element, decodeChild(below));
    else throw badRequest(`metadata.managedFields: ${JSON.stringify(element)} is no path element of FieldsV1`);
  }
  return FieldSet.of(isMember, children);
}

function decodeChild(below: unknown): FieldSet {
  const set = decodeFields(below);
  return set.isEmpty ? FieldSet.member : set;
}
