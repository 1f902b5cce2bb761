import type { PodSpec } from '../../shared/api/objects';
import type { Client } from '../registry/client';

/** Those of the names that a pod, or a workload's template, of the cluster names: what it may want back on any node. */
export function imagesReferredAmong(client: Pick<Client, 'view'>, names: readonly string[]): readonly string[] {
  const wanted = new Set(names);
  const found = new Set<string>();
  for (const spec of podSpecs(client))
    for (const { image = '' } of [...(spec.initContainers ?? []), ...spec.containers])
      if (wanted.has(image)) found.add(image);
  return [...found];
}

/** ReplicaSets of old revisions count: `rollout undo` goes back to them. */
function* podSpecs(client: Pick<Client, 'view'>): Generator<PodSpec> {
  for (const { spec } of client.view('Pod').list()) yield spec;
  const templates = [
    ...(['Deployment', 'ReplicaSet', 'StatefulSet', 'DaemonSet', 'Job'] as const).flatMap((kind) =>
      client
        .view(kind)
        .list()
        .map(({ spec }) => spec?.template),
    ),
    ...client
      .view('CronJob')
      .list()
      .map(({ spec }) => spec?.jobTemplate.spec?.template),
  ];
  for (const template of templates) if (template?.spec !== undefined) yield template.spec;
}
