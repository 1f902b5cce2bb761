import { UsageError } from '../client/resources';

/** The part of an OpenAPI v3 schema that tells a person about fields. */
export interface Schema {
  readonly $ref?: string;
  readonly type?: string;
  readonly description?: string;
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly required?: readonly string[];
  readonly items?: Schema;
  readonly additionalProperties?: Schema | boolean;
  readonly allOf?: readonly Schema[];
  readonly enum?: readonly unknown[];
  readonly 'x-kubernetes-group-version-kind'?: readonly {
    readonly group: string;
    readonly version: string;
    readonly kind: string;
  }[];
}

const REF = '#/components/schemas/';

/** The schemas of one group and version. */
export class Schemas {
  constructor(private readonly all: Readonly<Record<string, Schema>>) {}

  ofKind(group: string, version: string, kind: string): Schema {
    const found = Object.values(this.all).find((schema) =>
      schema['x-kubernetes-group-version-kind']?.some(
        (each) => each.group === group && each.version === version && each.kind === kind,
      ),
    );
    if (found === undefined) throw new UsageError(`the server publishes no schema of ${kind}`);
    return found;
  }

  /** Where a reference leads, also one that stands alone in an allOf; the schema itself where it is none. */
  resolve(schema: Schema): Schema {
    const name = refOf(schema);
    return name === undefined ? schema : (this.all[name] ?? {});
  }

  /** What the elements of lists and maps are, and objects themselves. */
  element(schema: Schema): Schema {
    const resolved = this.resolve(schema);
    const inner = resolved.items ?? mapValueOf(resolved);
    return inner === undefined ? resolved : this.element(inner);
  }

  /** `[]Container`, `map[string]string`, `integer`. */
  typeOf(schema: Schema): string {
    if (schema.items !== undefined) return `[]${this.typeOf(schema.items)}`;
    const value = mapValueOf(schema);
    if (value !== undefined) return `map[string]${this.typeOf(value)}`;
    const name = refOf(schema);
    if (name === undefined) return schema.type === undefined || schema.type === 'object' ? 'Object' : schema.type;
    const target = this.resolve(schema);
    const isPlain = target.type !== undefined && target.type !== 'object';
    return isPlain ? this.typeOf(target) : (name.split('.').at(-1) ?? name);
  }

  /** What is said of a schema and, in turn, of what its elements are. */
  descriptionsOf(schema: Schema): readonly string[] {
    const own = schema.description === undefined || schema.description === '' ? [] : [schema.description];
    const inner = refOf(schema) !== undefined ? this.resolve(schema) : (schema.items ?? mapValueOf(schema));
    return inner === undefined ? own : [...own, ...this.descriptionsOf(inner)];
  }
}

function refOf({ $ref, allOf }: Schema): string | undefined {
  const ref = $ref ?? (allOf?.length === 1 ? allOf[0]?.$ref : undefined);
  return ref?.startsWith(REF) === true ? ref.slice(REF.length) : undefined;
}

const mapValueOf = ({ additionalProperties }: Schema): Schema | undefined =>
  typeof additionalProperties === 'object' ? additionalProperties : undefined;
