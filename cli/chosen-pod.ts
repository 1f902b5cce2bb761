import type { Pod } from '../shared/api/objects';
import type { ObjectList, StoredObject } from './api-object';
import { KNOWN } from './client/known-types';
import { UsageError, pathOf } from './client/resources';
import type { Context } from './commands/command';
import { selectorText } from './selector-text';
import { parseTargets } from './targets';

/** The labels of the pods that an object stands for (`deploy/web`, `svc/web`, `job/once`). Throws UsageError. */
export function podSelectorOf(object: StoredObject): string {
  const { selector } = (object.spec ?? {}) as { readonly selector?: object };
  const text = selector === undefined ? '' : selectorText(selector);
  if (text === '')
    throw new UsageError(
      `${object.kind} "${object.metadata.name}" selects no pods: name a pod, or an object that has some`,
    );
  return text;
}

/** The pods that a word stands for: `web`, `pod/web`, or those of `deploy/web`; the youngest last. Throws UsageError, StatusError. */
export async function podsOf(context: Context, word: string): Promise<readonly Pod[]> {
  const read = async <T>(path: string): Promise<T> => (await context.client().json<T>({ path })).value;
  if (!word.includes('/')) return [await read<Pod>(pathOf(KNOWN.pod, context.namespace, word))];
  const [target] = parseTargets(await context.resources(), [word]);
  const [name = ''] = target?.names ?? [];
  if (target === undefined) throw new UsageError(`${word}: must be a pod or TYPE/NAME`);
  const path = pathOf(target.resource, target.resource.namespaced ? context.namespace : undefined, name);
  if (target.resource.kind === 'Pod') return [await read<Pod>(path)];
  const labelSelector = podSelectorOf(await read<StoredObject>(path));
  const { value } = await context
    .client()
    .json<ObjectList>({ path: pathOf(KNOWN.pod, context.namespace), query: { labelSelector } });
  return (value.items as unknown as readonly Pod[]).toSorted((a, b) =>
    a.metadata.creationTimestamp.localeCompare(b.metadata.creationTimestamp),
  );
}

/** One pod of what a word stands for, one that runs before others. Throws UsageError where there is none. */
export async function podOf(context: Context, word: string): Promise<Pod> {
  const pods = await podsOf(context, word);
  const pod = pods.find(({ status }) => status?.phase === 'Running') ?? pods[0];
  if (pod === undefined) throw new UsageError(`no pods of ${word} are there: kubectl-lite describe ${word} tells why`);
  return pod;
}
