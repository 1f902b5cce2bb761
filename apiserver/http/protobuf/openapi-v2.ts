/**
 * An OpenAPI v2 document in the protobuf encoding that kubectl asks for when it must check what the v3 documents do not
 * name (a List), and that kubectl up to 1.28 asks for always. Message and field numbers: gnostic's openapi_v2.proto
 * (github.com/google/gnostic-models), of which only what Kubernetes' documents use is written.
 */
export interface Swagger {
  readonly info: { readonly title: string; readonly version: string };
  readonly paths: Readonly<Record<string, { readonly patch?: Operation }>>;
  readonly definitions: Readonly<Record<string, SwaggerSchema>>;
}

interface Operation {
  readonly parameters: readonly { readonly name: string; readonly in: string; readonly type: string }[];
  readonly [extension: `x-${string}`]: unknown;
}

export interface SwaggerSchema {
  readonly $ref?: string;
  readonly description?: string;
  readonly type?: string;
  readonly format?: string;
  readonly required?: readonly string[];
  readonly items?: SwaggerSchema;
  readonly properties?: Readonly<Record<string, SwaggerSchema>>;
  readonly additionalProperties?: SwaggerSchema;
  readonly allOf?: readonly SwaggerSchema[];
  readonly [extension: `x-${string}`]: unknown;
}

type Encoded = Buffer;

function varint(value: number): Buffer {
  const bytes: number[] = [];
  let rest = value;
  for (; rest > 0x7f; rest = Math.floor(rest / 128)) bytes.push((rest % 128) | 0x80);
  return Buffer.from([...bytes, rest]);
}

/** A length-delimited field: text or a message. Nothing for what is absent. */
function field(number: number, content: string | Encoded | undefined): Encoded {
  if (content === undefined) return EMPTY;
  const bytes = typeof content === 'string' ? Buffer.from(content) : content;
  return Buffer.concat([varint(number * 8 + 2), varint(bytes.length), bytes]);
}

const EMPTY = Buffer.alloc(0);
const message = (...fields: readonly Encoded[]): Encoded => Buffer.concat(fields);
const named = (name: string, value: Encoded): Encoded => message(field(1, name), field(2, value));

/** NamedAny of each `x-…` field, its value as YAML, of which JSON is a part. */
const extensions = (number: number, of: object): Encoded =>
  message(
    ...Object.entries(of)
      .filter(([key]) => key.startsWith('x-'))
      .map(([key, value]) => field(number, named(key, field(2, JSON.stringify(value))))),
  );

function schema(of: SwaggerSchema): Encoded {
  return message(
    field(1, of.$ref),
    field(2, of.format),
    field(4, of.description),
    ...(of.required ?? []).map((name) => field(19, name)),
    of.additionalProperties === undefined ? EMPTY : field(21, field(1, schema(of.additionalProperties))),
    of.type === undefined ? EMPTY : field(22, field(1, of.type)),
    of.items === undefined ? EMPTY : field(23, field(1, schema(of.items))),
    ...(of.allOf ?? []).map((each) => field(24, schema(each))),
    of.properties === undefined
      ? EMPTY
      : field(25, message(...Object.entries(of.properties).map(([name, each]) => field(1, named(name, schema(each)))))),
    extensions(31, of),
  );
}

/** Operation 8 parameters, 9 responses, 13 extensions; a query parameter stands in non_body_parameter.query. */
const operation = (of: Operation): Encoded =>
  message(
    ...of.parameters.map(({ name, in: place, type }) =>
      field(8, field(1, field(2, field(3, message(field(2, place), field(4, name), field(6, type)))))),
    ),
    field(9, field(1, named('200', field(1, field(1, 'OK'))))),
    extensions(13, of),
  );

export function encodeSwagger({ info, paths, definitions }: Swagger): Buffer {
  return message(
    field(1, '2.0'),
    field(2, message(field(1, info.title), field(2, info.version))),
    field(
      8,
      message(
        ...Object.entries(paths).map(([path, { patch }]) =>
          field(2, named(path, patch === undefined ? EMPTY : field(8, operation(patch)))),
        ),
      ),
    ),
    field(9, message(...Object.entries(definitions).map(([name, each]) => field(1, named(name, schema(each)))))),
  );
}
