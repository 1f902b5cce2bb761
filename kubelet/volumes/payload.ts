import type { Container, Volume } from '../../shared/api/objects';
import type { ObjectRef } from '../../shared/wire/node-channel';
import type { ConfigSource } from '../environment/config-source';
import { ConfigError, readEntries } from '../environment/config-source';
import type { PodContext } from '../environment/field-ref';
import { fieldValue, resourceValue } from '../environment/field-ref';
import { findContainer } from '../plan/pod-outline';
import type { Payload, ProjectedFile } from './atomic-writer';
import type { PodTokens } from './pod-tokens';

type Projection = NonNullable<NonNullable<Volume['projected']>['sources']>[number];
type KeyToPath = NonNullable<NonNullable<Volume['configMap']>['items']>[number];
type DownwardItem = NonNullable<NonNullable<Volume['downwardAPI']>['items']>[number];

type TokenProjection = NonNullable<Projection['serviceAccountToken']>;

const DEFAULT_MODE = 0o644;
const DEFAULT_TOKEN_SECONDS = 3_600;

export interface PayloadContext {
  readonly context: PodContext;
  readonly source: ConfigSource;
  readonly tokens: Pick<PodTokens, 'get'>;
  /** Says that a source was left out, and why. */
  readonly onSkipped: (volume: string, why: string) => void;
}

/** The ConfigMaps and Secrets that a volume shows. */
export function refsOf(volume: Volume, namespace: string): readonly ObjectRef[] {
  const refs: ObjectRef[] = [];
  const add = (kind: ObjectRef['kind'], name: string | undefined): void => {
    if (name !== undefined) refs.push({ kind, namespace, name });
  };
  if (volume.configMap !== undefined) add('ConfigMap', volume.configMap.name);
  if (volume.secret !== undefined) add('Secret', volume.secret.secretName);
  for (const projection of volume.projected?.sources ?? []) {
    if (projection.configMap !== undefined) add('ConfigMap', projection.configMap.name);
    if (projection.secret !== undefined) add('Secret', projection.secret.name);
  }
  return refs;
}

/** The files of a configMap, secret, downwardAPI or projected volume; undefined for any other kind of volume. */
export async function payloadOf(volume: Volume, how: PayloadContext): Promise<Payload | undefined> {
  const files = new Map<string, ProjectedFile>();
  const { namespace } = how.context.pod.metadata;
  const addAll = (more: Payload): void => more.forEach((file, name) => files.set(name, file));
  if (volume.configMap !== undefined) {
    const { name = '', items, defaultMode, optional } = volume.configMap;
    const ref: ObjectRef = { kind: 'ConfigMap', namespace, name };
    addAll(await objectFiles(how.source, ref, { items, defaultMode, optional }));
  } else if (volume.secret !== undefined) {
    const { secretName = '', items, defaultMode, optional } = volume.secret;
    const ref: ObjectRef = { kind: 'Secret', namespace, name: secretName };
    addAll(await objectFiles(how.source, ref, { items, defaultMode, optional }));
  } else if (volume.downwardAPI !== undefined) {
    addAll(downwardFiles(how.context, volume.downwardAPI.items ?? [], volume.downwardAPI.defaultMode));
  } else if (volume.projected !== undefined) {
    for (const projection of volume.projected.sources ?? []) addAll(await projectionFiles(volume, projection, how));
  } else return undefined;
  return files;
}

async function projectionFiles(volume: Volume, projection: Projection, how: PayloadContext): Promise<Payload> {
  const { namespace } = how.context.pod.metadata;
  const defaultMode = volume.projected?.defaultMode;
  if (projection.configMap !== undefined) {
    const { name = '', items, optional } = projection.configMap;
    return objectFiles(how.source, { kind: 'ConfigMap', namespace, name }, { items, defaultMode, optional });
  }
  if (projection.secret !== undefined) {
    const { name = '', items, optional } = projection.secret;
    return objectFiles(how.source, { kind: 'Secret', namespace, name }, { items, defaultMode, optional });
  }
  if (projection.downwardAPI !== undefined)
    return downwardFiles(how.context, projection.downwardAPI.items ?? [], defaultMode);
  if (projection.serviceAccountToken !== undefined) return tokenFiles(projection.serviceAccountToken, how);
  const kind = Object.keys(projection)[0] ?? 'unknown';
  how.onSkipped(volume.name, `projected source ${kind} is not supported on this node: its files are missing`);
  return new Map();
}

/** For the owner's eyes only, who is made the one that the pod runs as where it says so (KEP-2451). */
async function tokenFiles(
  { path, audience = '', expirationSeconds = DEFAULT_TOKEN_SECONDS }: TokenProjection,
  { context, tokens }: PayloadContext,
): Promise<Payload> {
  const { metadata, spec } = context.pod;
  const token = await tokens.get({ podUid: metadata.uid, audience, expirationSeconds });
  const users = new Set(
    [...(spec.initContainers ?? []), ...spec.containers].map(
      ({ securityContext }) => securityContext?.runAsUser ?? spec.securityContext?.runAsUser,
    ),
  );
  const [user] = users;
  const isOneUser = users.size === 1 && user !== undefined;
  const mode = isOneUser || spec.securityContext?.fsGroup !== undefined ? 0o600 : 0o644;
  return new Map([[path, { bytes: Buffer.from(token, 'utf8'), mode, ...(isOneUser ? { uid: user } : {}) }]]);
}

async function objectFiles(
  source: ConfigSource,
  ref: ObjectRef,
  how: {
    readonly items: KeyToPath[] | undefined;
    readonly defaultMode: number | undefined;
    readonly optional: boolean | undefined;
  },
): Promise<Payload> {
  const entries = await readEntries(source, ref, how.optional ?? false);
  const defaultMode = how.defaultMode ?? DEFAULT_MODE;
  const files = new Map<string, ProjectedFile>();
  if (how.items === undefined || how.items.length === 0) {
    for (const [key, bytes] of entries ?? []) files.set(key, { bytes, mode: defaultMode });
    return files;
  }
  for (const { key, path, mode } of how.items) {
    const bytes = entries?.get(key);
    if (bytes !== undefined) files.set(path, { bytes, mode: mode ?? defaultMode });
    else if (how.optional !== true)
      throw new ConfigError(`references non-existent ${ref.kind === 'Secret' ? 'secret' : 'config'} key: ${key}`);
  }
  return files;
}

function downwardFiles(context: PodContext, items: readonly DownwardItem[], defaultMode = DEFAULT_MODE): Payload {
  const files = new Map<string, ProjectedFile>();
  for (const { path, mode, fieldRef, resourceFieldRef } of items) {
    const text =
      fieldRef !== undefined
        ? fieldValue(context, fieldRef.fieldPath)
        : resourceText(context, resourceFieldRef ?? { resource: '' });
    files.set(path, { bytes: Buffer.from(text, 'utf8'), mode: mode ?? defaultMode });
  }
  return files;
}

function resourceText(
  context: PodContext,
  ref: {
    readonly containerName?: string | undefined;
    readonly resource: string;
    readonly divisor?: string | undefined;
  },
): string {
  const container: Container | undefined = findContainer(context.pod.spec, ref.containerName ?? '');
  if (container === undefined) throw new ConfigError(`container ${ref.containerName ?? ''} not found`);
  return resourceValue(context, container, { resource: ref.resource, divisor: ref.divisor });
}
