import type { ControllerRevision, ReplicaSet } from '../../shared/api/objects';
import type { ObjectList, StoredObject } from '../api-object';
import { UsageError } from '../client/resources';
import type { Context } from '../commands/command';
import type { PodTemplateFields } from '../pod-template';
import { selectorText } from '../selector-text';
import { LAST_APPLIED } from '../three-way-patch';

/** What an object once was, oldest first. */
export interface Revision {
  readonly number: number;
  readonly cause: string | undefined;
  readonly template: PodTemplateFields;
  /** What brings the object back to it. */
  readonly patch: unknown;
}

const CAUSE = 'kubernetes.io/change-cause';
const REVISION = 'deployment.kubernetes.io/revision';
const HASH = 'pod-template-hash';

/** The revisions that a deployment keeps as replica sets, and other kinds as controller revisions. Throws UsageError. */
export async function revisionsOf(context: Context, object: StoredObject): Promise<readonly Revision[]> {
  const { selector } = (object.spec ?? {}) as { readonly selector?: object };
  const namespace = encodeURIComponent(object.metadata.namespace ?? '');
  const owned = async <T extends Pick<StoredObject, 'metadata'>>(plural: string): Promise<readonly T[]> => {
    const { value } = await context.client().json<ObjectList>({
      path: `/apis/apps/v1/namespaces/${namespace}/${plural}`,
      query: { labelSelector: selector === undefined ? undefined : selectorText(selector) },
    });
    return (value.items as unknown as readonly T[]).filter(({ metadata }) =>
      metadata.ownerReferences?.some(({ uid }) => uid === object.metadata.uid),
    );
  };
  const found =
    object.kind === 'Deployment'
      ? (await owned<ReplicaSet>('replicasets')).map((set) => ofReplicaSet(object, set))
      : object.kind === 'DaemonSet' || object.kind === 'StatefulSet'
        ? (await owned<ControllerRevision>('controllerrevisions')).map((each) => ofControllerRevision(object, each))
        : undefined;
  if (found === undefined)
    throw new UsageError(
      `no history viewer has been implemented for ${object.kind}: deployments, daemon sets and stateful sets have rollouts`,
    );
  return found.sort((a, b) => a.number - b.number);
}

function ofReplicaSet(deployment: StoredObject, { metadata, spec }: ReplicaSet): Revision {
  const template = (spec?.template ?? {}) as PodTemplateFields;
  const { [HASH]: _hash, ...labels } = template.metadata?.labels ?? {};
  const annotations = metadata.annotations ?? {};
  // What the deployment says of itself now goes, all else of that revision comes back.
  const present = Object.keys(deployment.metadata.annotations ?? {});
  const isOwn = (key: string): boolean => key.startsWith('deployment.kubernetes.io/') || key === LAST_APPLIED;
  const restored = Object.fromEntries([
    ...Object.entries(deployment.metadata.annotations ?? {}).filter(([key]) => isOwn(key)),
    ...Object.entries(annotations).filter(([key]) => !isOwn(key)),
  ]);
  return {
    number: Number(annotations[REVISION] ?? 0),
    cause: annotations[CAUSE],
    template,
    patch: [
      { op: 'replace', path: '/spec/template', value: { ...template, metadata: { ...template.metadata, labels } } },
      ...(present.length === 0 && Object.keys(restored).length === 0
        ? []
        : [{ op: present.length === 0 ? 'add' : 'replace', path: '/metadata/annotations', value: restored }]),
    ],
  };
}

function ofControllerRevision(object: StoredObject, { metadata, revision, data }: ControllerRevision): Revision {
  const kept = data as
    { readonly spec?: { readonly template?: PodTemplateFields & { readonly $patch?: string } } } | undefined;
  const { $patch: _directive, ...template } = kept?.spec?.template ?? {};
  return {
    number: Number(revision),
    cause: metadata.annotations?.[CAUSE],
    template,
    patch: kept ?? { spec: object.spec },
  };
}
