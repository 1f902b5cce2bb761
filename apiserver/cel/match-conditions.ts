import type { ApiObject } from '../../shared/api/objects';
import { CelError, Expressions } from './expression';
import type { CelAuthorizer } from './libraries/authorizer';
import { toCel } from './values';

export interface MatchCondition {
  readonly name: string;
  readonly expression: string;
}

/** What conditions are about: the object as it is to be and as it is, where there is such, and the request. */
export interface ConditionInput {
  readonly object: ApiObject | undefined;
  readonly old: ApiObject | undefined;
  readonly request: object;
  readonly authorizer: CelAuthorizer;
}

export type Matching = { readonly matches: boolean } | { readonly error: string };

/** Conditions of webhooks and policies (k8s.io/apiserver/pkg/admission/plugin/webhook/matchconditions). */
export class MatchConditions {
  private readonly cel = new Expressions(['object', 'oldObject', 'request', 'authorizer']);

  /** One that is false decides; else one that cannot be evaluated is an error; else all hold. */
  evaluate(conditions: readonly MatchCondition[], { object, old, request, authorizer }: ConditionInput): Matching {
    if (conditions.length === 0) return { matches: true };
    const values = {
      object: toCel(object ?? null),
      oldObject: toCel(old ?? null),
      request: toCel(request),
      authorizer,
    };
    let error: string | undefined;
    for (const { name, expression } of conditions) {
      try {
        if (this.cel.compile(expression).evaluate(values) !== true) return { matches: false };
      } catch (failure) {
        if (!(failure instanceof CelError)) throw failure;
        error ??= `match condition ${JSON.stringify(name)}: ${failure.message}`;
      }
    }
    return error === undefined ? { matches: true } : { error };
  }

  /** Why an expression is none; undefined: it is one. */
  problemOf(expression: string): string | undefined {
    try {
      this.cel.compile(expression);
      return undefined;
    } catch (error) {
      if (error instanceof CelError) return error.message;
      throw error;
    }
  }
}
