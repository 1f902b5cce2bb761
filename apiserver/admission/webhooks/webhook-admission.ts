import { applyPatch } from 'fast-json-patch';
import type { Operation as PatchOperation } from 'fast-json-patch';
import type { ApiObject } from '../../../shared/api/objects';
import type { Logger } from '../../../shared/logger';
import { isSameJson } from '../../../shared/same-json';
import { StatusError, badRequest } from '../../../shared/status-error';
import type { Authorizer } from '../../auth/authorizer';
import { MatchConditions } from '../../cel/match-conditions';
import type { KindList } from '../../kinds/kind-list';
import { authorizerOf } from '../asked-rights';
import { inVersion } from '../equivalent-kinds';
import type { OutsideAdmission, OutsideCall } from '../outside-admission';
import type { Hook } from './hooks';
import { seenByHook } from './hooks';
import type { Verdict } from './review';
import { describe, readVerdict, reviewOf } from './review';
import type { WebhookClient } from './webhook-client';

export interface WebhookAdmissionDeps {
  readonly mutating: () => readonly Hook[];
  readonly validating: () => readonly Hook[];
  readonly client: Pick<WebhookClient, 'ask'>;
  readonly kinds: KindList;
  /** Whose rights conditions may ask about. */
  readonly authorizer: Authorizer;
  readonly logger: Logger;
}

/** A webhook, and the call as it sees it. */
interface Chosen {
  readonly hook: Hook;
  readonly seen: OutsideCall;
}

/** Asks the webhooks of MutatingWebhookConfigurations in turn, and those of ValidatingWebhookConfigurations at once. */
export function createWebhookAdmission(deps: WebhookAdmissionDeps): OutsideAdmission {
  const conditions = new MatchConditions();
  const chosen = (hooks: readonly Hook[], call: OutsideCall): readonly Chosen[] =>
    hooks.flatMap((hook) => {
      const seen = seenByHook(hook, call, deps.kinds);
      return seen !== undefined && isMatched(conditions, hook, seen, deps.authorizer) ? [{ hook, seen }] : [];
    });
  return {
    mutate(call) {
      const hooks = chosen(deps.mutating(), call);
      return hooks.length === 0 ? undefined : mutate(deps, hooks, call);
    },
    validate(call) {
      const hooks = chosen(deps.validating(), call);
      if (hooks.length === 0) return undefined;
      const asked = hooks.map(({ hook, seen }) => ask(deps, hook, seen, seen.object));
      return Promise.all(asked).then(() => undefined);
    },
  };
}

/** Throws Forbidden where a condition cannot be evaluated and the webhook must not be passed over. */
function isMatched(conditions: MatchConditions, hook: Hook, call: OutsideCall, authorizer: Authorizer): boolean {
  if (hook.matchConditions.length === 0) return true;
  const { object, old } = call;
  const asked = { object, old, request: describe(call), authorizer: authorizerOf(call, authorizer) };
  const matching = conditions.evaluate(hook.matchConditions, asked);
  if ('matches' in matching) return matching.matches;
  if (hook.failurePolicy === 'Ignore') return false;
  throw new StatusError('Forbidden', `admission webhook ${JSON.stringify(hook.name)}: ${matching.error}`);
}

/** In turn; those that want it are asked once more where a later one changed what they saw. */
async function mutate(deps: WebhookAdmissionDeps, hooks: readonly Chosen[], call: OutsideCall): Promise<ApiObject> {
  const asked = call.request.kind;
  let object = call.object ?? {};
  const known = new Map<Hook, ApiObject>();
  const run = async ({ hook, seen }: Chosen): Promise<void> => {
    const { kind } = seen.request;
    const shown = kind === asked ? object : inVersion(object, asked, kind);
    const verdict = await ask(deps, hook, seen, call.object === undefined ? undefined : shown);
    if (verdict?.patch !== undefined && call.object !== undefined) {
      const next = patched(hook, shown, verdict.patch);
      object = kind === asked ? next : inVersion(next, kind, asked);
    }
    known.set(hook, object);
  };
  for (const each of hooks) await run(each);
  for (const each of hooks) {
    const { hook } = each;
    if (hook.reinvocationPolicy === 'IfNeeded' && !isSameJson(known.get(hook), object)) await run(each);
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

const failed = ({ name }: Hook, why: string, cause: unknown): StatusError => {
  const message = `failed calling webhook ${JSON.stringify(name)}: ${why}`;
  return new StatusError('InternalError', `Internal error occurred: ${message}`, { causes: [{ message }] }, { cause });
};
