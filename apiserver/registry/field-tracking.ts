import type { ApiObject, StoredObject } from '../../shared/api/objects';
import type { Clock } from '../../shared/clock';
import { toTimestamp } from '../../shared/clock';
import type { Kind, WritableSubresource } from '../kinds/kind';
import type { ManagedFieldsEntry } from '../managed-fields/managers';
import type { Applied, Writer } from '../managed-fields/ownership';
import { applyConfiguration, baseEntries, trackUpdate } from '../managed-fields/ownership';
import type { Shape } from '../managed-fields/shape';
import { shapeOfSchema } from '../managed-fields/shape';
import type { Schemas } from '../openapi/schemas';
import { apiVersionOf } from './incoming-object';
import type { WriteOptions } from './registry';

type TrackedOptions = Pick<WriteOptions, 'fieldManager'> & { readonly subresource?: WritableSubresource };

/** Keeps metadata.managedFields true. Writes without a field manager, our own loops', leave it as it stands. */
export class FieldTracking {
  private readonly shapes = new Map<string, Shape>();

  constructor(
    private readonly schemas: Schemas,
    private readonly clock: Clock,
  ) {}

  created(kind: Kind, object: ApiObject, options: TrackedOptions): void {
    this.record(kind, object, undefined, [], options);
  }

  /** `sent`: the entries in the client's object, where it sent some. */
  replaced(
    kind: Kind,
    next: StoredObject,
    old: StoredObject,
    sent: readonly ManagedFieldsEntry[] | undefined,
    options: TrackedOptions,
  ): void {
    this.record(kind, next, old, baseEntries(sent, old.metadata.managedFields), options);
  }

  /** Throws Conflict where fields of others would change, unless forced. */
  apply(
    kind: Kind,
    live: StoredObject | undefined,
    applied: ApiObject,
    options: TrackedOptions & { readonly force: boolean },
  ): Applied {
    return applyConfiguration({
      live,
      applied,
      writer: this.writer(kind, options),
      force: options.force,
      shape: this.shapeOf(kind),
      hasStatus: kind.hasStatus,
    });
  }

  private record(
    kind: Kind,
    after: ApiObject,
    before: StoredObject | undefined,
    base: readonly ManagedFieldsEntry[],
    options: TrackedOptions,
  ): void {
    const entries =
      options.fieldManager === undefined
        ? base
        : trackUpdate({
            before,
            after,
            base,
            writer: this.writer(kind, options),
            shape: this.shapeOf(kind),
            hasStatus: kind.hasStatus,
          });
    setEntries(after, entries);
  }

  private writer(kind: Kind, { fieldManager = '', subresource }: TrackedOptions): Writer {
    return {
      name: fieldManager,
      apiVersion: apiVersionOf(kind),
      ...(subresource === undefined ? {} : { subresource }),
      time: toTimestamp(this.clock.now()),
    };
  }

  private shapeOf(kind: Kind): Shape {
    if (kind.custom !== undefined) return kind.custom.shape;
    const known = this.shapes.get(kind.schema);
    if (known !== undefined) return known;
    const shape = shapeOfSchema(this.schemas, kind.schema);
    this.shapes.set(kind.schema, shape);
    return shape;
  }
}

export function setEntries(object: ApiObject, entries: readonly ManagedFieldsEntry[]): void {
  const metadata = (object.metadata ??= {});
  if (entries.length === 0) delete metadata.managedFields;
  else metadata.managedFields = [...entries];
}
