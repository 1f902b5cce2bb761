import type { ApiObject, KindName, StoredObject } from '../../../shared/api/objects';
import { matchesLabels, selectorOf } from '../../../shared/selectors/label-selector';
import type { StatusReason } from '../../../shared/status-error';
import { StatusError } from '../../../shared/status-error';
import type { Authorizer } from '../../auth/authorizer';
import { CelError, Expressions } from '../../cel/expression';
import type { CelAuthorizer } from '../../cel/libraries/authorizer';
import { MatchConditions } from '../../cel/match-conditions';
import { toCel } from '../../cel/values';
import type {
  BindingSpec,
  MatchResources,
  PolicyRule,
  PolicySpec,
} from '../../kinds/admissionregistration/admission-policies';
import { POLICY_VARIABLES, bindingSpecOf, policySpecOf } from '../../kinds/admissionregistration/admission-policies';
import type { KindList } from '../../kinds/kind-list';
import type { Client } from '../../registry/client';
import { authorizerOf } from '../asked-rights';
import { seenAs } from '../equivalent-kinds';
import type { OutsideAdmission, OutsideCall } from '../outside-admission';
import { matchesNamespace, matchesObject, matchesRule } from '../webhooks/hooks';
import { describe } from '../webhooks/review';

export interface PolicyDeps {
  readonly client: Client;
  readonly kinds: KindList;
  /** Whose rights expressions may ask about. */
  readonly authorizer: Authorizer;
}

/** A policy put to work by a binding. */
interface Bound {
  readonly policy: string;
  readonly binding: string;
  readonly spec: PolicySpec;
  readonly by: BindingSpec;
}

/** What a policy has against a request. */
interface Objection {
  readonly message: string;
  readonly reason: StatusReason;
}

const REASONS: Readonly<Record<string, StatusReason>> = {
  Unauthorized: 'Unauthorized',
  Forbidden: 'Forbidden',
  RequestEntityTooLarge: 'RequestEntityTooLarge',
};

/**
 * ValidatingAdmissionPolicies: rules in CEL, put to work by bindings
 * (k8s.io/apiserver/pkg/admission/plugin/policy/validating).
 */
export function createAdmissionPolicies({ client, kinds, authorizer }: PolicyDeps): Pick<OutsideAdmission, 'validate'> {
  const policies = client.view('ValidatingAdmissionPolicy');
  const bindings = client.view('ValidatingAdmissionPolicyBinding');
  let known: readonly Bound[] | undefined;
  for (const view of [policies, bindings]) view.onChange(() => (known = undefined));
  const bound = (): readonly Bound[] =>
    (known ??= bindings.list().flatMap((binding) => {
      const by = bindingSpecOf(binding as unknown as StoredObject);
      const policy = policies.get({ name: by.policyName ?? '' });
      if (policy === undefined) return [];
      const spec = policySpecOf(policy as unknown as StoredObject);
      return [{ policy: policy.metadata.name, binding: binding.metadata.name, spec, by }];
    }));
  const judge = new PolicyJudge(client, authorizer);
  return {
    validate(call) {
      const all = bound();
      if (all.length === 0) return undefined;
      const asked = all.flatMap((bound) => {
        const seen = seenBy(bound.spec.matchConstraints, call, kinds);
        return seen === undefined || seenBy(bound.by.matchResources, call, kinds) === undefined
          ? []
          : [{ bound, seen }];
      });
      if (asked.length === 0) return undefined;
      return new Promise((resolve) => {
        for (const { bound, seen } of asked) judge.apply(bound, seen);
        resolve();
      });
    },
  };
}

const EXEMPT_GROUP = 'admissionregistration.k8s.io';

/** The call as it is seen by what these match; undefined: they do not. Absent: everything. */
function seenBy(match: MatchResources | undefined, call: OutsideCall, kinds: KindList): OutsideCall | undefined {
  if (call.request.kind.group === EXEMPT_GROUP) return undefined;
  if (match === undefined) return call;
  const { resourceRules, excludeResourceRules = [], namespaceSelector, objectSelector, matchPolicy } = match;
  const isSelected =
    matchesNamespace(selectorOf(namespaceSelector) ?? [], call, call.request.lookup) &&
    matchesObject(selectorOf(objectSelector) ?? [], call);
  const seenIn = (rules: readonly PolicyRule[]): OutsideCall | undefined =>
    seenAs(call, kinds, matchPolicy, (seen) => rules.some((rule) => matchesRule(rule, seen)));
  if (!isSelected || seenIn(excludeResourceRules) !== undefined) return undefined;
  return resourceRules === undefined ? call : seenIn(resourceRules);
}

class PolicyJudge {
  private readonly cel = new Expressions(POLICY_VARIABLES);
  private readonly conditions = new MatchConditions();

  constructor(
    private readonly client: Client,
    private readonly authorizer: Authorizer,
  ) {}

  /** Throws what the policy refuses a request with; warns and notes where the binding wants that instead. */
  apply(bound: Bound, call: OutsideCall): void {
    for (const { message, reason } of this.objections(bound, call)) {
      const { policy, binding, by } = bound;
      const actions = by.validationActions ?? [];
      const of = `ValidatingAdmissionPolicy '${policy}' with binding '${binding}'`;
      if (actions.includes('Audit')) {
        const note = [{ message, policy, binding, validationActions: actions }];
        call.request.annotate('validation.policy.admission.k8s.io/validation_failure', JSON.stringify(note));
      }
      if (actions.includes('Warn')) call.request.warn(`Validation failed for ${of}: ${message}`);
      if (actions.includes('Deny')) throw refusal(call, `${of} denied request: ${message}`, reason);
    }
  }

