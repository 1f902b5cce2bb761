import type { Page } from '../http/api-routes';
import { readObject } from '../http/read-object';
import { sendJson } from '../http/respond';
import { StatusError, notFound } from '../../shared/status-error';
import type { KindList } from '../kinds/kind-list';
import type { Decoder } from '../openapi/decode';
import { readPlanRequest } from './plan-request';
import type { Scheduler } from './scheduler';

/** What the scheduler tells about itself over HTTP, for kubectl-lite; who may see it is a matter of non-resource URLs. */
export const schedulerPages = (
  scheduler: Scheduler,
  { kinds, decoder }: { readonly kinds: KindList; readonly decoder: Decoder },
): Readonly<Record<string, Page>> => ({
  /** `?uid=`: why that pod was placed where it is. */
  '/scheduler/choice': ({ searchParams }, response) => {
    const uid = searchParams.get('uid') ?? '';
    const choice = scheduler.choiceOf(uid);
    if (choice === undefined) throw notFound({ group: '', resource: 'choices' }, uid);
    sendJson(response, 200, { uid, ...choice });
  },
  /** POST of pods: where they would go, were they created now. */
  '/scheduler/plan': async (_url, response, request) => {
    if (request.method !== 'POST')
      throw new StatusError('MethodNotAllowed', 'POST the pods to plan for: {"items": [{"pod": …, "count": …}]}');
    const pods = readPlanRequest(await readObject(request), kinds.require('Pod'), decoder);
    sendJson(response, 200, { pods: scheduler.whatIf.plan(pods) });
  },
  /** `?moves=`: moves that would make the cluster better, at most so many. */
  '/scheduler/rebalance': ({ searchParams }, response) => {
    const most = Number(searchParams.get('moves') ?? '');
    sendJson(response, 200, scheduler.whatIf.rebalance(Number.isInteger(most) && most > 0 ? { mostMoves: most } : {}));
  },
});
