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

/** A Table as `kubectl get` prints it. `withColumns` false: a later event of a watch, which repeats them not. */
export function tableOf(
  kind: Pick<Kind, 'columns' | 'rowConditions'>,
  items: readonly Pick<Encoded, 'object'>[],
  options: {
    readonly version: string;
    readonly nowMs: number;
    readonly include: IncludeObject;
    readonly metadata: object;
    readonly withColumns: boolean;
  },
): object {
  return {
    kind: 'Table',
    apiVersion: `meta.k8s.io/${options.version}`,
    metadata: options.metadata,
    columnDefinitions: options.withColumns
      ? kind.columns.map(({ name, type, format = '', description, priority }) => ({
          name,
          type,
          format,
          description,
          priority,
        }))
      : null,
    rows: items.map(({ object }) => {
      const conditions = kind.rowConditions?.(object) ?? [];
      return {
        cells: kind.columns.map((column) => column.cell(object, options.nowMs)),
        ...(conditions.length === 0 ? {} : { conditions }),
        object:
          options.include === 'None'
            ? null
            : options.include === 'Object'
              ? object
              : partialMetadata(object, options.version),
      };
    }),
  };
}
