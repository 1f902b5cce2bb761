import type { ApiObject, LabelSelector, StoredObject } from '../../shared/api/objects';
import { badRequest, conflict, invalid, StatusError } from '../../shared/status-error';
import type { Kind, ScaleFields } from '../kinds/kind';
import { selectorText } from '../kinds/selector-text';

export const SCALE_TYPE = {
  group: 'autoscaling',
  version: 'v1',
  kind: 'Scale',
  schema: 'io.k8s.api.autoscaling.v1.Scale',
} as const;

/** Throws NotFound for a kind that has no `/scale`. */
export function scaleFieldsOf({ scale }: Kind): ScaleFields {
  if (scale !== undefined) return scale;
  throw new StatusError('NotFound', 'the server could not find the requested resource');
}

type Fields = Record<string, unknown>;
const isFields = (value: unknown): value is Fields =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

const at = (object: unknown, path: string): unknown =>
  path.split('.').reduce((value, field) => (isFields(value) ? value[field] : undefined), object);

/** The autoscaling/v1 Scale of an object whose kind has `/scale`. */
export function scaleOf(fields: ScaleFields, object: StoredObject): StoredObject {
  const { name, namespace, uid, resourceVersion, creationTimestamp } = object.metadata;
  const selector = fields.selector === undefined ? '' : textOf(at(object, fields.selector));
  const replicas = at(object, fields.replicas);
  return {
    apiVersion: 'autoscaling/v1',
    kind: 'Scale',
    metadata: { name, ...(namespace === undefined ? {} : { namespace }), uid, resourceVersion, creationTimestamp },
    spec: typeof replicas === 'number' && replicas !== 0 ? { replicas } : {},
    status: { replicas: at(object, fields.statusReplicas) ?? 0, ...(selector === '' ? {} : { selector }) },
  };
}

/** A LabelSelector, a map of labels (a ReplicationController's), or text (a custom resource's). */
function textOf(selector: unknown): string {
  if (typeof selector === 'string') return selector;
  if (!isFields(selector)) return '';
  const isLabelSelector = 'matchLabels' in selector || 'matchExpressions' in selector;
  const text = selectorText(
    isLabelSelector ? (selector as LabelSelector) : { matchLabels: selector as Record<string, string> },
  );
  return text === '<none>' ? '' : text;
}

/** The object with the number of replicas that a Scale asks for. Throws BadRequest, Conflict, Invalid. */
export function withScale(kind: Kind, fields: ScaleFields, object: StoredObject, scale: ApiObject): ApiObject {
  const { metadata = {}, kind: sent, spec } = scale;
  const { name } = object.metadata;
  if (sent !== undefined && sent !== 'Scale') throw badRequest(`the object provided must be a Scale, not a ${sent}`);
  if ((metadata.name ?? name) !== name) {
    throw badRequest(`the name of the object (${metadata.name ?? ''}) does not match the name on the URL (${name})`);
  }
  const { uid = '', resourceVersion = '' } = metadata;
  const of = { group: kind.group, resource: kind.plural };
  if (uid !== '' && uid !== object.metadata.uid) {
    throw conflict(
      of,
      name,
      `Precondition failed: UID in precondition: ${uid}, UID in object meta: ${object.metadata.uid}`,
    );
  }
  if (resourceVersion !== '' && resourceVersion !== object.metadata.resourceVersion) {
    throw conflict(
      of,
      name,
      'the object has been modified; please apply your changes to the latest version and try again',
    );
  }
  const replicas = (isFields(spec) ? spec['replicas'] : undefined) ?? 0;
  if (typeof replicas !== 'number' || !Number.isInteger(replicas)) {
    throw badRequest('Scale in version "v1" cannot be handled as a Scale: spec.replicas must be a whole number');
  }
  if (replicas < 0) {
    throw invalid({ group: 'autoscaling', kind: 'Scale' }, name, [
      {
        reason: 'FieldValueInvalid',
        field: 'spec.replicas',
        message: `Invalid value: ${replicas}: must be greater than or equal to 0`,
      },
    ]);
  }
  const copy = structuredClone(object) as ApiObject;
  set(copy, fields.replicas.split('.'), replicas);
  return copy;
}

function set(object: Fields, [field = '', ...rest]: readonly string[], value: unknown): void {
  if (rest.length === 0) object[field] = value;
  else {
    const child = object[field];
    const next = isFields(child) ? child : (object[field] = {});
    set(next as Fields, rest, value);
  }
}
