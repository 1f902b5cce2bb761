// Writes generated/schemas.json: OpenAPI schemas of every Kubernetes type, taken from the model classes of
// @kubernetes/client-node (field names, types, formats, required, documentation). Run by `npm run generate`.
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import path from 'node:path';
import { pathToFileURL } from 'node:url';

const require = createRequire(import.meta.url);
const here = import.meta.dirname;
const models = path.join(path.dirname(require.resolve('@kubernetes/client-node')), 'gen/models');
const clients = path.join(models, '../apis');
const published = path.dirname(require.resolve('kubernetes-types/package.json'));

const ref = (name) => ({ $ref: `#/components/schemas/${name}` });
const META = 'io.k8s.apimachinery.pkg.apis.meta.v1';
const TIME = ref(`${META}.Time`);
const MICRO_TIME = ref(`${META}.MicroTime`);
const QUANTITY = ref('io.k8s.apimachinery.pkg.api.resource.Quantity');
const INT_OR_STRING = ref('io.k8s.apimachinery.pkg.util.intstr.IntOrString');

/** API group of a folder of kubernetes-types, where it is not the folder's name. */
const API_GROUPS = {
  core: '',
  meta: '',
  admissionregistration: 'admissionregistration.k8s.io',
  apiextensions: 'apiextensions.k8s.io',
  apiregistration: 'apiregistration.k8s.io',
  apiserverinternal: 'internal.apiserver.k8s.io',
  authentication: 'authentication.k8s.io',
  authorization: 'authorization.k8s.io',
  certificates: 'certificates.k8s.io',
  coordination: 'coordination.k8s.io',
  discovery: 'discovery.k8s.io',
  events: 'events.k8s.io',
  flowcontrol: 'flowcontrol.apiserver.k8s.io',
  networking: 'networking.k8s.io',
  node: 'node.k8s.io',
  rbac: 'rbac.authorization.k8s.io',
  resource: 'resource.k8s.io',
  scheduling: 'scheduling.k8s.io',
  storage: 'storage.k8s.io',
  storagemigration: 'storagemigration.k8s.io',
};

/** Fields that hold a resource.Quantity, or a map of them: the model classes call them strings. */
const QUANTITY_FIELDS = new Set([
  'V1ContainerStatus.allocatedResources',
  'V1EmptyDirVolumeSource.sizeLimit',
  'V1LimitRangeItem._default',
  'V1LimitRangeItem.defaultRequest',
  'V1LimitRangeItem.max',
  'V1LimitRangeItem.maxLimitRequestRatio',
  'V1LimitRangeItem.min',
  'V1NodeStatus.allocatable',
  'V1NodeStatus.capacity',
  'V1Overhead.podFixed',
  'V1PersistentVolumeClaimStatus.allocatedResources',
  'V1PersistentVolumeClaimStatus.capacity',
  'V1PersistentVolumeSpec.capacity',
  'V1PodSpec.overhead',
  'V1ResourceFieldSelector.divisor',
  'V1ResourceQuotaSpec.hard',
  'V1ResourceQuotaStatus.hard',
  'V1ResourceQuotaStatus.used',
  'V1ResourceRequirements.limits',
  'V1ResourceRequirements.requests',
  'V1VolumeResourceRequirements.limits',
  'V1VolumeResourceRequirements.requests',
  'V2MetricTarget.averageValue',
  'V2MetricTarget.value',
  'V2MetricValueStatus.averageValue',
  'V2MetricValueStatus.value',
]);

/** class name -> { attributes, fields, description } */
async function readModels() {
  const all = await import(pathToFileURL(path.join(models, 'all.js')).href);
  const found = new Map();
  for (const file of readdirSync(models).filter((name) => name.endsWith('.d.ts'))) {
    const name = file.slice(0, -'.d.ts'.length);
    const attributes = all[name]?.attributeTypeMap;
    if (attributes !== undefined) found.set(name, { attributes, ...readDocs(path.join(models, file)) });
  }
  return found;
}

