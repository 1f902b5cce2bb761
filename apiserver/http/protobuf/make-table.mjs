// Makes field-table.json: the protobuf field numbers of the Kubernetes kinds that clients send, read from the file
// descriptors that kubectl up to 1.34 carries (gzip members in its binary).
//   node apiserver/http/protobuf/make-table.mjs /path/to/kubectl-1.34
import { readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { inflateRawSync } from 'node:zlib';

/** The kinds whose bodies may arrive as protobuf, with everything they refer to. */
const ROOTS = [
  ...[
    'Namespace',
    'Node',
    'Pod',
    'ConfigMap',
    'Secret',
    'Service',
    'ServiceAccount',
    'Event',
    'Endpoints',
    'Binding',
  ].map((kind) => ['k8s.io.api.core.v1', kind]),
  ...[
    'LimitRange',
    'ResourceQuota',
    'PersistentVolumeClaim',
    'PersistentVolume',
    'ReplicationController',
    'PodTemplate',
  ].map((kind) => ['k8s.io.api.core.v1', kind]),
  ...['Deployment', 'ReplicaSet', 'StatefulSet', 'DaemonSet', 'ControllerRevision'].map((kind) => [
    'k8s.io.api.apps.v1',
    kind,
  ]),
  ...['Job', 'CronJob'].map((kind) => ['k8s.io.api.batch.v1', kind]),
  ['k8s.io.api.coordination.v1', 'Lease'],
  ['k8s.io.api.scheduling.v1', 'PriorityClass'],
  ['k8s.io.api.events.v1', 'Event'],
  ['k8s.io.api.policy.v1', 'Eviction'],
  ['k8s.io.api.policy.v1', 'PodDisruptionBudget'],
  ...['Role', 'RoleBinding', 'ClusterRole', 'ClusterRoleBinding'].map((kind) => ['k8s.io.api.rbac.v1', kind]),
  ...['Ingress', 'IngressClass', 'NetworkPolicy'].map((kind) => ['k8s.io.api.networking.v1', kind]),
  ...['HorizontalPodAutoscaler', 'Scale'].map((kind) => ['k8s.io.api.autoscaling.v1', kind]),
  ['k8s.io.api.autoscaling.v2', 'HorizontalPodAutoscaler'],
  ['k8s.io.api.discovery.v1', 'EndpointSlice'],
  ['k8s.io.api.node.v1', 'RuntimeClass'],
  ['k8s.io.api.certificates.v1', 'CertificateSigningRequest'],
  ...['StorageClass', 'VolumeAttachment', 'CSIDriver', 'CSINode', 'CSIStorageCapacity'].map((kind) => [
    'k8s.io.api.storage.v1',
    kind,
  ]),
  ...['MutatingWebhookConfiguration', 'ValidatingWebhookConfiguration'].map((kind) => [
    'k8s.io.api.admissionregistration.v1',
    kind,
  ]),
  ...['TokenRequest', 'TokenReview', 'SelfSubjectReview'].map((kind) => ['k8s.io.api.authentication.v1', kind]),
  ...['SubjectAccessReview', 'LocalSubjectAccessReview', 'SelfSubjectAccessReview', 'SelfSubjectRulesReview'].map(
    (kind) => ['k8s.io.api.authorization.v1', kind],
  ),
  ['k8s.io.apimachinery.pkg.apis.meta.v1', 'DeleteOptions'],
];

/** Go embeds these structs: in JSON their fields stand in the message that holds them. */
const INLINED = new Set([
  'handler',
  'volumeSource',
  'persistentVolumeSource',
  'localObjectReference',
  'ephemeralContainerCommon',
  'ingressRuleValue',
  'rule',
]);

const varint = (bytes, at) => {
  let value = 0;
  let scale = 1;
  for (;;) {
    const byte = bytes[at++];
    value += (byte & 0x7f) * scale;
    if (byte < 0x80) return [value, at];
    scale *= 128;
  }
};
function* fields(bytes) {
  for (let at = 0; at < bytes.length;) {
    const [tag, afterTag] = varint(bytes, at);
    at = afterTag;
    const wire = tag & 7;
    if (wire === 0) {
      const [value, next] = varint(bytes, at);
      at = next;
      yield [tag >>> 3, value];
    } else if (wire === 2) {
      const [length, start] = varint(bytes, at);
      if (start + length > bytes.length) throw new Error('cut short');
      yield [tag >>> 3, bytes.subarray(start, start + length)];
      at = start + length;
    } else if (wire === 1) at += 8;
    else if (wire === 5) at += 4;
    else throw new Error(`wire type ${wire}`);
  }
}

/** FileDescriptorProto: 2 package, 4 message_type; DescriptorProto: 1 name, 2 field, 3 nested_type, 7 options (7 map_entry);
 * FieldDescriptorProto: 1 name, 3 number, 4 label (3 repeated), 5 type, 6 type_name. */
function readMessage(bytes, prefix, messages) {
  let name = '';
  const own = [];
  const nested = [];
  let isMap = false;
  for (const [number, value] of fields(bytes)) {
    if (number === 1) name = value.toString();
    else if (number === 2) {
      const field = { name: '', number: 0, repeated: false, type: 0, typeName: '' };
      for (const [inner, content] of fields(value)) {
        if (inner === 1) field.name = content.toString();
        else if (inner === 3) field.number = content;
        else if (inner === 4) field.repeated = content === 3;
        else if (inner === 5) field.type = content;
        else if (inner === 6) field.typeName = content.toString().slice(1);
      }
      own.push(field);
    } else if (number === 3) nested.push(value);
    else if (number === 7) for (const [option, on] of fields(value)) if (option === 7) isMap = on === 1;
  }
  messages.set(`${prefix}.${name}`, { fields: own, isMap });
  for (const inner of nested) readMessage(inner, `${prefix}.${name}`, messages);
}

function descriptorsIn(binary) {
  const messages = new Map();
  for (
    let at = binary.indexOf('\x1f\x8b\x08', 0, 'latin1');
    at >= 0;
    at = binary.indexOf('\x1f\x8b\x08', at + 1, 'latin1')
  ) {
    let file;
    try {
      // One gzip member: its header is 10 bytes here, and raw inflate stops at its end.
      file = inflateRawSync(binary.subarray(at + 10, at + 10 + 2 ** 20), { finishFlush: 2 });
    } catch {
      continue;
    }
    try {
      let name = '';
      const found = [];
      for (const [number, value] of fields(file)) {
        if (number === 2) name = value.toString();
        else if (number === 4) found.push(value);
      }
      if (!name.startsWith('k8s.io.')) continue;
      for (const message of found) readMessage(message, name, messages);
    } catch {
      continue;
    }
  }
  return messages;
}

const SCALARS = {
  1: 'double',
  2: 'float',
  3: 'int',
  4: 'int',
  5: 'int',
  8: 'bool',
  9: 'string',
  12: 'bytes',
  13: 'int',
};
const messages = descriptorsIn(readFileSync(process.argv[2]));
const table = {};
const queue = ROOTS.map(([group, kind]) => `${group}.${kind}`);
while (queue.length > 0) {
  const name = queue.pop();
  if (name in table) continue;
  const message = messages.get(name);
  if (message === undefined) throw new Error(`no descriptor of ${name}`);
  table[name] = {};
  for (const field of message.fields) {
    const target = messages.get(field.typeName);
    if (target?.isMap) {
      const value = target.fields.find((each) => each.name === 'value');
      const type = SCALARS[value.type] ?? value.typeName;
      if (!(value.type in SCALARS)) queue.push(value.typeName);
      table[name][field.number] = [field.name, type, 'map'];
    } else {
      const type = SCALARS[field.type] ?? field.typeName;
      if (!(field.type in SCALARS)) queue.push(field.typeName);
      const shape = field.repeated ? 'list' : INLINED.has(field.name) ? 'inline' : undefined;
      table[name][field.number] = shape !== undefined ? [field.name, type, shape] : [field.name, type];
    }
  }
}
const lines = Object.keys(table)
  .sort()
  .map((name) => `  ${JSON.stringify(name)}: ${JSON.stringify(table[name])}`);
writeFileSync(path.join(import.meta.dirname, 'field-table.json'), `{\n${lines.join(',\n')}\n}\n`);
console.log(`${lines.length} messages`);
