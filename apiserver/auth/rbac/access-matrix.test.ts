import type { PolicyRule } from 'kubernetes-types/rbac/v1';
import type { Answer, TestApi } from '../../http/testing/test-api';
import { startApi } from '../../http/testing/test-api';
import type { Kind, Verb } from '../../kinds/kind';
import { createKindList } from '../../kinds/kinds';
import { RbacAuthorizer } from './rbac-authorizer';

let api: TestApi;
beforeAll(async () => (api = await startApi({}, { authorizer: ({ client }) => new RbacAuthorizer(client) })));
afterAll(() => api.close());

const ROLES = '/apis/rbac.authorization.k8s.io/v1/clusterroles';
const BINDINGS = '/apis/rbac.authorization.k8s.io/v1/clusterrolebindings';
const roleRef = (name: string): object => ({ apiGroup: 'rbac.authorization.k8s.io', kind: 'ClusterRole', name });

/** Gives a user these rules, and no others. */
async function grant(user: string, rules: readonly PolicyRule[]): Promise<void> {
  const role = { metadata: { name: user }, rules };
  const subjects = [{ apiGroup: 'rbac.authorization.k8s.io', kind: 'User', name: user }];
  const binding = { metadata: { name: user }, roleRef: roleRef(user), subjects };
  for (const [path, body] of [
    [ROLES, role],
    [BINDINGS, binding],
  ] as const)
    expect([200, 201]).toContain((await api.ask('PUT', `${path}/${user}`, { body })).code);
}

/** One thing that can be done with a resource. */
interface Cell {
  readonly verb: Verb;
  /** As rules name it: `pods`, `pods/log`. */
  readonly resource: string;
  readonly method: string;
  readonly path: string;
  /** Of the object that is asked for; none: all of them. */
  readonly name?: string;
}

const METHODS: Readonly<Record<Verb, string>> = {
  get: 'GET',
  list: 'GET',
  watch: 'GET',
  create: 'POST',
  update: 'PUT',
  patch: 'PATCH',
  delete: 'DELETE',
  deletecollection: 'DELETE',
};
const OF_ALL: readonly Verb[] = ['list', 'watch', 'create', 'deletecollection'];
const NAME = 'nothing';

function cellsOf({ group, version, plural, namespaced, verbs, subresources }: Kind): readonly Cell[] {
  const root = group === '' ? `/api/${version}` : `/apis/${group}/${version}`;
  const all = `${root}${namespaced ? '/namespaces/default' : ''}/${plural}`;
  // A version that is none ends a watch that was let through at once.
  const query = { watch: '?watch=true&resourceVersion=none', other: '?dryRun=All' };
  return [
    ...verbs.map((verb): Cell => {
      const isOfAll = OF_ALL.includes(verb);
      const path = `${all}${isOfAll ? '' : `/${NAME}`}${verb === 'watch' ? query.watch : query.other}`;
      return { verb, resource: plural, method: METHODS[verb], path, ...(isOfAll ? {} : { name: NAME }) };
    }),
    ...subresources.flatMap(({ name: subresource, verbs: served }) =>
      served.map((verb): Cell => ({
        verb,
        resource: `${plural}/${subresource}`,
        method: METHODS[verb],
        path: `${all}/${NAME}/${subresource}${query.other}`,
        name: NAME,
      })),
    ),
  ];
}

const ruleOf = (group: string, { verb, resource }: Cell): PolicyRule => ({
  apiGroups: [group],
  resources: [resource],
  verbs: [verb],
});

const as = (user: string, { method, path }: Cell): Promise<Answer> =>
  api.ask(method, path, {
    headers: { 'impersonate-user': user, 'content-type': 'application/json', accept: 'application/json' },
  });

function refusalOf(user: string, { group, plural, namespaced }: Kind, { verb, resource, name }: Cell): string {
  const qualified = `${plural}${group === '' ? '' : `.${group}`}`;
  const what = name === undefined ? qualified : `${qualified} "${name}"`;
  const where = namespaced ? 'in the namespace "default"' : 'at the cluster scope';
  return `${what} is forbidden: User "${user}" cannot ${verb} resource "${resource}" in API group "${group}" ${where}`;
}

const kinds = createKindList().all.map((kind): [string, Kind] => [
  `${kind.plural}.${kind.version}${kind.group === '' ? '' : `.${kind.group}`}`,
  kind,
]);

it.each(kinds)('who may do one thing with %s may do that and nothing else', async (_name, kind) => {
  const cells = cellsOf(kind);
  expect(cells.length).toBeGreaterThan(0);
  for (const cell of cells) {
    await grant('one', [ruleOf(kind.group, cell)]);
    for (const asked of cells) {
      const { code, body } = await as('one', asked);
      const shown = { asked: `${asked.verb} ${asked.resource}`, granted: `${cell.verb} ${cell.resource}` };
      const refusal = refusalOf('one', kind, asked);
      if (asked === cell) expect({ ...shown, isForbidden: code === 403 }).toEqual({ ...shown, isForbidden: false });
      else expect({ ...shown, code, message: body['message'] }).toEqual({ ...shown, code: 403, message: refusal });
    }
  }
});
