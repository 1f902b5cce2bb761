import type { Event } from '../../shared/api/objects';
import { ageOf, lastSeen } from '../events';
import { underlined } from './head-text';

/** The Events about an object, oldest first, as the last part of a description. */
export function eventsText(events: readonly Event[]): string {
  if (events.length === 0) return 'Events:\t<none>\n';
  const rows = events.map((event) => {
    const count = event.series?.count ?? event.count ?? 1;
    const last = ageOf(event.series?.lastObservedTime ?? lastSeen(event));
    const field = event.involvedObject.fieldPath;
    return [
      event.type ?? '',
      event.reason ?? '',
      count > 1 ? `${last} (x${count} over ${ageOf(event.firstTimestamp ?? event.eventTime)})` : last,
      event.source?.component ?? event.reportingComponent ?? '',
      `${field === undefined || field === '' ? '' : `${field}: `}${(event.message ?? '').trim()}`,
    ];
  });
  const head = ['Type', 'Reason', 'Age', 'From', 'Message'];
  // kubectl underlines Age with four.
  return `Events:\n${underlined(head, rows).replace('\t---\t', '\t----\t')}`;
}
