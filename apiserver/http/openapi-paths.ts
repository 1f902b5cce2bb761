import type { Kind, Verb } from '../kinds/kind';

export const groupVersionPath = ({ group, version }: Kind): string =>
  group === '' ? `api/${version}` : `apis/${group}/${version}`;

type Method = 'get' | 'post' | 'put' | 'patch' | 'delete';
/** `x-kubernetes-action` by the verb that it stands for, where their names differ. */
const ACTIONS: Readonly<Partial<Record<Verb, string>>> = { create: 'post', update: 'put' };

const ON_COLLECTION: Readonly<Partial<Record<Method, Verb>>> = {
  get: 'list',
  post: 'create',
  delete: 'deletecollection',
};
const ON_OBJECT: Readonly<Partial<Record<Method, Verb>>> = {
  get: 'get',
  put: 'update',
  patch: 'patch',
  delete: 'delete',
};

/**
 * The paths of a kind with its operations. Clients find there which type a resource has, and by the parameter
 * fieldValidation that the server validates.
 */
export function pathsOf(kind: Kind, openapi: '2' | '3'): readonly (readonly [path: string, operations: object])[] {
  const { plural, namespaced } = kind;
  const all = `/${groupVersionPath(kind)}/${plural}`;
  const collection = namespaced ? `/${groupVersionPath(kind)}/namespaces/{namespace}/${plural}` : all;
  const paths = [
    ...(namespaced ? [[all, { get: 'list' }] as const] : []),
    [collection, ON_COLLECTION],
    [`${collection}/{name}`, ON_OBJECT],
  ] as const;
  return paths
    .map(([path, methods]) => [path, operationsOf(kind, methods, openapi)] as const)
    .filter(([, operations]) => Object.keys(operations).length > 0);
}

const operationsOf = (kind: Kind, methods: Readonly<Partial<Record<Method, Verb>>>, openapi: '2' | '3'): object =>
  Object.fromEntries(
    Object.entries(methods)
      .filter(([, verb]) => kind.verbs.includes(verb))
      .map(([method, verb]) => [method, operation(kind, verb, openapi)]),
  );

function operation({ group, version, kind }: Kind, verb: Verb, openapi: '2' | '3'): object {
  const isWrite = verb === 'create' || verb === 'update' || verb === 'patch';
  const parameters = (isWrite ? ['dryRun', 'fieldManager', 'fieldValidation'] : []).map((name) => ({
    name,
    in: 'query',
    ...(openapi === '3' ? { schema: { type: 'string', uniqueItems: true } } : { type: 'string', uniqueItems: true }),
  }));
  return {
    ...(parameters.length === 0 ? {} : { parameters }),
    responses: { 200: { description: 'OK' } },
    'x-kubernetes-action': ACTIONS[verb] ?? verb,
    'x-kubernetes-group-version-kind': { group, version, kind },
  };
}
