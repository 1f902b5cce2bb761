import type { Deployment, ReplicaSet } from '../../../shared/api/objects';
import { isSameJson } from '../../../shared/same-json';
import type { PodTemplate } from '../../kinds/pod-template/pod-template';
import { HASH_LABEL } from './template-hash';

export const REVISION = 'deployment.kubernetes.io/revision';
const HISTORY = 'deployment.kubernetes.io/revision-history';
/** What belongs to one object alone, and is not handed on. */
const NOT_COPIED = [
  'kubectl.kubernetes.io/last-applied-configuration',
  REVISION,
  HISTORY,
  'deployment.kubernetes.io/desired-replicas',
  'deployment.kubernetes.io/max-replicas',
  'deprecated.deployment.rollback.to',
];

export const revisionOf = ({ metadata }: ReplicaSet | Deployment): number =>
  Number(metadata.annotations?.[REVISION] ?? 0);

export const templateOf = (object: Deployment | ReplicaSet): PodTemplate =>
  (object.spec?.template ?? {}) as PodTemplate;

/** The template as the deployment has it. */
export function withoutHash(template: PodTemplate): PodTemplate {
  const { [HASH_LABEL]: _, ...labels } = template.metadata?.labels ?? {};
  return { ...template, metadata: { ...template.metadata, labels } };
}

/** The ReplicaSet of the deployment's present template: the oldest, where there are several. */
export function findNewSet(deployment: Deployment, sets: readonly ReplicaSet[]): ReplicaSet | undefined {
  const template = withoutHash(templateOf(deployment));
  return [...sets]
    .sort((a, b) => Date.parse(a.metadata.creationTimestamp) - Date.parse(b.metadata.creationTimestamp))
    .find((set) => isSameJson(withoutHash(templateOf(set)), template));
}

/** The annotations of the new ReplicaSet: the deployment's, its revision, and what it was before as history. */
export function annotationsFor(
  deployment: Deployment,
  set: ReplicaSet | undefined,
  revision: number,
): Record<string, string> {
  const copied = Object.entries(deployment.metadata.annotations ?? {}).filter(([key]) => !NOT_COPIED.includes(key));
  const kept = set?.metadata.annotations ?? {};
  const before = kept[REVISION];
  const isMoved = before !== undefined && Number(before) < revision;
  const history = [kept[HISTORY] ?? '', isMoved ? before : ''].filter((text) => text !== '').join(',');
  return {
    ...kept,
    ...Object.fromEntries(copied),
    [REVISION]: String(before !== undefined && !isMoved ? Number(before) : revision),
    ...(history === '' ? {} : { [HISTORY]: history }),
  };
}
