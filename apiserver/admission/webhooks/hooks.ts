import type { LabelSelector, Namespace } from '../../../shared/api/objects';
import type { Labels, Selector } from '../../../shared/selectors/label-selector';
import { matchesLabels, selectorOf } from '../../../shared/selectors/label-selector';
import type { KindList } from '../../kinds/kind-list';
import type { Client } from '../../registry/client';
import type { Lookup } from '../admission';
import { seenAs } from '../equivalent-kinds';
import type { OutsideCall } from '../outside-admission';

export type HookKind = 'MutatingWebhookConfiguration' | 'ValidatingWebhookConfiguration';

/** The published types leave out what a rule inherits. */
export interface HookRule {
  readonly operations?: readonly string[];
  readonly apiGroups?: readonly string[];
  readonly apiVersions?: readonly string[];
  readonly resources?: readonly string[];
  /** Of policies; absent: all. */
  readonly resourceNames?: readonly string[];
  readonly scope?: string;
}

/** One webhook of a configuration, with its defaults. */
export interface Hook {
  readonly name: string;
  readonly configuration: string;
  readonly clientConfig: {
    readonly url?: string;
    readonly caBundle?: string;
    readonly service?: {
      readonly namespace: string;
      readonly name: string;
      readonly path?: string;
      readonly port?: number;
    };
  };
  readonly rules: readonly HookRule[];
  readonly failurePolicy: string;
  readonly sideEffects: string;
  readonly timeoutSeconds: number;
  readonly admissionReviewVersions: readonly string[];
  readonly reinvocationPolicy: string;
  readonly matchPolicy?: string;
  readonly matchConditions: readonly { readonly name: string; readonly expression: string }[];
  readonly namespaces: Selector;
  readonly objects: Selector;
}

/** All webhooks of one kind, in the order in which they are asked: by configuration's name, then as they stand there. */
export function followHooks(client: Pick<Client, 'view'>, kind: HookKind): () => readonly Hook[] {
  const view = client.view(kind);
  let hooks: readonly Hook[] | undefined;
  view.onChange(() => (hooks = undefined));
  return () => (hooks ??= readHooks(view.list()));
}

interface Configuration {
  readonly metadata: { readonly name: string };
  readonly webhooks?: unknown;
}
type Declared = Omit<Hook, 'configuration' | 'namespaces' | 'objects' | 'rules' | 'matchConditions'> & {
  readonly rules?: readonly HookRule[];
  readonly matchConditions?: Hook['matchConditions'];
  readonly namespaceSelector?: LabelSelector;
  readonly objectSelector?: LabelSelector;
};

const readHooks = (configurations: readonly Configuration[]): readonly Hook[] =>
  [...configurations]
    .sort((a, b) => (a.metadata.name < b.metadata.name ? -1 : 1))
    .flatMap(({ metadata, webhooks }) =>
      ((webhooks ?? []) as readonly Declared[]).map((declared) => ({
        ...declared,
        configuration: metadata.name,
        rules: declared.rules ?? [],
        matchConditions: declared.matchConditions ?? [],
        namespaces: selectorOf(declared.namespaceSelector) ?? [],
        objects: selectorOf(declared.objectSelector) ?? [],
      })),
    );

/** Nothing outside decides about who decides. */
const EXEMPT_GROUP = 'admissionregistration.k8s.io';

/** The call as the webhook is to see it; undefined where it does not want to be asked, as far as its rules and selectors tell. */
export function seenByHook(hook: Hook, call: OutsideCall, kinds: KindList): OutsideCall | undefined {
  const { kind, lookup } = call.request;
  if (kind.group === EXEMPT_GROUP) return undefined;
  if (!matchesNamespace(hook.namespaces, call, lookup) || !matchesObject(hook.objects, call)) return undefined;
  return seenAs(call, kinds, hook.matchPolicy, (seen) => hook.rules.some((rule) => matchesRule(rule, seen)));
}

const has = (allowed: readonly string[] | undefined, wanted: string): boolean =>
  (allowed ?? []).some((each) => each === '*' || each === wanted);

/** Whether a rule is about such a request. */
export function matchesRule(rule: HookRule, call: OutsideCall): boolean {
  const { request, operation, name } = call;
  const { kind } = request;
  const subresource = call.subresource ?? request.subresource;
  const scope = kind.namespaced ? 'Namespaced' : 'Cluster';
  return (
    has(rule.operations, operation) &&
    has(rule.apiGroups, kind.group) &&
    has(rule.apiVersions, kind.version) &&
    has([rule.scope ?? '*'], scope) &&
    ((rule.resourceNames ?? []).length === 0 || rule.resourceNames?.includes(name) === true) &&
    (rule.resources ?? []).some((resource) => coversResource(resource, kind.plural, subresource))
  );
}

/** `pods`, `pods/status`, `pods/*`, `*` (no subresources), or a star before or after the slash. */
function coversResource(resource: string, plural: string, subresource: string | undefined): boolean {
  const [name = '', sub] = resource.split('/');
  if (name !== '*' && name !== plural) return false;
  return sub === undefined ? subresource === undefined : sub === '*' || sub === subresource;
}

export function matchesNamespace(selector: Selector, call: OutsideCall, lookup: Lookup): boolean {
  if (selector.length === 0) return true;
  const { kind } = call.request;
  if (kind.kind === 'Namespace' && kind.group === '')
    return matchesLabels(selector, (call.object ?? call.old)?.metadata?.labels);
  if (call.namespace === undefined) return true;
  const namespace: Namespace | undefined = lookup.get('Namespace', { name: call.namespace });
  return matchesLabels(selector, namespace?.metadata.labels);
}

/** Either of the object's two states counts: nothing leaves a webhook's sight by a change of labels. */
export function matchesObject(selector: Selector, { object, old }: OutsideCall): boolean {
  if (selector.length === 0) return true;
  const states: readonly (Labels | undefined)[] = [
    ...(object === undefined ? [] : [object.metadata?.labels]),
    ...(old === undefined ? [] : [old.metadata.labels]),
  ];
  return states.some((labels) => matchesLabels(selector, labels));
}
