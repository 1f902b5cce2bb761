import type { PolicyRule } from 'kubernetes-types/rbac/v1';
import { brokenDown, compacted } from '../../access/policy-rules';
import { UsageError } from '../../client/resources';
import type { Resource } from '../../client/resources';
import { layoutColumns } from '../../output/columns';
import type { Command, Context, Flags } from '../command';
import { isSet, text, words } from '../command';

const AUTHORIZATION = '/apis/authorization.k8s.io/v1';

/** Of resources; any other word is a rule's own. */
const VERBS = [
  ...['get', 'list', 'watch', 'create', 'update', 'patch', 'delete', 'deletecollection', 'use', 'bind', 'impersonate'],
  ...['approve', 'sign', 'escalate', 'attest', '*'],
];

export const canI: Command = {
  name: 'can-i',
  usage: 'can-i [words..]',
  describe: 'whether you may do something: VERB TYPE[/NAME], or VERB PATH',
  build: (yargs) =>
    yargs
      .option('list', { type: 'boolean', describe: 'all that you may do' })
      .option('all-namespaces', { alias: 'A', type: 'boolean', describe: 'in all namespaces' })
      .option('subresource', { type: 'string', describe: 'such as log or scale' })
      .option('quiet', { alias: 'q', type: 'boolean', describe: 'answer by the exit code alone' })
      .option('no-headers', { type: 'boolean', describe: 'with --list: leave out the heading' }),
  run,
};

interface Review {
  readonly status?: { readonly allowed?: boolean; readonly reason?: string; readonly evaluationError?: string };
}

async function run(context: Context, flags: Flags): Promise<number | void> {
  if (isSet(flags, 'list')) {
    if (words(flags, 'words').length > 0) throw new UsageError('list option must be specified with no arguments');
    return listRules(context, flags);
  }
  const [verb, what, ...more] = words(flags, 'words');
  if (verb === undefined || what === undefined || more.length > 0)
    throw new UsageError(
      "you must specify two arguments: verb resource or verb resource/resourceName.\nSee 'kubectl-lite auth can-i -h' for help and examples.",
    );
  if (!what.startsWith('/') && !VERBS.includes(verb) && !isSet(flags, 'quiet'))
    context.note(`Warning: verb '${verb}' is not a known verb\n\n`);
  const spec = what.startsWith('/')
    ? { nonResourceAttributes: { path: what, verb } }
    : {
        resourceAttributes: await attributesOf(context, flags, verb, what),
      };
  const body = { apiVersion: 'authorization.k8s.io/v1', kind: 'SelfSubjectAccessReview', spec };
  const { value } = await context
    .client()
    .json<Review>({ method: 'POST', path: `${AUTHORIZATION}/selfsubjectaccessreviews`, body });
  const { allowed = false, reason = '', evaluationError = '' } = value.status ?? {};
  const because = `${allowed || reason === '' ? '' : ` - ${reason}`}${evaluationError === '' ? '' : ` - ${evaluationError}`}`;
  if (!isSet(flags, 'quiet')) context.out(`${allowed ? 'yes' : 'no'}${because}\n`);
  return allowed ? 0 : 1;
}

async function attributesOf(context: Context, flags: Flags, verb: string, what: string): Promise<object> {
  const [type = '', name] = what.split('/');
  const subresource = text(flags, 'subresource');
  const found = type === '*' ? undefined : await typeOf(context, flags, type);
  const namespace = isSet(flags, 'all-namespaces') || found?.namespaced === false ? undefined : context.namespace;
  return {
    verb,
    group: type === '*' ? '*' : (found?.group ?? type.split('.').slice(1).join('.')),
    resource: found?.plural ?? type.split('.')[0],
    ...(namespace === undefined ? {} : { namespace }),
    ...(subresource === undefined ? {} : { subresource }),
    ...(name === undefined ? {} : { name }),
  };
}

async function typeOf(context: Context, flags: Flags, type: string): Promise<Resource | undefined> {
  try {
    const found = (await context.resources()).find(type);
    if (!found.namespaced && !isSet(flags, 'all-namespaces') && !isSet(flags, 'quiet'))
      context.note(
        `Warning: resource '${found.plural}' is not namespace scoped${found.group === '' ? '' : ` in group '${found.group}'`}\n\n`,
      );
    return found;
  } catch (error) {
    if (!(error instanceof UsageError)) throw error;
    if (!isSet(flags, 'quiet')) context.note(`Warning: the server doesn't have a resource type '${type}'\n\n`);
    return undefined;
  }
}

interface Rules {
  readonly status?: {
    readonly resourceRules?: readonly PolicyRule[];
    readonly nonResourceRules?: readonly PolicyRule[];
    readonly incomplete?: boolean;
    readonly evaluationError?: string;
  };
}

async function listRules(context: Context, flags: Flags): Promise<void> {
  const body = {
    apiVersion: 'authorization.k8s.io/v1',
    kind: 'SelfSubjectRulesReview',
    spec: { namespace: context.namespace },
  };
  const { value } = await context
    .client()
    .json<Rules>({ method: 'POST', path: `${AUTHORIZATION}/selfsubjectrulesreviews`, body });
  const { resourceRules = [], nonResourceRules = [], incomplete, evaluationError = '' } = value.status ?? {};
  if (incomplete === true)
    context.note(`warning: the list may be incomplete${evaluationError === '' ? '' : `: ${evaluationError}`}\n`);
  const shown = (of: readonly string[] = []): string => `[${of.join(' ')}]`;
  const rules = [...resourceRules, ...nonResourceRules].flatMap((rule) =>
    brokenDown({ ...rule, verbs: [...rule.verbs] }),
  );
  const rows = compacted(rules).map(({ apiGroups = [], resources = [], resourceNames, nonResourceURLs, verbs }) => {
    const [[group = ''], [resource = '']] = [apiGroups, resources];
    const [plural = '', ...below] = resource.split('/');
    const name = [group === '' ? plural : `${plural}.${group}`, ...below].join('/');
    return [name, shown(nonResourceURLs), shown(resourceNames), shown(verbs)];
  });
  const head = ['Resources', 'Non-Resource URLs', 'Resource Names', 'Verbs'];
  context.out(layoutColumns(isSet(flags, 'no-headers') ? rows : [head, ...rows]));
}