function readDocs(file) {
  const text = readFileSync(file, 'utf8');
  const start = text.indexOf('export declare class');
  const fields = new Map();
  for (const [, doc, name, optional] of text.slice(start).matchAll(/(?:\/\*\*([\s\S]*?)\*\/\s*)?'([^'\n]+)'(\?)?:/g)) {
    fields.set(name, { description: clean(doc), required: optional === undefined });
  }
  const comments = [...text.slice(0, start).matchAll(/\/\*\*([\s\S]*?)\*\//g)];
  return { fields, description: comments.length < 2 ? '' : clean(comments.at(-1)[1]) };
}

const clean = (doc) =>
  (doc ?? '')
    .replace(/^\s*\*\s?/gm, '')
    .replace(/\\(['"`])/g, '$1')
    .trim();

/**
 * Of kubernetes-types: `v1.Container` -> the folders that export it, and `core.v1.Container.env` -> what that field is.
 * The model classes say nothing of fields that hold another type.
 */
function readPublished() {
  const groups = new Map();
  const descriptions = new Map();
  for (const folder of readdirSync(published, { withFileTypes: true }).filter((entry) => entry.isDirectory())) {
    for (const file of readdirSync(path.join(published, folder.name)).filter((name) => name.endsWith('.d.ts'))) {
      const text = readFileSync(path.join(published, folder.name, file), 'utf8');
      for (const [, name] of text.matchAll(/^export (?:interface|type) (\w+)/gm)) {
        const key = `${file.slice(0, -'.d.ts'.length)}.${name}`;
        groups.set(key, [...(groups.get(key) ?? []), folder.name]);
      }
      const version = file.slice(0, -'.d.ts'.length);
      for (const [, type, body] of text.matchAll(/^export interface (\w+) \{\n([\s\S]*?)^\}/gm)) {
        for (const [, doc, field] of body.matchAll(
          /\/\*\*((?:(?!\*\/)[\s\S])*)\*\/\s*(?:readonly )?"?([\w$-]+)"?\??:/g,
        ))
          descriptions.set(`${folder.name}.${version}.${type}.${field}`, clean(doc));
      }
    }
  }
  return { groups, descriptions };
}

/** `CoreV1EndpointPort` -> { folder: 'core', version: 'v1', name: 'EndpointPort' }; folder only where the name tells it. */
function parseClass(className) {
  const match = /^([A-Z][a-z]+)?(V\d+(?:(?:alpha|beta)\d+)?)([A-Z]\w*)$/.exec(className);
  if (match === null) return undefined;
  return { folder: match[1]?.toLowerCase(), version: match[2].toLowerCase(), name: match[3] };
}

const referenced = (type) => /\b((?:[A-Z][a-z]+)?V\d\w+)\b/.exec(type)?.[1];

/** The folder of each model class that the client of one group's API takes or gives. */
function readClients() {
  const folders = new Map();
  for (const file of readdirSync(clients).filter((name) => /^[A-Z]\w*V\d\w*Api\.d\.ts$/.test(name))) {
    const [, group] = /^([A-Z][a-z]+)/.exec(file);
    const folder = group === 'Internal' ? 'apiserverinternal' : group.toLowerCase();
    for (const [, className] of readFileSync(path.join(clients, file), 'utf8').matchAll(
      /from '\.\.\/models\/(\w+)\.js'/g,
    ))
      folders.set(className, folder);
  }
  return folders;
}

function nameSchemas(classes, groups) {
  const folders = new Map();
  const served = readClients();
  for (const className of classes.keys()) {
    const parsed = parseClass(className);
    if (parsed === undefined) continue;
    const candidates = groups.get(`${parsed.version}.${parsed.name}`) ?? [];
    const known = candidates.length === 1 ? candidates[0] : undefined;
    const folder = parsed.folder ?? known ?? (candidates.length === 0 ? served.get(className) : undefined);
    if (folder !== undefined) folders.set(className, folder);
  }
  // A type newer than kubernetes-types belongs to the group of the type that uses it, or whose list it is.
  for (let again = true; again;) {
    again = false;
    for (const [className, { attributes }] of classes) {
      for (const { baseName, type } of attributes) {
        const used = referenced(type);
        if (used === undefined || !classes.has(used)) continue;
        const from = folders.get(className);
        const to = folders.get(used);
        if (from !== undefined && from !== 'meta' && to === undefined) again = Boolean(folders.set(used, from));
        if (baseName === 'items' && to !== undefined && from === undefined) again = Boolean(folders.set(className, to));
      }
    }
  }
  const names = new Map();
  for (const className of classes.keys()) {
    const parsed = parseClass(className);
    if (parsed === undefined) continue;
    const folder = folders.get(className) ?? 'core';
    names.set(className, { ...parsed, folder, schema: `${prefixOf(folder, parsed.version)}.${parsed.name}` });
  }
  return names;
}

function prefixOf(folder, version) {
  if (folder === 'meta') return META;
  if (folder === 'apiextensions') return `io.k8s.apiextensions-apiserver.pkg.apis.apiextensions.${version}`;
  if (folder === 'apiregistration') return `io.k8s.kube-aggregator.pkg.apis.apiregistration.${version}`;
  return `io.k8s.api.${folder}.${version}`;
}

function schemaOfType(type, format, isQuantity, names) {
  const array = /^Array<(.*)>$/.exec(type);
  if (array !== null) return { type: 'array', items: schemaOfType(array[1], format, isQuantity, names) };
  const map = /^\{ \[key: string\]: (.*); \}$/.exec(type);
  if (map !== null) return { type: 'object', additionalProperties: schemaOfType(map[1], format, isQuantity, names) };
  if (isQuantity) return QUANTITY;
  if (type === 'V1MicroTime' || format === 'date-time-micro') return MICRO_TIME;
  if (type === 'Date') return TIME;
  if (type === 'IntOrString' || format === 'int-or-string') return INT_OR_STRING;
  if (type === 'number' && (format === 'double' || format === 'float')) return { type: 'number', format };
  if (type === 'number') return { type: 'integer', format: format === '' ? 'int32' : format };
  if (type === 'string') return { type: 'string', ...(format === '' ? {} : { format }) };
  if (type === 'boolean') return { type: 'boolean' };
  if (type === 'any') return {};
  const known = names.get(type);
  return known === undefined ? { type: 'object' } : ref(known.schema);
}

function build(classes) {
  const { groups, descriptions } = readPublished();
  const names = nameSchemas(classes, groups);
  const schemas = {};
  for (const [className, { attributes, fields, description }] of classes) {
    const named = names.get(className);
    if (named === undefined) continue;
    const properties = {};
    const required = [];
    for (const { name, baseName, type, format } of attributes) {
      const doc = fields.get(name);
      const schema = schemaOfType(type, format, QUANTITY_FIELDS.has(`${className}.${name}`), names);
      const told = descriptions.get(`${named.folder}.${named.version}.${named.name}.${baseName}`);
      const text = doc?.description || told;
      properties[baseName] = { ...(text ? { description: text } : {}), ...schema };
      if (doc?.required === true) required.push(baseName);
    }
    const isKind = 'apiVersion' in properties && 'kind' in properties;
    const gvk = { group: API_GROUPS[named.folder] ?? named.folder, kind: named.name, version: named.version };
    schemas[named.schema] = {
      ...(description === '' ? {} : { description }),
      type: 'object',
      properties,
      ...(required.length === 0 ? {} : { required }),
      ...(isKind && 'metadata' in properties ? { 'x-kubernetes-group-version-kind': [gvk] } : {}),
    };
  }
  const time = (description) => ({ description, type: 'string', format: 'date-time' });
  Object.assign(schemas, {
    'io.k8s.apimachinery.pkg.api.resource.Quantity': {
      description: 'Quantity is a fixed-point number: digits with a decimal (m, k, M, …) or binary (Ki, Mi, …) suffix.',
      oneOf: [{ type: 'string' }, { type: 'number' }],
    },
    'io.k8s.apimachinery.pkg.util.intstr.IntOrString': {
      description: 'IntOrString is a type that can hold an int32 or a string.',
      format: 'int-or-string',
      oneOf: [{ type: 'integer' }, { type: 'string' }],
    },
    [`${META}.Time`]: time('Time is an RFC 3339 date and time.'),
    [`${META}.MicroTime`]: time('MicroTime is an RFC 3339 date and time with microseconds.'),
    [`${META}.FieldsV1`]: { type: 'object' },
  });
  return Object.fromEntries(Object.entries(schemas).sort(([a], [b]) => (a < b ? -1 : 1)));
}

const json = JSON.stringify(build(await readModels()));
// Beside the source, and beside the compiled code that reads it.
for (const folder of [path.join(here, 'generated'), path.resolve(here, '../../dist/apiserver/openapi/generated')]) {
  mkdirSync(folder, { recursive: true });
  writeFileSync(path.join(folder, 'schemas.json'), json);
}
