import type { EventRecorder, EventSource, EventSubject } from '../../events/event-recorder';
import type { IngressProblem } from '../../ingress/problem';
import type { ObjectKey } from '../../registry/client';
import { keyOf, keyString } from '../../registry/client';

/** Says each problem of an object once, and again when it went and came back. */
export class SpokenProblems {
  private readonly spoken = new Map<string, ReadonlySet<string>>();

  constructor(
    private readonly events: EventRecorder,
    private readonly source: EventSource,
  ) {}

  say(subject: EventSubject, problems: readonly IngressProblem[]): void {
    const key = keyString(keyOf(subject));
    const before = this.spoken.get(key) ?? new Set<string>();
    const now = new Map(problems.map((problem) => [`${problem.reason} ${problem.message}`, problem]));
    for (const [id, { reason, message }] of now)
      if (!before.has(id)) this.events.record(subject, { type: 'Warning', reason, message }, this.source);
    this.spoken.set(key, new Set(now.keys()));
  }

  forget(key: ObjectKey): void {
    this.spoken.delete(keyString(key));
  }
}
