import type { Node, Scalar, YAMLMap } from 'yaml';
import { LineCounter, isMap, isScalar, isSeq, parseDocument } from 'yaml';
import type { AuditPolicy, AuditRule, GroupResources } from './policy';
import { AUDIT_LEVELS, AUDIT_STAGES } from './policy';

/** A policy that cannot be used; the message begins with file and line. */
export class AuditPolicyError extends Error {
  override readonly name = 'AuditPolicyError';
}

const POLICY_FIELDS = ['apiVersion', 'kind', 'metadata', 'rules', 'omitStages', 'omitManagedFields'];
const RULE_FIELDS = [
  'level',
  'users',
  'userGroups',
  'verbs',
  'resources',
  'namespaces',
  'nonResourceURLs',
  'omitStages',
  'omitManagedFields',
];
const RESOURCE_FIELDS = ['group', 'resources', 'resourceNames'];

/** Reads an audit.k8s.io/v1 Policy. Throws AuditPolicyError for the first thing that is wrong. */
export function parsePolicy(text: string, file: string): AuditPolicy {
  const lines = new LineCounter();
  const document = parseDocument(text, { lineCounter: lines });
  const [problem] = document.errors;
  if (problem !== undefined) {
    const why = problem.message.split('\n')[0]?.replace(/ at line \d+, column \d+:?$/, '') ?? '';
    throw new AuditPolicyError(`${file}, line ${lines.linePos(problem.pos[0]).line}: ${why}`);
  }
  return new PolicyReader(file, lines).read(document.contents);
}

class PolicyReader {
  constructor(
    private readonly file: string,
    private readonly lines: LineCounter,
  ) {}

  read(contents: Node | null): AuditPolicy {
    const policy = this.map(contents, 'the policy', POLICY_FIELDS);
    const { value: apiVersion } = this.text(policy, 'apiVersion');
    if (apiVersion !== 'audit.k8s.io/v1') throw this.wrong(policy, 'apiVersion must be audit.k8s.io/v1', 'apiVersion');
    if (this.text(policy, 'kind').value !== 'Policy') throw this.wrong(policy, 'kind must be Policy', 'kind');
    const rules = this.items(policy, 'rules').map((rule) => this.rule(rule));
    if (rules.length === 0) throw this.wrong(policy, 'rules: there must be one at least', 'rules');
    return {
      rules,
      omitStages: this.oneOf(policy, 'omitStages', AUDIT_STAGES),
      omitManagedFields: this.flag(policy, 'omitManagedFields') ?? false,
    };
  }

  private rule(node: Node): AuditRule {
    const rule = this.map(node, 'a rule', RULE_FIELDS);
    const { value: level, at } = this.text(rule, 'level');
    const known = AUDIT_LEVELS.find((each) => each === level);
    if (known === undefined) throw this.wrong(at, `level must be one of ${AUDIT_LEVELS.join(', ')}`);
    const resources = this.items(rule, 'resources').map((each) => this.resources(each));
    const namespaces = this.texts(rule, 'namespaces');
    const nonResourceURLs = this.texts(rule, 'nonResourceURLs', (url) =>
      url === '*' || (url.startsWith('/') && !url.slice(0, -1).includes('*'))
        ? undefined
        : 'must begin with / and may have one * at its end',
    );
    if (nonResourceURLs.length > 0 && (resources.length > 0 || namespaces.length > 0)) {
      throw this.wrong(rule, 'a rule is about resources and namespaces, or about nonResourceURLs', 'nonResourceURLs');
    }
    const omitManagedFields = this.flag(rule, 'omitManagedFields');
    return {
      level: known,
      users: this.texts(rule, 'users'),
      userGroups: this.texts(rule, 'userGroups'),
      verbs: this.texts(rule, 'verbs'),
      resources,
      namespaces,
      nonResourceURLs,
      omitStages: this.oneOf(rule, 'omitStages', AUDIT_STAGES),
      ...(omitManagedFields === undefined ? {} : { omitManagedFields }),
    };
  }

  private resources(node: Node): GroupResources {
    const map = this.map(node, 'an entry of resources', RESOURCE_FIELDS);
    const group = map.has('group') ? this.text(map, 'group').value : '';
    if (group.includes('/')) throw this.wrong(map, 'group must not hold a version', 'group');
    const resources = this.texts(map, 'resources');
    const resourceNames = this.texts(map, 'resourceNames');
    if (resourceNames.length > 0 && resources.length === 0) {
      throw this.wrong(map, 'resourceNames needs resources', 'resourceNames');
    }
    return { group, resources, resourceNames };
  }

  private map(node: Node | null, what: string, fields: readonly string[]): YAMLMap<Scalar, Node | null> {
    if (!isMap<Scalar, Node | null>(node)) throw this.wrong(node, `${what} must be a map of ${fields.join(', ')}`);
    for (const { key } of node.items) {
      if (!fields.includes(String(key.value))) throw this.wrong(key, `unknown field ${JSON.stringify(key.value)}`);
    }
    return node;
  }

  private items(map: YAMLMap<Scalar, Node | null>, field: string): readonly Node[] {
    const node = map.get(field, true) as Node | undefined;
    if (node === undefined || (isScalar(node) && node.value === null)) return [];
    if (!isSeq<Node>(node)) throw this.wrong(node, `${field} must be a list`);
    return node.items;
  }

  private texts(
    map: YAMLMap<Scalar, Node | null>,
    field: string,
    problemOf: (text: string) => string | undefined = () => undefined,
  ): readonly string[] {
    return this.items(map, field).map((node) => {
      if (!isScalar(node) || typeof node.value !== 'string') throw this.wrong(node, `${field} must be a list of texts`);
      const problem = problemOf(node.value);
      if (problem !== undefined) throw this.wrong(node, `${field}: ${JSON.stringify(node.value)} ${problem}`);
      return node.value;
    });
  }

  private oneOf<T extends string>(
    map: YAMLMap<Scalar, Node | null>,
    field: string,
    allowed: readonly T[],
  ): readonly T[] {
    const isAllowed = (text: string): text is T => allowed.some((each) => each === text);
    return this.texts(map, field, (text) =>
      isAllowed(text) ? undefined : `must be one of ${allowed.join(', ')}`,
    ).filter(isAllowed);
  }

  private text(map: YAMLMap<Scalar, Node | null>, field: string): { readonly value: string; readonly at: Node } {
    const node = map.get(field, true) as Node | undefined;
    if (!isScalar(node) || typeof node.value !== 'string') throw this.wrong(node ?? map, `${field} must be a text`);
    return { value: node.value, at: node };
  }

  private flag(map: YAMLMap<Scalar, Node | null>, field: string): boolean | undefined {
    const node = map.get(field, true) as Node | undefined;
    if (node === undefined) return undefined;
    if (!isScalar(node) || typeof node.value !== 'boolean') throw this.wrong(node, `${field} must be true or false`);
    return node.value;
  }

  /** At the node, or at one of its fields. */
  private wrong(node: Node | null, why: string, field?: string): AuditPolicyError {
    const at =
      field === undefined || !isMap<Scalar, Node | null>(node) ? node : (node.get(field, true) as Node | undefined);
    const offset = (at ?? node)?.range?.[0] ?? 0;
    return new AuditPolicyError(`${this.file}, line ${this.lines.linePos(offset).line}: ${why}`);
  }
}
