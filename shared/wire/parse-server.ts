/** What the server sends, off the wire: the agent's edge. Each function throws BadRequest naming the bad field. */
import type { ConfigMap, Pod, Secret } from '../api/objects';
import type {
  Ack,
  JoinAnswer,
  JoinResponse,
  NamespaceServices,
  ObjectChanged,
  PodAssignment,
  PodRemoval,
  PodToken,
  ServiceLink,
  Sync,
} from './node-channel';
import { parsePolicyChange } from './network-policy';
import { parseObjectRef } from './parse-agent';
import { parseFenceTerms } from './parse-fence';
import { parseStatus } from './parse-status';
import type { WireRecord } from './parse-value';
import { asArray, asInteger, asName, asOneOf, asOptional, asRecord, asString, field, parseError } from './parse-value';

const MAX_ITEMS = 100_000;
const MAX_CERTIFICATE = 64 * 1024;
const MAX_TOKEN = 16 * 1024;

const revisionOf = (message: WireRecord): number => asInteger(message['revision'], 'revision', { min: 0 });

/** An object of the API: what identifies it is checked here, the rest was validated by the registry. */
function parseObject(value: unknown, path: string): WireRecord {
  const object = asRecord(value, path);
  const metadata = asRecord(object['metadata'], `${path}.metadata`);
  for (const key of ['uid', 'namespace', 'name', 'resourceVersion']) asName(metadata[key], `${path}.metadata.${key}`);
  return object;
}

function parsePod(value: unknown, path: string): Pod {
  const pod = parseObject(value, path);
  const spec = asRecord(pod['spec'], `${path}.spec`);
  if (!Array.isArray(spec['containers'])) throw parseError(`${path}.spec.containers`, 'a list');
  return pod as unknown as Pod;
}

export function parseSync(value: unknown): Sync {
  const message = asRecord(value, 'sync');
  return {
    kind: asOneOf(message['kind'], 'kind', ['full', 'difference']),
    revision: revisionOf(message),
    pods: asArray(message['pods'], 'pods', parsePod, MAX_ITEMS),
    services: asArray(message['services'], 'services', parseNamespaceServices, MAX_ITEMS),
    removed: asArray(message['removed'], 'removed', asName, MAX_ITEMS),
    ...field('policies', asOptional(message['policies'], 'policies', parsePolicyChange)),
    ...field('fence', asOptional(message['fence'], 'fence', parseFenceTerms)),
  };
}

export function parseNamespaceServices(value: unknown, path = 'services'): NamespaceServices {
  const message = asRecord(value, path);
  return {
    namespace: asName(message['namespace'], `${path}.namespace`),
    services: asArray(message['services'], `${path}.services`, parseServiceLink, MAX_ITEMS),
  };
}

function parseServiceLink(value: unknown, path: string): ServiceLink {
  const link = asRecord(value, path);
  return {
    name: asName(link['name'], `${path}.name`),
    clusterIp: asString(link['clusterIp'], `${path}.clusterIp`),
    ports: asArray(link['ports'], `${path}.ports`, parseServicePort, MAX_ITEMS),
    isCluster: link['isCluster'] === true,
  };
}

function parseServicePort(value: unknown, path: string): ServiceLink['ports'][number] {
  const port = asRecord(value, path);
  return {
    ...field(
      'name',
      asOptional(port['name'], `${path}.name`, (text, at) => asString(text, at)),
    ),
    port: asInteger(port['port'], `${path}.port`, { min: 1 }),
    protocol: asString(port['protocol'], `${path}.protocol`),
  };
}

export function parsePodAssignment(value: unknown): PodAssignment {
  const message = asRecord(value, 'pod');
  return { revision: revisionOf(message), pod: parsePod(message['pod'], 'pod') };
}

export function parsePodRemoval(value: unknown): PodRemoval {
  const message = asRecord(value, 'podRemoved');
  return {
    revision: revisionOf(message),
    uid: asName(message['uid'], 'uid'),
    namespace: asName(message['namespace'], 'namespace'),
    name: asName(message['name'], 'name'),
  };
}

export function parseConfigObject(value: unknown): ConfigMap | Secret | null {
  return value === null ? null : (parseObject(value, 'object') as unknown as ConfigMap | Secret);
}

export function parseObjectChanged(value: unknown): ObjectChanged {
  const message = asRecord(value, 'objectChanged');
  return {
    revision: revisionOf(message),
    ref: parseObjectRef(message['ref']),
    object: parseConfigObject(message['object']),
  };
}

export function parsePodToken(value: unknown): PodToken {
  const message = asRecord(value, 'token');
  return {
    token: asString(message['token'], 'token', MAX_TOKEN),
    expiresAtMs: asInteger(message['expiresAtMs'], 'expiresAtMs', { min: 0 }),
  };
}

export function parseJoinAnswer(value: unknown): JoinAnswer {
  const { pending } = asRecord(value, 'response');
  if (pending === undefined) return parseJoinResponse(value);
  const { nodeName, keyFingerprint } = asRecord(pending, 'pending');
  return {
    pending: {
      nodeName: asName(nodeName, 'pending.nodeName'),
      keyFingerprint: asString(keyFingerprint, 'pending.keyFingerprint'),
    },
  };
}

export function parseJoinResponse(value: unknown): JoinResponse {
  const message = asRecord(value, 'response');
  return {
    certificate: asString(message['certificate'], 'certificate', MAX_CERTIFICATE),
    caCertificate: asString(message['caCertificate'], 'caCertificate', MAX_CERTIFICATE),
  };
}

export function parseAck<T>(value: unknown, parse: (value: unknown) => T): Ack<T> {
  const ack = asRecord(value, 'acknowledgement');
  return 'ok' in ack ? { ok: parse(ack['ok']) } : { status: parseStatus(ack['status'], 'status') };
}

export function parseDone(value: unknown): true {
  if (value !== true) throw parseError('acknowledgement', 'true');
  return value;
}
