import { messageOf } from '../../../shared/message-of';
import { isConflict } from '../../../shared/status-error';
import type { EventRecorder, EventSource, EventSubject } from '../../events/event-recorder';

export interface FailureTeller {
  readonly events: EventRecorder;
  readonly source: EventSource;
}

/** Does what is to be done; where that is refused, a warning says so before it throws. A conflict is none: it is tried again at once. */
export async function tellingFailure<T>(
  { events, source }: FailureTeller,
  about: { readonly subject: EventSubject; readonly reason: string; readonly text: string },
  work: () => Promise<T>,
): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (!isConflict(error)) {
      const message = `${about.text}: ${messageOf(error)}`;
      events.record(about.subject, { type: 'Warning', reason: about.reason, message }, source);
    }
    throw error;
  }
}
