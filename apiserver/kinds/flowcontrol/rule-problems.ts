import { isDns1123Label, isDns1123Subdomain } from '../../../shared/names';
import type { StatusCause } from '../../../shared/status-error';
import { checkName, each, forbiddenField, invalidValue, notSupported, required } from '../validation/field-errors';

interface Named {
  readonly name?: string;
  readonly namespace?: string;
}
interface Subject {
  readonly kind?: string;
  readonly user?: Named;
  readonly group?: Named;
  readonly serviceAccount?: Named;
}
interface ResourceRule {
  readonly verbs?: readonly string[];
  readonly apiGroups?: readonly string[];
  readonly resources?: readonly string[];
  readonly clusterScope?: boolean;
  readonly namespaces?: readonly string[];
}
interface NonResourceRule {
  readonly verbs?: readonly string[];
  readonly nonResourceURLs?: readonly string[];
}
export interface FlowRule {
  readonly subjects?: readonly Subject[];
  readonly resourceRules?: readonly ResourceRule[];
  readonly nonResourceRules?: readonly NonResourceRule[];
}

const SUBJECTS = { Group: 'group', ServiceAccount: 'serviceAccount', User: 'user' } as const;
const VERBS = ['create', 'delete', 'deletecollection', 'get', 'list', 'patch', 'proxy', 'update', 'watch'];

/** Which requests a FlowSchema means: of whom, and for what. */
export function flowRuleProblems(rule: FlowRule, path: string): readonly StatusCause[] {
  const { subjects = [], resourceRules = [], nonResourceRules = [] } = rule;
  return [
    ...(subjects.length === 0 ? [required(`${path}.subjects`, 'subjects must contain at least one value')] : []),
    ...each(`${path}.subjects`, subjects, subjectProblems),
    ...(resourceRules.length + nonResourceRules.length === 0
      ? [required(path, 'at least one of resourceRules and nonResourceRules has to be non-empty')]
      : []),
    ...each(`${path}.resourceRules`, resourceRules, resourceRuleProblems),
    ...each(`${path}.nonResourceRules`, nonResourceRules, nonResourceRuleProblems),
  ];
}

function subjectProblems(subject: Subject, path: string): readonly StatusCause[] {
  const kinds = Object.keys(SUBJECTS) as (keyof typeof SUBJECTS)[];
  const kind = kinds.find((known) => known === subject.kind);
  if (kind === undefined) return [notSupported(`${path}.kind`, subject.kind ?? '', kinds)];
  const field = SUBJECTS[kind];
  const named = subject[field];
  return [
    ...(named === undefined
      ? [required(`${path}.${field}`, `${field} is required when subject kind is '${kind}'`)]
      : nameProblems(named, `${path}.${field}`, kind === 'ServiceAccount')),
    ...kinds
      .filter((other) => other !== kind && subject[SUBJECTS[other]] !== undefined)
      .map((other) =>
        forbiddenField(
          `${path}.${SUBJECTS[other]}`,
          `${SUBJECTS[other]} is forbidden when subject kind is not '${other}'`,
        ),
      ),
  ];
}

function nameProblems({ name = '', namespace = '' }: Named, path: string, isAccount: boolean): readonly StatusCause[] {
  return [
    ...(name === '' ? [required(`${path}.name`)] : []),
    ...(isAccount && !['', '*'].includes(name) ? checkName(`${path}.name`, name, isDns1123Subdomain) : []),
    ...(!isAccount
      ? []
      : namespace === ''
        ? [required(`${path}.namespace`, 'must specify namespace for service account')]
        : checkName(`${path}.namespace`, namespace, isDns1123Label)),
  ];
}

/** `*` stands alone. */
const lonelyStar = (path: string, values: readonly string[], others: string): readonly StatusCause[] =>
  values.length > 1 && values.includes('*')
    ? [invalidValue(path, values, `if '*' is present, must not specify other ${others}`)]
    : [];

function verbProblems(verbs: readonly string[] = [], path: string): readonly StatusCause[] {
  if (verbs.length === 0) return [required(path, 'verbs must contain at least one value')];
  if (verbs.includes('*')) return lonelyStar(path, verbs, 'verbs');
  return verbs.every((verb) => VERBS.includes(verb)) ? [] : [notSupported(path, verbs, VERBS)];
}

function resourceRuleProblems(rule: ResourceRule, path: string): readonly StatusCause[] {
  const { verbs, apiGroups = [], resources = [], clusterScope, namespaces = [] } = rule;
  const missing = (field: string, what: string): StatusCause =>
    required(`${path}.${field}`, `resource rules must supply at least one ${what}`);
  return [
    ...verbProblems(verbs, `${path}.verbs`),
    ...(apiGroups.length === 0 ? [missing('apiGroups', 'api group')] : []),
    ...lonelyStar(`${path}.apiGroups`, apiGroups, 'api groups'),
    ...(resources.length === 0 ? [missing('resources', 'resource')] : []),
    ...lonelyStar(`${path}.resources`, resources, 'resources'),
    ...(namespaces.length === 0 && clusterScope !== true
      ? [
          required(
            `${path}.namespaces`,
            'resource rules that are not cluster scoped must supply at least one namespace',
          ),
        ]
      : []),
    ...(namespaces.includes('*')
      ? lonelyStar(`${path}.namespaces`, namespaces, 'namespaces')
      : each(`${path}.namespaces`, namespaces, (namespace, at) =>
          isDns1123Label(namespace).map((problem) =>
            invalidValue(at, namespace, `each member of this list must be '*' or a DNS-1123 label; ${problem}`),
          ),
        )),
  ];
}

function nonResourceRuleProblems(
  { verbs, nonResourceURLs = [] }: NonResourceRule,
  path: string,
): readonly StatusCause[] {
  const at = `${path}.nonResourceURLs`;
  return [
    ...verbProblems(verbs, `${path}.verbs`),
    ...(nonResourceURLs.length === 0 ? [required(at, 'nonResourceURLs must contain at least one value')] : []),
    ...(nonResourceURLs.includes('*')
      ? lonelyStar(at, nonResourceURLs, 'non-resource URLs')
      : each(at, nonResourceURLs, (url, itemPath) => {
          const problem = urlProblem(url);
          return problem === undefined ? [] : [invalidValue(itemPath, url, problem)];
        })),
  ];
}

function urlProblem(url: string): string | undefined {
  if (url === '') return 'must not be empty';
  if (url === '/') return undefined;
  if (!url.startsWith('/')) return 'must start with slash';
  if (url.includes(' ')) return 'must not contain white-space';
  if (url.includes('//')) return 'must not contain double slash';
  return url.slice(0, -1).includes('*') || (url.endsWith('*') && !url.endsWith('/*'))
    ? 'wildcard can only do suffix matching'
    : undefined;
}
