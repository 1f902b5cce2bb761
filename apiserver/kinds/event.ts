import type { ApiObject, Event, StoredObject } from '../../shared/api/objects';
import type { StatusCause } from '../../shared/status-error';
import { ago, column } from './columns';
import type { Kind } from './kind';
import { invalidValue, required } from './validation/field-errors';
import { ALL_VERBS } from './verbs';

const TTL_SECONDS = 3600;
/** Events of cluster-scoped objects live in this namespace. */
const CLUSTER_EVENTS_NAMESPACE = 'default';

const asEvent = (object: ApiObject | StoredObject): Event => object as unknown as Event;

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
  validate(object) {
    const { involvedObject, metadata } = asEvent(object);
    const about = involvedObject.namespace ?? '';
    const expected = about === '' ? CLUSTER_EVENTS_NAMESPACE : about;
    const isPlaced = metadata.namespace === expected || (about === '' && metadata.namespace === 'kube-system');
    return [
      ...(isPlaced ? [] : [invalidValue('involvedObject.namespace', about, 'does not match event.namespace')]),
      ...(asEvent(object).eventTime === undefined ? [] : newEventProblems(asEvent(object))),
      ...(involvedObject.name === undefined && involvedObject.kind === undefined ? [required('involvedObject')] : []),
    ];
  },
};

const MAX_TEXT = 128;
const MAX_MESSAGE = 1024;

/** Events that say when they happened, as events.k8s.io has them, also say who saw what. */
function newEventProblems({ reportingComponent, reportingInstance, action, reason, message }: Event): StatusCause[] {
  const text = (field: string, value = ''): StatusCause[] =>
    value === ''
      ? [required(field)]
      : value.length > MAX_TEXT
        ? [invalidValue(field, '', `can have at most ${MAX_TEXT} characters`)]
        : [];
  return [
    ...text('reportingController', reportingComponent),
    ...text('reportingInstance', reportingInstance),
    ...text('action', action),
    ...text('reason', reason),
    ...((message ?? '').length > MAX_MESSAGE
      ? [invalidValue('message', '', `can have at most ${MAX_MESSAGE} characters`)]
      : []),
  ];
}

function objectText({ involvedObject: { kind = '', name = '' } }: Event): string {
  return name === '' ? kind.toLowerCase() : `${kind.toLowerCase()}/${name}`;
}

function sourceText({ source, reportingComponent, reportingInstance }: Event): string {
  const component = source?.component || (reportingComponent ?? '');
  const host = source?.host || (reportingInstance ?? '');
  return host === '' ? component : `${component}, ${host}`;
}
