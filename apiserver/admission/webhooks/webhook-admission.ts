import { applyPatch } from 'fast-json-patch';
import type { Operation as PatchOperation } from 'fast-json-patch';
import type { ApiObject } from '../../../shared/api/objects';
import type { Logger } from '../../../shared/logger';
import { isSameJson } from '../../../shared/same-json';
import { StatusError, badRequest } from '../../../shared/status-error';
import { MatchConditions } from '../../cel/match-conditions';
import type { OutsideAdmission, OutsideCall } from '../outside-admission';
import type { Hook } from './hooks';
import { concerns } from './hooks';
import type { Verdict } from './review';
import { describe, readVerdict, reviewOf } from './review';
import type { WebhookClient } from './webhook-client';

export interface WebhookAdmissionDeps {
  readonly mutating: () => readonly Hook[];
  readonly validating: () => readonly Hook[];
  readonly client: Pick<WebhookClient, 'ask'>;
  readonly logger: Logger;
}

/** Asks the webhooks of MutatingWebhookConfigurations in turn, and those of ValidatingWebhookConfigurations at once. */
export function createWebhookAdmission(deps: WebhookAdmissionDeps): OutsideAdmission {
  const conditions = new MatchConditions();
  const chosen = (hooks: readonly Hook[], call: OutsideCall): readonly Hook[] =>
    hooks.length === 0 ? hooks : hooks.filter((hook) => concerns(hook, call) && isMatched(conditions, hook, call));
  return {
    mutate(call) {
      const hooks = chosen(deps.mutating(), call);
      return hooks.length === 0 ? undefined : mutate(deps, hooks, call);
    },
    validate(call) {
      const hooks = chosen(deps.validating(), call);
      if (hooks.length === 0) return undefined;
      const asked = hooks.map((hook) => ask(deps, hook, call, call.object));
      return Promise.all(asked).then(() => undefined);
    },
  };
}

/** Throws Forbidden where a condition cannot be evaluated and the webhook must not be passed over. */
function isMatched(conditions: MatchConditions, hook: Hook, call: OutsideCall): boolean {
  if (hook.matchConditions.length === 0) return true;
  const { object, old } = call;
  const matching = conditions.evaluate(hook.matchConditions, { object, old, request: describe(call) });
  if ('matches' in matching) return matching.matches;
  if (hook.failurePolicy === 'Ignore') return false;
  throw new StatusError('Forbidden', `admission webhook ${JSON.stringify(hook.name)}: ${matching.error}`);
}

/** In turn; those that want it are asked once more where a later one changed what they saw. */
async function mutate(deps: WebhookAdmissionDeps, hooks: readonly Hook[], call: OutsideCall): Promise<ApiObject> {
  let object = call.object ?? {};
  const seen = new Map<Hook, ApiObject>();
  const run = async (hook: Hook): Promise<void> => {
    const verdict = await ask(deps, hook, call, call.object === undefined ? undefined : object);
    if (verdict?.patch !== undefined && call.object !== undefined) object = patched(hook, object, verdict.patch);
    seen.set(hook, object);
  };
  for (const hook of hooks) await run(hook);
  for (const hook of hooks) {
    if (hook.reinvocationPolicy === 'IfNeeded' && !isSameJson(seen.get(hook), object)) await run(hook);
  }
  return object;
}

function patched(hook: Hook, object: ApiObject, patch: readonly unknown[]): ApiObject {
  try {
    return applyPatch(structuredClone(object), patch as PatchOperation[], true, true).newDocument;
  } catch (error) {
    const [why = ''] = (error instanceof Error ? error.message : String(error)).split('\n');
    throw failed(hook, `the patch does not apply: ${why}`, error);
  }
}

/** Undefined where the webhook could not be asked and need not be. Throws its refusal, or InternalError without an answer. */
async function ask(
  { client, logger }: WebhookAdmissionDeps,
  hook: Hook,
  call: OutsideCall,
  object: ApiObject | undefined,
): Promise<Verdict | undefined> {
  const { request } = call;
  if (request.dryRun && hook.sideEffects !== 'None' && hook.sideEffects !== 'NoneOnDryRun') {
    throw badRequest(`admission webhook ${JSON.stringify(hook.name)} does not support dry run`);
  }
  const review = reviewOf(call, object, hook.admissionReviewVersions);
  let verdict: Verdict;
  try {
    verdict = readVerdict(await client.ask(hook, review.body), review, hook.name);
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    if (hook.failurePolicy !== 'Ignore') throw failed(hook, why, error);
    logger.warn({ webhook: hook.name, why }, 'a webhook could not be asked, and is passed over as it wishes');
    return undefined;
  }
  for (const text of verdict.warnings) request.warn(text);
  for (const [key, text] of Object.entries(verdict.auditAnnotations)) request.annotate(`${hook.name}/${key}`, text);
  if (verdict.refusal !== undefined) throw verdict.refusal;
  return verdict;
}

const failed = ({ name }: Hook, why: string, cause: unknown): StatusError =>
  new StatusError(
    'InternalError',
    `Internal error occurred: failed calling webhook ${JSON.stringify(name)}: ${why}`,
    undefined,
    {
      cause,
    },
  );
