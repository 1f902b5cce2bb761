import type { JsonSchema } from './json-schema';
import { isIntOrString } from './json-schema';

const META = 'io.k8s.apimachinery.pkg.apis.meta.v1.ObjectMeta';
const TYPE_META = {
  apiVersion: {
    type: 'string',
    description:
      'APIVersion defines the versioned schema of this representation of an object. Servers should convert recognized schemas to the latest internal value, and may reject unrecognized values. More info: https://git.k8s.io/community/contributors/devel/sig-architecture/api-conventions.md#resources',
  },
  kind: {
    type: 'string',
    description:
      'Kind is a string value representing the REST resource this object represents. Servers may infer this from the endpoint the client submits requests to. Cannot be updated. In CamelCase. More info: https://git.k8s.io/community/contributors/devel/sig-architecture/api-conventions.md#types-kinds',
  },
  metadata: {
    $ref: `#/components/schemas/${META}`,
    description:
      "Standard object's metadata. More info: https://git.k8s.io/community/contributors/devel/sig-architecture/api-conventions.md#metadata",
  },
};

/** The schema of a custom kind as the OpenAPI documents show it. */
export const openApiOf = (schema: JsonSchema): object => ({
  ...published(schema),
  properties: { ...publishedProperties(schema), ...TYPE_META },
});

/** OpenAPI knows no type for int-or-string: clients read the extension. */
function published(schema: JsonSchema): object {
  const { properties, items, additionalProperties, ...rest } = schema;
  return {
    ...rest,
    ...(isIntOrString(schema) ? { format: 'int-or-string' } : {}),
    ...(properties === undefined ? {} : { properties: publishedProperties(schema) }),
    ...(items === undefined ? {} : { items: published(items) }),
    ...(typeof additionalProperties === 'object' ? { additionalProperties: published(additionalProperties) } : {}),
  };
}

const publishedProperties = ({ properties = {} }: JsonSchema): object =>
  Object.fromEntries(Object.entries(properties).map(([name, child]) => [name, published(child)]));