  private objections(bound: Bound, call: OutsideCall): readonly Objection[] {
    const { spec, by } = bound;
    const { object, old } = call;
    const request = describe(call);
    const authorizer = authorizerOf(call, this.authorizer);
    const matching = this.conditions.evaluate(spec.matchConditions ?? [], { object, old, request, authorizer });
    if ('error' in matching) return this.failed(spec, matching.error);
    if (!matching.matches) return [];
    const params = this.paramsOf(spec, by, call);
    if (typeof params === 'string') return this.failed(spec, params);
    return params.flatMap((each) => this.judge(bound, call, { request, params: each, authorizer }));
  }

  private judge(
    { policy, spec }: Bound,
    call: OutsideCall,
    given: { readonly request: object; readonly params: ApiObject | null; readonly authorizer: CelAuthorizer },
  ): readonly Objection[] {
    const { lookup } = call.request;
    const namespace = call.namespace === undefined ? undefined : lookup.get('Namespace', { name: call.namespace });
    const variables: Record<string, unknown> = {};
    const values = {
      object: toCel(call.object ?? null),
      oldObject: toCel(call.old ?? null),
      request: toCel(given.request),
      params: toCel(given.params),
      namespaceObject: toCel(namespace ?? null),
      variables,
      authorizer: given.authorizer,
    };
    // One that cannot be computed is missing to those that use it, and to nobody else.
    for (const { name, expression } of spec.variables ?? []) {
      const value = this.evaluate(expression, values);
      if (!(value instanceof CelError)) variables[name] = value;
    }
    for (const { key, valueExpression } of spec.auditAnnotations ?? []) {
      const value = this.evaluate(valueExpression, values);
      if (typeof value === 'string') call.request.annotate(`${policy}/${key}`, value);
    }
    return (spec.validations ?? []).flatMap(({ expression, message, messageExpression, reason }) => {
      const result = this.evaluate(expression, values);
      if (result === true) return [];
      if (result instanceof CelError) {
        return this.failed(spec, `expression '${expression}' resulted in error: ${result.message}`);
      }
      const computed = messageExpression === undefined ? undefined : this.evaluate(messageExpression, values);
      const text =
        typeof computed === 'string' && computed !== '' ? computed : (message ?? `failed expression: ${expression}`);
      return [{ message: text, reason: REASONS[reason ?? ''] ?? 'Invalid' }];
    });
  }

  private failed({ failurePolicy }: PolicySpec, message: string): readonly Objection[] {
    return failurePolicy === 'Ignore' ? [] : [{ message, reason: 'Invalid' }];
  }

  private evaluate(expression: string, values: Readonly<Record<string, unknown>>): unknown {
    try {
      return this.cel.compile(expression).evaluate(values);
    } catch (error) {
      if (error instanceof CelError) return error;
      throw error;
    }
  }

  /** Each object that the policy is to be judged with; a text says why there is none where there must be. */
  private paramsOf(
    spec: PolicySpec,
    { paramRef }: BindingSpec,
    call: OutsideCall,
  ): readonly (ApiObject | null)[] | string {
    const { paramKind } = spec;
    if (paramKind === undefined || paramRef === undefined) return [null];
    const { apiVersion = '', kind = '' } = paramKind;
    const name = this.client.kinds.nameOf(apiVersion, kind);
    if (name === undefined) return `failed to configure policy: there is no kind ${kind} in ${apiVersion}`;
    const found = this.find(name, paramRef, call);
    if (found.length > 0) return found;
    return paramRef.parameterNotFoundAction === 'Allow'
      ? []
      : 'failed to configure binding: no params found for policy binding with `Deny` parameterNotFoundAction';
  }

  private find(
    kind: KindName,
    paramRef: NonNullable<BindingSpec['paramRef']>,
    call: OutsideCall,
  ): readonly ApiObject[] {
    const isNamespaced = this.client.kinds.names({ namespaced: true }).includes(kind);
    const namespace = isNamespaced ? (paramRef.namespace ?? call.namespace) : undefined;
    const view = this.client.view(kind);
    if (paramRef.name !== undefined) {
      const found = view.get({ namespace, name: paramRef.name });
      return found === undefined ? [] : [found as unknown as ApiObject];
    }
    const selector = selectorOf(paramRef.selector) ?? [];
    return view
      .list(namespace === undefined ? {} : { namespace })
      .filter(({ metadata }) => matchesLabels(selector, metadata.labels)) as unknown as readonly ApiObject[];
  }
}

/** Kubernetes words it as forbidden, whatever the reason. */
function refusal({ request, name, object }: OutsideCall, why: string, reason: StatusReason): StatusError {
  const { group, plural } = request.kind;
  const qualified = group === '' ? plural : `${plural}.${group}`;
  const shown = name === '' ? (object?.metadata?.generateName ?? '') : name;
  return new StatusError(reason, `${qualified} ${JSON.stringify(shown)} is forbidden: ${why}`, {
    name: shown,
    kind: plural,
    ...(group === '' ? {} : { group }),
    causes: [{ message: why }],
  });
}
