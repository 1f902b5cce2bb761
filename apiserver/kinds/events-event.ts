import type { ApiObject, Event, StoredObject } from '../../shared/api/objects';
import { asEvent, event } from './event';
import { eventProblems, strictEventChangeProblems, strictEventProblems } from './event-problems';
import type { Kind } from './kind';

/** Fields that events.k8s.io/v1 calls by another name than core/v1. */
const RENAMED: readonly (readonly [events: string, core: string])[] = [
  ['regarding', 'involvedObject'],
  ['note', 'message'],
  ['reportingController', 'reportingComponent'],
  ['deprecatedSource', 'source'],
  ['deprecatedFirstTimestamp', 'firstTimestamp'],
  ['deprecatedLastTimestamp', 'lastTimestamp'],
  ['deprecatedCount', 'count'],
];

const rename = (object: StoredObject, apiVersion: string, names: ReadonlyMap<string, string>): StoredObject => ({
  ...(Object.fromEntries(
    Object.entries(object).map(([field, value]) => [names.get(field) ?? field, value]),
  ) as StoredObject),
  apiVersion,
});
const toCore = new Map(RENAMED);
const toEvents = new Map(RENAMED.map(([events, core]) => [core, events]));

const fromStored = (object: StoredObject): StoredObject => rename(object, 'events.k8s.io/v1', toEvents);
const toStored = (object: StoredObject): StoredObject => rename(object, 'v1', toCore);
const core = (object: ApiObject): Event => asEvent(toStored(object as StoredObject));

/** The events of core/v1 under the names of events.k8s.io/v1. */
export const eventsEvent: Kind = {
  ...event,
  group: 'events.k8s.io',
  schema: 'io.k8s.api.events.v1.Event',
  columns: event.columns.map((column) => ({
    ...column,
    cell: (object, nowMs) => column.cell(toStored(object), nowMs),
  })),
  fieldSelectors: [
    ...['kind', 'namespace', 'name', 'uid', 'apiVersion', 'resourceVersion', 'fieldPath'].map(
      (each) => `regarding.${each}`,
    ),
    'reason',
    'reportingController',
    'type',
  ],
  setDefaults(object) {
    object['regarding'] ??= {};
    object['deprecatedSource'] ??= {};
    object['reportingController'] ??= '';
    object['reportingInstance'] ??= '';
  },
  validate: (object) => eventProblems(core(object), 'reportingController'),
  validateCreate: (object) => strictEventProblems(core(object)),
  validateUpdate: (object, old) => strictEventChangeProblems(core(object), core(old)),
  conversion: { storedGroup: '', fromStored, toStored },
};
