import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';

/** The part of JSON Schema that the generated document uses. */
export interface Schema {
  readonly description?: string;
  readonly type?: 'object' | 'array' | 'string' | 'integer' | 'number' | 'boolean';
  readonly format?: string;
  readonly $ref?: string;
  readonly items?: Schema;
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly additionalProperties?: Schema;
  readonly required?: readonly string[];
  readonly oneOf?: readonly Schema[];
  readonly allOf?: readonly Schema[];
  readonly 'x-kubernetes-group-version-kind'?: readonly { group: string; version: string; kind: string }[];
}

/** Name (`io.k8s.api.core.v1.Pod`) -> schema, of every Kubernetes type. */
export type Schemas = ReadonlyMap<string, Schema>;

const REF_PREFIX = '#/components/schemas/';
export const refName = (ref: string): string => ref.slice(REF_PREFIX.length);

/** The last part of a schema's name: Go's name of the type. */
export const typeName = (schemaName: string): string => schemaName.slice(schemaName.lastIndexOf('.') + 1);

/** Reads what `npm run generate` wrote. Throws where it has not run. */
export function loadSchemas(): Schemas {
  // Beside this file, or in the checkout that the compiled file belongs to.
  const file = [
    path.join(__dirname, 'generated/schemas.json'),
    path.resolve(__dirname, '../../../apiserver/openapi/generated/schemas.json'),
  ].find(existsSync);
  if (file === undefined) throw new Error('no OpenAPI schemas found: run `npm run generate`');
  return new Map(Object.entries(JSON.parse(readFileSync(file, 'utf8')) as Record<string, Schema>));
}
