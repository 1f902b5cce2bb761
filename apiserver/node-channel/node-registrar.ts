import type { Node, NodeStatus } from '../../shared/api/objects';
import { toTimestamp } from '../../shared/clock';
import { StatusError, isAlreadyExists, isNotFound } from '../../shared/status-error';
import { isSameJson } from '../../shared/same-json';
import type { NodeImages, Registration } from '../../shared/wire/node-channel';
import type { FenceTerms } from '../../shared/wire/fence';
import type { Client } from '../registry/client';
import { boundBy, FENCE_ANNOTATION } from './fencing';
import type { NodeIdentity } from './node-identity';

/** The key a node joined with; another key is refused under the same name while the Node exists. */
export const KEY_FINGERPRINT_ANNOTATION = 'pinsetter.io/key-fingerprint';

/** Until when the certificate serves that the node shows; it renews it in time. */
export const CERTIFICATE_ENDS_ANNOTATION = 'pinsetter.io/certificate-ends';

/** Throws Conflict when the Node belongs to another key. */
export function refuseForeignKey(node: Node, keyFingerprint: string): void {
  const owner = node.metadata.annotations?.[KEY_FINGERPRINT_ANNOTATION];
  if (owner === undefined || owner === keyFingerprint) return;
  const { name } = node.metadata;
  throw new StatusError(
    'Conflict',
    `the name "${name}" is taken by a node with another key. Choose another name for this node, or, where it replaces ` +
      `the old one, remove that first: kubectl-lite delete node ${name}`,
    { name, kind: 'nodes' },
  );
}

/** Labels that say how far a node is trusted are for administrators to set, not for the node (as NodeRestriction has it). */
const RESERVED_LABELS = ['node-restriction.kubernetes.io/', 'node-role.kubernetes.io/', 'pinsetter.io/'];

/** Creates the Node or brings it up to what its agent tells. Writes only what differs. Throws Conflict for a foreign key. */
export async function registerNode(
  client: Client,
  registration: Registration,
  identity: NodeIdentity,
  fence?: FenceTerms,
): Promise<Node> {
  await bringUpMetadata(client, registration, identity, fence);
  return client.modify(
    'Node',
    { name: registration.nodeName },
    (node) => {
      const status = withExtended(node.status, reportedStatus(registration.status));
      return isSameJson(status, node.status) ? undefined : { ...node, status };
    },
    { subresource: 'status' },
  );
}

export async function noteCertificateEnd(client: Client, nodeName: string, endsMs: number): Promise<void> {
  await client.modify('Node', { name: nodeName }, (node) => {
    const annotations = { ...node.metadata.annotations, [CERTIFICATE_ENDS_ANNOTATION]: toTimestamp(endsMs) };
    return { ...node, metadata: { ...node.metadata, annotations } };
  });
}

export async function noteImages(client: Client, nodeName: string, { images }: NodeImages): Promise<void> {
  const shown = images.map(({ names, sizeBytes }) => ({ names: [...names], sizeBytes }));
  await client.modify(
    'Node',
    { name: nodeName },
    (node) =>
      isSameJson(shown, node.status?.images) ? undefined : { ...node, status: { ...node.status, images: shown } },
    { subresource: 'status' },
  );
}

async function bringUpMetadata(
  client: Client,
  registration: Registration,
  identity: NodeIdentity,
  fence: FenceTerms | undefined,
): Promise<void> {
  const key = { name: registration.nodeName };
  const labels = labelsOf(registration);
  const annotations = {
    [KEY_FINGERPRINT_ANNOTATION]: identity.keyFingerprint,
    [CERTIFICATE_ENDS_ANNOTATION]: toTimestamp(identity.certificateEndsMs),
    ...(fence === undefined || registration.fence === undefined
      ? {}
      : { [FENCE_ANNOTATION]: String(boundBy(registration.fence, fence).afterMs / 1_000) }),
  };
  const bringUp = (): Promise<Node> =>
    client.modify('Node', key, (node) => {
      refuseForeignKey(node, identity.keyFingerprint);
      const metadata = {
        ...node.metadata,
        labels: { ...node.metadata.labels, ...labels },
        annotations: { ...withoutFence(node.metadata.annotations), ...annotations },
      };
      return isSameJson(metadata, node.metadata) ? undefined : { ...node, metadata };
    });
  try {
    await bringUp();
  } catch (error) {
    if (!isNotFound(error)) throw error;
    const node = { apiVersion: 'v1', kind: 'Node', metadata: { ...key, labels, annotations }, spec: {} };
    await client.create('Node', node).catch((refusal: unknown) => {
      if (isAlreadyExists(refusal)) return bringUp();
      throw refusal;
    });
  }
}

const withoutFence = (annotations: Readonly<Record<string, string>> = {}): Record<string, string> =>
  Object.fromEntries(Object.entries(annotations).filter(([key]) => key !== FENCE_ANNOTATION));

const labelsOf = (registration: Registration): Record<string, string> => ({
  ...Object.fromEntries(
    Object.entries(registration.labels).filter(([key]) => !RESERVED_LABELS.some((prefix) => key.startsWith(prefix))),
  ),
  'kubernetes.io/hostname': registration.labels['kubernetes.io/hostname'] ?? registration.nodeName,
  ...(registration.status.nodeInfo === undefined
    ? {}
    : {
        'kubernetes.io/os': registration.status.nodeInfo.operatingSystem,
        'kubernetes.io/arch': registration.status.nodeInfo.architecture,
      }),
});

/** Resources that somebody else put on the node (`example.com/gpu`) stay: the agent knows nothing of them. */
function withExtended(before: NodeStatus | undefined, reported: NodeStatus): NodeStatus {
  const extended = Object.fromEntries(
    Object.entries(before?.capacity ?? {}).filter(([name]) => name.includes('/') && !name.startsWith('kubernetes.io/')),
  );
  const free = { ...extended, ...pick(before?.allocatable ?? {}, Object.keys(extended)) };
  return {
    ...before,
    ...reported,
    ...(reported.capacity === undefined ? {} : { capacity: { ...extended, ...reported.capacity } }),
    ...(reported.allocatable === undefined ? {} : { allocatable: { ...free, ...reported.allocatable } }),
  };
}

const pick = (from: Readonly<Record<string, string>>, names: readonly string[]): Record<string, string> =>
  Object.fromEntries(names.flatMap((name) => (from[name] === undefined ? [] : [[name, from[name]]])));

/** The agent's share of a node's status. The conditions are the node lifecycle controller's. */
const reportedStatus = ({ conditions, ...status }: NodeStatus): NodeStatus => status;
