import type { StoredObject } from '../../shared/api/objects';
import type { Kind } from '../kinds/kind';
import type { Encoded } from '../registry/registry';

export type IncludeObject = 'None' | 'Metadata' | 'Object';

/** How the client wants objects shown, from its Accept header. */
export type Representation =
  | { readonly as: 'object'; readonly type: 'application/json' | 'application/yaml' }
  | { readonly as: 'Table' | 'PartialObjectMetadata' | 'PartialObjectMetadataList'; readonly version: string };

/** Whether an Accept header asks for the object itself, told without taking it apart. */
export const isPlainJson = (accept: string | undefined): boolean =>
  accept === undefined || accept === 'application/json' || accept === '*/*' || accept === 'application/json, */*';

/** The first media type of an Accept header that we can produce; undefined: none, 406. Protobuf is skipped. */
export function negotiate(accept: string | undefined): Representation | undefined {
  for (const range of (accept === undefined || accept === '' ? '*/*' : accept).split(',')) {
    const [type = '', ...parameters] = range
      .trim()
      .split(';')
      .map((part) => part.trim());
    if (type === 'application/yaml') return { as: 'object', type };
    if (!['application/json', 'application/*', '*/*'].includes(type)) continue;
    const parameter = (name: string): string | undefined =>
      parameters.find((each) => each.startsWith(`${name}=`))?.slice(name.length + 1);
    const as = parameter('as');
    if (as === undefined) return { as: 'object', type: 'application/json' };
    const version = parameter('v') ?? 'v1';
    if (parameter('g') !== 'meta.k8s.io' || !['v1', 'v1beta1'].includes(version)) continue;
    if (as === 'Table' || as === 'PartialObjectMetadata' || as === 'PartialObjectMetadataList') return { as, version };
  }
  return undefined;
}

export const partialMetadata = ({ metadata }: StoredObject, version: string): unknown => ({
  kind: 'PartialObjectMetadata',
  apiVersion: `meta.k8s.io/${version}`,
  metadata,
});

export interface TableOptions {
  readonly version: string;
  readonly nowMs: number;
  readonly include: IncludeObject;
  readonly metadata: object;
  /** False: a later event of a watch, which repeats them not. */
  readonly withColumns: boolean;
}

/** What of a kind its tables are made from. */
type TableKind = Pick<Kind, 'columns' | 'rowConditions'>;

/** A Table as `kubectl get` prints it. */
export const tableOf = (kind: TableKind, items: readonly Pick<Encoded, 'object'>[], options: TableOptions): object => ({
  ...tableHead(kind, options),
  rows: items.map(({ object }) => rowOf(kind, object, options)),
});

/** A Table but for its rows. */
export const tableHead = ({ columns }: TableKind, { version, metadata, withColumns }: TableOptions): object => ({
  kind: 'Table',
  apiVersion: `meta.k8s.io/${version}`,
  metadata,
  columnDefinitions: withColumns
    ? columns.map(({ name, type, format = '', description, priority }) => ({
        name,
        type,
        format,
        description,
        priority,
      }))
    : null,
});

export function rowOf(kind: TableKind, object: StoredObject, { version, nowMs, include }: TableOptions): object {
  const conditions = kind.rowConditions?.(object) ?? [];
  return {
    cells: kind.columns.map((column) => column.cell(object, nowMs)),
    ...(conditions.length === 0 ? {} : { conditions }),
    object: include === 'None' ? null : include === 'Object' ? object : partialMetadata(object, version),
  };
}
