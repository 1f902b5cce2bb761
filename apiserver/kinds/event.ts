import type { ApiObject, Event, StoredObject } from '../../shared/api/objects';
import { ago, column } from './columns';
import { eventProblems } from './event-problems';
import type { Kind } from './kind';
import { ALL_VERBS } from './verbs';

const TTL_SECONDS = 3600;

export const asEvent = (object: ApiObject | StoredObject): Event => object as unknown as Event;

const firstSeen = (event: Event): string | undefined => event.firstTimestamp ?? event.eventTime;
const lastSeen = (event: Event): string | undefined =>
  event.series === undefined ? (event.lastTimestamp ?? firstSeen(event)) : event.series.lastObservedTime;
/** Events of the newer API that came once have no count. */
const countOf = ({ series, count = 0 }: Event): number =>
  series === undefined ? Math.max(count, 1) : (series.count ?? 0);

export const event: Kind = {
  group: '',
  version: 'v1',
  kind: 'Event',
  plural: 'events',
  singular: 'event',
  namespaced: true,
  shortNames: ['ev'],
  categories: [],
  verbs: ALL_VERBS,
  subresources: [],
  schema: 'io.k8s.api.core.v1.Event',
  createsOnUpdate: true,
  columns: [
    column('Last Seen', (object, nowMs) => ago(lastSeen(asEvent(object)), nowMs), {
      description: 'When it happened last',
    }),
    column('Type', (object) => asEvent(object).type ?? '', { description: 'Normal or Warning' }),
    column('Reason', (object) => asEvent(object).reason ?? '', { description: 'Why, in one word' }),
    column('Object', (object) => objectText(asEvent(object)), { description: 'What it happened to' }),
    column('Subobject', (object) => asEvent(object).involvedObject.fieldPath ?? '', {
      wide: true,
      description: 'The part of the object',
    }),
    column('Source', (object) => sourceText(asEvent(object)), { wide: true, description: 'Who says so' }),
    column('Message', (object) => (asEvent(object).message ?? '').trim(), { description: 'What happened' }),
    column('First Seen', (object, nowMs) => ago(firstSeen(asEvent(object)), nowMs), {
      wide: true,
      description: 'When it happened first',
    }),
    column('Count', (object) => countOf(asEvent(object)), {
      wide: true,
      description: 'How often',
    }),
    column('Name', ({ metadata }) => metadata.name, { wide: true, format: 'name', description: 'Name of the event' }),
  ],
  fieldSelectors: [
    'involvedObject.kind',
    'involvedObject.namespace',
    'involvedObject.name',
    'involvedObject.uid',
    'involvedObject.apiVersion',
    'involvedObject.resourceVersion',
    'involvedObject.fieldPath',
    'reason',
    'reportingComponent',
    'source',
    'type',
  ],
  nameRule: 'dns1123-subdomain',
  hasStatus: false,
  hasGeneration: false,
  ttlSeconds: TTL_SECONDS,
  setDefaults(object) {
    object['involvedObject'] ??= {};
    object['source'] ??= {};
    object['reportingComponent'] ??= '';
    object['reportingInstance'] ??= '';
  },
  validate: (object) => eventProblems(asEvent(object), 'reportingComponent'),
};

function objectText({ involvedObject: { kind = '', name = '' } }: Event): string {
  return name === '' ? kind.toLowerCase() : `${kind.toLowerCase()}/${name}`;
}

function sourceText({ source, reportingComponent, reportingInstance }: Event): string {
  const component = source?.component || (reportingComponent ?? '');
  const host = source?.host || (reportingInstance ?? '');
  return host === '' ? component : `${component}, ${host}`;
}
