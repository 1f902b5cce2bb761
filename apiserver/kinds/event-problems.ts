import type { Event } from '../../shared/api/objects';
import { isDns1123Subdomain, isQualifiedName } from '../../shared/names';
import type { StatusCause } from '../../shared/status-error';
import { checkName, invalidValue, required } from './validation/field-errors';
import { immutable } from './validation/object-meta';

/** Events of cluster-scoped objects live in this namespace. */
const CLUSTER_EVENTS_NAMESPACE = 'default';
const MAX_TEXT = 128;
const MAX_MESSAGE = 1024;

/** Of both groups: what was always asked of Events, and of those that say when they happened also who saw what. */
export function eventProblems(
  event: Event,
  controllerField: 'reportingComponent' | 'reportingController',
): readonly StatusCause[] {
  return [
    ...placeProblems(event),
    ...(event.eventTime === undefined ? [] : reportProblems(event, controllerField)),
    ...checkName('namespace', event.metadata.namespace, isDns1123Subdomain),
  ];
}

function placeProblems({ involvedObject, metadata, eventTime }: Event): readonly StatusCause[] {
  const about = involvedObject.namespace ?? '';
  const { namespace = '' } = metadata;
  const isPlaced =
    about === ''
      ? namespace === CLUSTER_EVENTS_NAMESPACE || (eventTime !== undefined && namespace === 'kube-system')
      : eventTime !== undefined || namespace === about;
  return isPlaced ? [] : [invalidValue('involvedObject.namespace', about, 'does not match event.namespace')];
}

function reportProblems(event: Event, controllerField: string): readonly StatusCause[] {
  const { reportingComponent = '', reportingInstance, action, reason, message = '' } = event;
  const text = (field: string, value = ''): StatusCause[] =>
    value === ''
      ? [required(field)]
      : value.length > MAX_TEXT
        ? [invalidValue(field, '', `can have at most ${MAX_TEXT} characters`)]
        : [];
  return [
    ...(reportingComponent === '' ? [required(controllerField)] : []),
    ...checkName(controllerField, reportingComponent, isQualifiedName),
    ...text('reportingInstance', reportingInstance),
    ...text('action', action),
    ...text('reason', reason),
    ...(message.length > MAX_MESSAGE
      ? [invalidValue('message', '', `can have at most ${MAX_MESSAGE} characters`)]
      : []),
  ];
}

/** Of an Event that is made through events.k8s.io: nothing that only core/v1 says. */
export function strictEventProblems(event: Event): readonly StatusCause[] {
  const { eventTime, type = '', firstTimestamp, lastTimestamp, count = 0, source = {} } = event;
  const unset = (field: string, isUnset: boolean): StatusCause[] =>
    isUnset ? [] : [invalidValue(field, '', 'needs to be unset')];
  return [
    ...seriesProblems(event),
    ...(eventTime === undefined ? [required('eventTime')] : []),
    ...(['Normal', 'Warning'].includes(type) ? [] : [invalidValue('type', '', `has invalid value: ${type}`)]),
    ...unset('firstTimestamp', firstTimestamp === undefined),
    ...unset('lastTimestamp', lastTimestamp === undefined),
    ...unset('count', count === 0),
    ...unset('source', (source.component ?? '') === '' && (source.host ?? '') === ''),
  ];
}

/** What is fixed once an Event is made, for those who change it through events.k8s.io: all but how often it happened. */
const FIXED = [
  ...(['involvedObject', 'reason', 'message', 'source', 'firstTimestamp', 'lastTimestamp', 'count', 'type'] as const),
  ...(['eventTime', 'action', 'related'] as const),
];

export function strictEventChangeProblems(event: Event, old: Event): readonly StatusCause[] {
  const isSameSeries = JSON.stringify(event.series) === JSON.stringify(old.series);
  return [
    ...(isSameSeries ? [] : seriesProblems(event)),
    ...FIXED.flatMap((field) => immutable(field, event[field], old[field])),
    ...immutable('reportingController', event.reportingComponent, old.reportingComponent),
    ...immutable('reportingInstance', event.reportingInstance, old.reportingInstance),
  ];
}

function seriesProblems({ series }: Event): readonly StatusCause[] {
  if (series === undefined) return [];
  return [
    ...((series.count ?? 0) < 2 ? [invalidValue('series.count', '', 'should be at least 2')] : []),
    ...(series.lastObservedTime === undefined ? [required('series.lastObservedTime')] : []),
  ];
}
