import { createHash } from 'node:crypto';
import type { Kind } from '../kinds/kind';
import type { KindList } from '../kinds/kind-list';
import type { Schema, Schemas } from '../openapi/schemas';
import { refName, typeName } from '../openapi/schemas';
import { listStrategyOf } from '../openapi/patch-strategies';
import { groupVersionPath, pathsOf } from './openapi-paths';
import type { Swagger } from './protobuf/openapi-v2';
import { encodeSwagger } from './protobuf/openapi-v2';

/** `/openapi/v3`: the index, and one document per group and version, encoded once on first use. */
export class OpenApiDocuments {
  private readonly documents = new Map<string, { readonly bytes: Buffer; readonly hash: string }>();
  private v2: { readonly json: Buffer; readonly protobuf: Buffer } | undefined;

  constructor(
    private readonly kindList: KindList,
    private readonly schemas: Schemas,
    private readonly version: string,
  ) {
    // Documents of what has not changed are made again with the same bytes and the same hash.
    kindList.onChange(() => {
      this.documents.clear();
      this.v2 = undefined;
    });
  }

  private get kinds(): readonly Kind[] {
    return this.kindList.all;
  }

  index(): unknown {
    const paths = [...new Set(this.kinds.map(groupVersionPath))];
    return {
      paths: Object.fromEntries(
        paths.map((path) => [
          path,
          { serverRelativeURL: `/openapi/v3/${path}?hash=${this.document(path)?.hash ?? ''}` },
        ]),
      ),
    };
  }

  /** By its path in the index (`api/v1`); undefined where nothing is served. */
  document(path: string): { readonly bytes: Buffer; readonly hash: string } | undefined {
    const known = this.documents.get(path);
    if (known !== undefined) return known;
    const kinds = this.kinds.filter((kind) => groupVersionPath(kind) === path);
    if (kinds.length === 0) return undefined;
    const document = {
      openapi: '3.0.0',
      info: { title: 'Kubernetes', version: this.version },
      paths: Object.fromEntries(kinds.flatMap((kind) => pathsOf(kind, '3'))),
      components: {
        schemas: this.closure(
          kinds.map((kind) => kind.schema),
          kinds,
        ),
      },
    };
    const bytes = Buffer.from(JSON.stringify(document));
    const built = { bytes, hash: createHash('sha512').update(bytes).digest('hex').toUpperCase() };
    this.documents.set(path, built);
    return built;
  }

  /** `/openapi/v2`, as JSON and in protobuf, made on first use. */
  swagger(): { readonly json: Buffer; readonly protobuf: Buffer } {
    this.v2 ??= this.buildSwagger();
    return this.v2;
  }

  private buildSwagger(): { readonly json: Buffer; readonly protobuf: Buffer } {
    const document = {
      swagger: '2.0',
      info: { title: 'Kubernetes', version: this.version },
      paths: Object.fromEntries(this.kinds.flatMap((kind) => pathsOf(kind, '2'))),
      definitions: this.closure(
        this.kinds.map((kind) => kind.schema),
        this.kinds,
      ),
    };
    const text = JSON.stringify(document).replaceAll('#/components/schemas/', '#/definitions/');
    return { json: Buffer.from(text), protobuf: encodeSwagger(JSON.parse(text) as Swagger) };
  }

  /** The named schemas and all that they refer to, with group-version-kind and patch strategies marked. */
  private closure(names: readonly string[], kinds: readonly Kind[]): Record<string, unknown> {
    const found: Record<string, unknown> = {};
    const queue = [...names];
    for (let name = queue.pop(); name !== undefined; name = queue.pop()) {
      const schema = this.schemas.get(name) ?? kinds.find((kind) => kind.schema === name)?.custom?.openApi;
      if (schema === undefined || name in found) continue;
      const gvk = kinds
        .filter((kind) => kind.schema === name)
        .map(({ group, version, kind }) => ({ group, version, kind }));
      found[name] = {
        ...withStrategies(name, schema),
        ...(gvk.length === 0 ? {} : { 'x-kubernetes-group-version-kind': gvk }),
      };
      JSON.stringify(schema, (key, value: unknown) => {
        if (key === '$ref' && typeof value === 'string') queue.push(refName(value));
        return value;
      });
    }
    return found;
  }
}

/** The schema with its lists marked as clients need it to merge them. */
function withStrategies(name: string, schema: Schema): Schema {
  if (schema.properties === undefined) return schema;
  const type = typeName(name);
  const properties = Object.entries(schema.properties).map(
    ([field, property]) => [field, { ...property, ...markOf(type, field) }] as const,
  );
  return { ...schema, properties: Object.fromEntries(properties) };
}

function markOf(type: string, field: string): Readonly<Record<string, unknown>> {
  const strategy = listStrategyOf(type, field);
  if (strategy === undefined) return {};
  const { mergeKey, mapKeys, retainKeys } = strategy;
  const listType = mergeKey === undefined ? 'set' : 'map';
  return {
    'x-kubernetes-patch-strategy': retainKeys === true ? 'merge,retainKeys' : 'merge',
    'x-kubernetes-list-type': listType,
    ...(mergeKey === undefined
      ? {}
      : { 'x-kubernetes-patch-merge-key': mergeKey, 'x-kubernetes-list-map-keys': mapKeys ?? [mergeKey] }),
  };
}
