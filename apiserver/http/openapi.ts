import { createHash } from 'node:crypto';
import type { Kind } from '../kinds/kind';
import type { KindList } from '../kinds/kind-list';
import { publishedSchema } from '../openapi/published-schema';
import type { Schemas } from '../openapi/schemas';
import { refName } from '../openapi/schemas';
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
          '3',
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
        '2',
      ),
    };
    const text = JSON.stringify(document).replaceAll('#/components/schemas/', '#/definitions/');
    return { json: Buffer.from(text), protobuf: encodeSwagger(JSON.parse(text) as Swagger) };
  }

  /** The named schemas and all that they refer to, with their groups, versions and kinds. */
  private closure(names: readonly string[], kinds: readonly Kind[], version: '2' | '3'): Record<string, unknown> {
    const found: Record<string, unknown> = {};
    const queue = [...names];
    for (let name = queue.pop(); name !== undefined; name = queue.pop()) {
      if (name in found) continue;
      const builtIn = this.schemas.get(name);
      const schema = builtIn ?? kinds.find((kind) => kind.schema === name)?.custom?.openApi;
      if (schema === undefined) continue;
      const gvk = kinds
        .filter((kind) => kind.schema === name)
        .map(({ group, version, kind }) => ({ group, version, kind }));
      found[name] = {
        ...(builtIn === undefined ? schema : publishedSchema(name, builtIn, version)),
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
