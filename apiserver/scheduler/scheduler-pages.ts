import type { Page } from '../http/api-routes';
import { sendJson } from '../http/respond';
import { notFound } from '../../shared/status-error';
import type { Scheduler } from './scheduler';

/** What the scheduler tells about itself over HTTP, for kubectl-lite; who may see it is a matter of non-resource URLs. */
export const schedulerPages = (scheduler: Scheduler): Readonly<Record<string, Page>> => ({
  /** `?uid=`: why that pod was placed where it is. */
  '/scheduler/choice': ({ searchParams }, response) => {
    const uid = searchParams.get('uid') ?? '';
    const choice = scheduler.choiceOf(uid);
    if (choice === undefined) throw notFound({ group: '', resource: 'choices' }, uid);
    sendJson(response, 200, { uid, choice });
  },
  /** `?moves=`: moves that would make the cluster better, at most so many. */
  '/scheduler/rebalance': ({ searchParams }, response) => {
    const most = Number(searchParams.get('moves') ?? '');
    sendJson(response, 200, scheduler.whatIf.rebalance(Number.isInteger(most) && most > 0 ? { mostMoves: most } : {}));
  },
});
