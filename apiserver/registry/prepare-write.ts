import type { ApiObject, ObjectMeta, StoredMeta, StoredObject } from '../../shared/api/objects';
import type { Clock } from '../../shared/clock';
import { toTimestamp } from '../../shared/clock';
import type { Random } from '../../shared/random';
import { badRequest, invalid } from '../../shared/status-error';
import type { Kind, WritableSubresource } from '../kinds/kind';
import { validateMeta, validateMetaUpdate } from '../kinds/validation/object-meta';
import { isSameJson } from '../../shared/same-json';

const SUFFIX_LENGTH = 5;
const MAX_GENERATED_BASE = 63 - SUFFIX_LENGTH;

/** Gives a new object its identity and birth. The server's fields are the server's, whatever the client sent. */
export function fillNewMetadata(kind: Kind, object: ApiObject, sources: { clock: Clock; random: Random }): void {
  const given: ObjectMeta = object.metadata ?? {};
  if ((given.resourceVersion ?? '') !== '')
    throw badRequest('resourceVersion should not be set on objects to be created');
  const {
    deletionTimestamp: _d,
    deletionGracePeriodSeconds: _g,
    generation: _n,
    selfLink: _s,
    managedFields: _m,
    ...kept
  } = given;
  delete kept.resourceVersion;
  object.metadata = {
    ...kept,
    uid: sources.random.uid(),
    creationTimestamp: toTimestamp(sources.clock.now()),
    ...(kind.hasGeneration ? { generation: 1 } : {}),
  };
}

/** Makes a name of generateName where there is none. After admission, so that a refusal reads the same each time. */
export function generateName({ metadata = {} }: ApiObject, random: Random): void {
  const { name = '', generateName: base = '' } = metadata;
  if (name === '' && base !== '') metadata.name = `${base.slice(0, MAX_GENERATED_BASE)}${random.suffix(SUFFIX_LENGTH)}`;
}

/** Throws Invalid with one cause per problem. */
export function validateNew(kind: Kind, object: ApiObject): void {
  refuse(kind, object, [
    ...validateMeta(kind, object),
    ...(kind.validate?.(object) ?? []),
    ...(kind.validateCreate?.(object) ?? []),
  ]);
}

export function validateReplacement(
  kind: Kind,
  object: ApiObject,
  old: StoredObject,
  subresource: WritableSubresource | undefined,
): void {
  refuse(kind, object, [
    ...validateMeta(kind, object),
    ...validateMetaUpdate(object, old),
    ...(kind.validate?.(object) ?? []),
    ...(kind.validateUpdate?.(object, old, subresource) ?? []),
  ]);
}

function refuse(kind: Kind, object: ApiObject, causes: Parameters<typeof invalid>[2]): void {
  if (causes.length > 0) throw invalid(kind, object.metadata?.name ?? '', causes);
}

/**
 * The object that is to replace `old`: of the main resource everything but status, of `/status` only the status and
 * labels, annotations and finalizers. Generation counts changes of everything but metadata and status.
 */
export function replacementOf(
  kind: Kind,
  object: ApiObject,
  old: StoredObject,
  subresource: WritableSubresource | undefined,
): StoredObject {
  // The doors to a part of a pod's spec let nothing else through.
  const isPartOfSpec = subresource === 'ephemeralcontainers' || subresource === 'resize';
  const given = isPartOfSpec ? structuredClone(old.metadata) : (object.metadata ?? {});
  const metadata = keepIdentity(kind, given, old.metadata, subresource);
  const { status, ...withoutStatus } = object;
  const { status: oldStatus, ...oldWithoutStatus } = old;
  const withStatus = (of: unknown): object => (of === undefined ? {} : { status: of });
  const replacement: StoredObject =
    subresource === 'status' || subresource === 'approval'
      ? { ...structuredClone(oldWithoutStatus), metadata, ...withStatus(status) }
      : kind.hasStatus
        ? {
            ...withoutStatus,
            apiVersion: old.apiVersion,
            kind: old.kind,
            metadata,
            ...withStatus(structuredClone(oldStatus)),
          }
        : { ...object, apiVersion: old.apiVersion, kind: old.kind, metadata };
  kind.prepareForUpdate?.(replacement, old, subresource);
  return replacement;
}

/** Counts the generation up when the replacement, with its defaults, asks for something else than `old`. */
export function countGeneration(
  kind: Kind,
  replacement: StoredObject,
  old: StoredObject,
  subresource: WritableSubresource | undefined,
): void {
  if (!kind.hasGeneration) return;
  const { metadata: _m, status: _s, ...wanted } = replacement;
  const { metadata: _om, status: _os, ...wantedBefore } = old;
  const isAnnotated =
    kind.generationCountsAnnotations === true &&
    subresource === undefined &&
    !isSameJson(replacement.metadata.annotations ?? {}, old.metadata.annotations ?? {});
  if (isSameJson(wanted, wantedBefore) && !isAnnotated) return;
  replacement.metadata = { ...replacement.metadata, generation: (old.metadata.generation ?? 0) + 1 };
}

function keepIdentity(
  { statusKeeps }: Kind,
  given: ObjectMeta,
  old: StoredMeta,
  subresource: WritableSubresource | undefined,
): StoredMeta {
  const isStatus = subresource === 'status';
  const { annotations, finalizers, ownerReferences } = isStatus && statusKeeps === 'metadata' ? old : given;
  const { labels } = isStatus && statusKeeps !== undefined ? old : given;
  const owners = isStatus ? old.ownerReferences : ownerReferences;
  return {
    name: old.name,
    ...defined({ generateName: old.generateName, namespace: old.namespace }),
    uid: old.uid,
    resourceVersion: old.resourceVersion,
    ...defined({ generation: old.generation }),
    creationTimestamp: old.creationTimestamp,
    ...defined({
      deletionTimestamp: old.deletionTimestamp,
      deletionGracePeriodSeconds: old.deletionGracePeriodSeconds,
      labels: filled(labels),
      annotations: filled(annotations),
      ownerReferences: filled(owners === undefined ? undefined : structuredClone(owners)),
      finalizers: filled(finalizers),
      managedFields: old.managedFields,
    }),
  };
}

/** An empty map or list of metadata is as good as none: Kubernetes leaves it out. */
const filled = <T extends object>(value: T | undefined): T | undefined =>
  value === undefined || Object.keys(value).length === 0 ? undefined : value;

type Defined<T> = { [K in keyof T]?: Exclude<T[K], undefined> };
const defined = <T extends object>(fields: T): Defined<T> =>
  Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined)) as Defined<T>;
