import type { Pod } from '../../shared/api/objects';
import type { Logger } from '../../shared/logger';
import type { Goal } from '../plan/plan';
import { graceOf } from '../plan/plan';
import { isTerminalPhase } from '../status/phase';

/** Goals only move forward. */
const GOAL_ORDER: Record<Goal['type'], number> = { run: 0, halt: 1, remove: 2 };

/** Why the node itself ended a pod, for its status. */
export interface Verdict {
  readonly reason: string;
  readonly message: string;
}

/** Reasons that an agent before this one may have given. */
const VERDICTS: ReadonlySet<string> = new Set(['DeadlineExceeded', 'Evicted', 'NodeFenced', 'SysctlForbidden']);

/** What a pod is headed for, and why. */
export class PodAim {
  private current: Goal = { type: 'run' };
  private found: Verdict | undefined;
  private readonly abandoned = new AbortController();

  constructor(
    pod: Pod,
    private readonly logger: Logger,
  ) {
    const { reason = '', message = '', phase } = pod.status ?? {};
    if (VERDICTS.has(reason)) this.found = { reason, message };
    if (isTerminalPhase(phase)) this.move({ type: 'halt', graceSeconds: graceOf(pod) });
    this.heedDeletion(pod);
  }

  get goal(): Goal {
    return this.current;
  }

  get isToRun(): boolean {
    return this.current.type === 'run';
  }

  get verdict(): Verdict | undefined {
    return this.found;
  }

  /** Aborts when the pod is no longer to run: pulls and hooks end. */
  get signal(): AbortSignal {
    return this.abandoned.signal;
  }

  /** A later goal replaces an earlier one; a grace period may only get shorter. */
  move(goal: Exclude<Goal, { type: 'run' }>): void {
    const { current } = this;
    if (GOAL_ORDER[goal.type] < GOAL_ORDER[current.type]) return;
    const graceSeconds =
      current.type === goal.type ? Math.min(current.graceSeconds, goal.graceSeconds) : goal.graceSeconds;
    if (current.type !== goal.type) this.logger.info({ from: current.type, to: goal.type }, 'pod goal changed');
    this.current = { ...goal, graceSeconds };
    this.abandon();
  }

  /** The node ends it. */
  condemn({ reason, message }: Verdict, graceSeconds: number): void {
    this.found = { reason, message };
    this.move({ type: 'halt', graceSeconds });
  }

  /** Goes for good, once its deletion has begun. */
  heedDeletion(pod: Pod): void {
    if (pod.metadata.deletionTimestamp !== undefined) this.remove(pod);
  }

  remove(pod: Pod): void {
    this.move({ type: 'remove', graceSeconds: pod.metadata.deletionGracePeriodSeconds ?? graceOf(pod) });
  }

  /** Nobody looks after the pod any more, whatever it is headed for. */
  abandon(): void {
    this.abandoned.abort();
  }
}
