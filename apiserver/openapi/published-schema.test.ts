import { publishedSchema } from './published-schema';
import { loadSchemas } from './schemas';

const schemas = loadSchemas();
const REFS = '#/components/schemas/io.k8s.api.core.v1';

/** A field of a type of core/v1 as clients are given it. */
function fieldOf(type: string, field: string, version: '2' | '3' = '3'): unknown {
  const name = `io.k8s.api.core.v1.${type}`;
  const schema = schemas.get(name);
  if (schema === undefined) throw new Error(`no schema ${name}`);
  return publishedSchema(name, schema, version).properties?.[field];
}

describe('a field that holds another type', () => {
  it('is described, beside what it refers to in OpenAPI 2 and around it in 3', () => {
    const description = expect.stringContaining("the pod's scheduling constraints") as string;
    expect(fieldOf('PodSpec', 'affinity', '2')).toEqual({ description, $ref: `${REFS}.Affinity` });
    expect(fieldOf('PodSpec', 'affinity', '3')).toEqual({ description, allOf: [{ $ref: `${REFS}.Affinity` }] });
  });

  it('is described where only the server writes it', () => {
    expect(fieldOf('Pod', 'status')).toMatchObject({
      description: expect.stringMatching(/^Most recently observed status of the pod\./) as string,
    });
  });
});

describe('how a field is merged and owned', () => {
  it.each([
    [
      'items by their keys',
      'Container',
      'ports',
      { 'list-type': 'map', 'list-map-keys': ['containerPort', 'protocol'] },
    ],
    ['items by a key, patched too', 'PodSpec', 'volumes', { 'list-type': 'map', 'patch-strategy': 'merge,retainKeys' }],
    ['plain values as a set', 'ObjectMeta', 'finalizers', { 'list-type': 'set', 'patch-strategy': 'merge' }],
    ['a list as a whole', 'Container', 'command', { 'list-type': 'atomic' }],
    ['a map as a whole', 'PodSpec', 'nodeSelector', { 'map-type': 'atomic' }],
  ])('%s', (_, type, field, marks) => {
    const name = type === 'ObjectMeta' ? `io.k8s.apimachinery.pkg.apis.meta.v1.${type}` : `io.k8s.api.core.v1.${type}`;
    const published = publishedSchema(name, schemas.get(name) ?? {}, '3').properties?.[field];
    const expected = Object.fromEntries(Object.entries(marks).map(([key, value]) => [`x-kubernetes-${key}`, value]));
    expect(published).toMatchObject(expected);
  });

  it('says of a type that it has one owner', () => {
    const name = 'io.k8s.api.core.v1.SecretKeySelector';
    expect(publishedSchema(name, schemas.get(name) ?? {}, '2')).toMatchObject({ 'x-kubernetes-map-type': 'atomic' });
  });

  it('gives no key for patches to a list that only server-side apply merges', () => {
    expect(fieldOf('ResourceRequirements', 'claims')).toMatchObject({ 'x-kubernetes-list-map-keys': ['name'] });
    expect(fieldOf('ResourceRequirements', 'claims')).not.toHaveProperty('x-kubernetes-patch-merge-key');
  });
});

it('names each type by the group that serves it, also types that are new', () => {
  const names = ['networking.v1.ServiceCIDR', 'networking.v1.IPAddress', 'storage.v1.VolumeAttributesClass'];
  expect(names.filter((name) => !schemas.has(`io.k8s.api.${name}`))).toEqual([]);
  expect(schemas.has('io.k8s.kube-aggregator.pkg.apis.apiregistration.v1.APIService')).toBe(true);
});
