/** What an agent sends, off the wire: the server's edge. Each function throws BadRequest naming the bad field. */
import type { NodeStatus, PodStatus } from '../api/objects';
import type {
  CertificateRenewal,
  EventReport,
  Heartbeat,
  JoinRequest,
  NodeUsage,
  ObjectRef,
  PodStatusReport,
  PodTerminated,
  Registration,
  RunningPod,
  TokenOrder,
} from './node-channel';
import {
  asArray,
  asBoolean,
  asInteger,
  asName,
  asNumber,
  asOneOf,
  asOptional,
  asRecord,
  asString,
  field,
  parseError,
} from './parse-value';
import { parseFenceTerms } from './parse-fence';

const MAX_PODS = 10_000;
const MAX_LABELS = 256;
const MAX_CONDITIONS = 64;
const MAX_CERTIFICATE_REQUEST = 16 * 1024;
const MAX_MESSAGE = 32 * 1024;

export function parseJoinRequest(value: unknown): JoinRequest {
  const message = asRecord(value, 'body');
  const nodeName = asName(message['nodeName'], 'nodeName');
  if (!/^[a-z0-9]([-a-z0-9.]*[a-z0-9])?$/.test(nodeName)) {
    throw parseError('nodeName', `lower-case letters, digits, "-" and "." ("${nodeName}" is not)`);
  }
  return {
    nodeName,
    certificateRequest: asString(message['certificateRequest'], 'certificateRequest', MAX_CERTIFICATE_REQUEST),
  };
}

export function parseCertificateRenewal(value: unknown): CertificateRenewal {
  const { certificateRequest } = asRecord(value, 'renewCertificate');
  return { certificateRequest: asString(certificateRequest, 'certificateRequest', MAX_CERTIFICATE_REQUEST) };
}

export function parseTokenOrder(value: unknown): TokenOrder {
  const message = asRecord(value, 'token');
  return {
    podUid: asName(message['podUid'], 'podUid'),
    audience: asString(message['audience'], 'audience'),
    expirationSeconds: asInteger(message['expirationSeconds'], 'expirationSeconds', { min: 1 }),
  };
}

export function parseRegistration(value: unknown): Registration {
  const message = asRecord(value, 'register');
  return {
    nodeName: asName(message['nodeName'], 'nodeName'),
    bootId: asString(message['bootId'], 'bootId'),
    agentVersion: asString(message['agentVersion'], 'agentVersion'),
    // The rest of a status is checked against the schema where it is written.
    status: asRecord(message['status'], 'status') as NodeStatus,
    labels: parseLabels(message['labels']),
    pods: asArray(message['pods'], 'pods', parseRunningPod, MAX_PODS),
    ...field('servesIngress', asOptional(message['servesIngress'], 'servesIngress', asBoolean)),
    lastRevision: asInteger(message['lastRevision'], 'lastRevision', { min: 0 }),
    ...field('fence', asOptional(message['fence'], 'fence', parseFenceTerms)),
  };
}

function parseLabels(value: unknown): Record<string, string> {
  const entries = Object.entries(asRecord(value, 'labels'));
  if (entries.length > MAX_LABELS) throw parseError('labels', `at most ${MAX_LABELS} labels`);
  return Object.fromEntries(entries.map(([key, text]) => [key, asString(text, `labels.${key}`, 253)]));
}

function parseRunningPod(value: unknown, path: string): RunningPod {
  const pod = asRecord(value, path);
  return {
    uid: asName(pod['uid'], `${path}.uid`),
    namespace: asName(pod['namespace'], `${path}.namespace`),
    name: asName(pod['name'], `${path}.name`),
  };
}

export function parseHeartbeat(value: unknown): Heartbeat {
  const message = asRecord(value, 'heartbeat');
  return {
    sequence: asInteger(message['sequence'], 'sequence', { min: 1 }),
    sentAtMs: asNumber(message['sentAtMs'], 'sentAtMs'),
    usage: parseUsage(message['usage']),
    conditions: asArray(message['conditions'], 'conditions', parseCondition, MAX_CONDITIONS),
  };
}

function parseCondition(value: unknown, path: string): Heartbeat['conditions'][number] {
  const condition = asRecord(value, path);
  return {
    type: asName(condition['type'], `${path}.type`),
    status: asOneOf(condition['status'], `${path}.status`, ['True', 'False', 'Unknown']),
    reason: asString(condition['reason'], `${path}.reason`),
    message: asString(condition['message'], `${path}.message`, MAX_MESSAGE),
  };
}

const USAGE_FIGURES: readonly (keyof NodeUsage)[] = [
  'cpuMilli',
  'cpuPercent',
  'memoryUsedBytes',
  'memoryAvailableBytes',
  'diskUsedBytes',
  'diskTotalBytes',
  'diskReadBytesPerSecond',
  'diskWriteBytesPerSecond',
  'networkRxBytesPerSecond',
  'networkTxBytesPerSecond',
  'load1',
  'processes',
];

function parseUsage(value: unknown): NodeUsage {
  const usage = asRecord(value, 'usage');
  const figures = USAGE_FIGURES.map((name) => [name, asNumber(usage[name], `usage.${name}`)] as const);
  return Object.fromEntries(figures) as unknown as NodeUsage;
}

export function parsePodStatusReport(value: unknown): PodStatusReport {
  const message = asRecord(value, 'podStatus');
  return { ...parseRunningPod(value, 'podStatus'), status: asRecord(message['status'], 'status') as PodStatus };
}

export function parsePodTerminated(value: unknown): PodTerminated {
  return parseRunningPod(value, 'podTerminated');
}

export function parseEventReport(value: unknown): EventReport {
  const message = asRecord(value, 'event');
  return {
    ...field('pod', asOptional(message['pod'], 'pod', parseEventPod)),
    ...field('ingress', asOptional(message['ingress'], 'ingress', parseEventIngress)),
    type: asOneOf(message['type'], 'type', ['Normal', 'Warning']),
    reason: asName(message['reason'], 'reason'),
    message: asString(message['message'], 'message', MAX_MESSAGE),
  };
}

function parseEventIngress(value: unknown, path: string): NonNullable<EventReport['ingress']> {
  const { namespace, name } = asRecord(value, path);
  return { namespace: asName(namespace, `${path}.namespace`), name: asName(name, `${path}.name`) };
}

function parseEventPod(value: unknown, path: string): NonNullable<EventReport['pod']> {
  const pod = asRecord(value, path);
  const fieldPath = asOptional(pod['fieldPath'], `${path}.fieldPath`, (text, at) => asString(text, at));
  return { ...parseRunningPod(value, path), ...field('fieldPath', fieldPath) };
}

export function parseObjectRef(value: unknown): ObjectRef {
  const ref = asRecord(value, 'ref');
  return {
    kind: asOneOf(ref['kind'], 'ref.kind', ['ConfigMap', 'Secret']),
    namespace: asName(ref['namespace'], 'ref.namespace'),
    name: asName(ref['name'], 'ref.name'),
  };
}
