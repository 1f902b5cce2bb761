import type { Event } from '../shared/api/objects';
import { systemClock } from '../shared/clock';
import { humanDuration } from '../shared/human-duration';
import type { ObjectList, StoredObject } from './api-object';
import type { Context } from './commands/command';

/** The Events about an object, oldest first. */
export async function eventsAbout(context: Context, object: StoredObject): Promise<readonly Event[]> {
  const { name, namespace, uid } = object.metadata;
  const { value } = await context.client().json<ObjectList>({
    path: `/api/v1/namespaces/${encodeURIComponent(namespace ?? 'default')}/events`,
    query: {
      fieldSelector: `involvedObject.name=${name},involvedObject.kind=${object.kind}${namespace === undefined ? '' : `,involvedObject.uid=${uid}`}`,
    },
  });
  return (value.items as unknown as Event[]).sort((a, b) => lastSeen(a).localeCompare(lastSeen(b)));
}

export const lastSeen = (event: Event): string =>
  event.lastTimestamp ?? event.firstTimestamp ?? event.metadata.creationTimestamp;

export const ageOf = (timestamp: string | undefined): string =>
  timestamp === undefined ? '<unknown>' : humanDuration(systemClock.now() - Date.parse(timestamp));
