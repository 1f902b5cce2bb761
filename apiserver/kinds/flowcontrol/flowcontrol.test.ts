import type { TestApi } from '../../http/testing/test-api';
import { startApi } from '../../http/testing/test-api';

let api: TestApi;
beforeEach(async () => (api = await startApi()));
afterEach(() => api.close());

const GROUP = '/apis/flowcontrol.apiserver.k8s.io/v1';
const rule = {
  subjects: [{ kind: 'User', user: { name: 'noxu' } }],
  nonResourceRules: [{ verbs: ['*'], nonResourceURLs: ['*'] }],
};
const flow = (spec: object = {}) => ({
  metadata: { name: 'f', labels: { of: 'test' } },
  spec: { priorityLevelConfiguration: { name: 'level' }, rules: [rule], ...spec },
});
const level = (limited: object = { limitResponse: { type: 'Reject' } }, spec: object = {}) => ({
  metadata: { name: 'level' },
  spec: { type: 'Limited', limited, ...spec },
});
const merge = (path: string, body: object) =>
  api.ask('PATCH', path, { body, headers: { 'content-type': 'application/merge-patch+json' } });

it.each([
  ['flowschemas', flow(), { matchingPrecedence: 1000 }],
  ['prioritylevelconfigurations', level(), { limited: { nominalConcurrencyShares: 30, lendablePercent: 0 } }],
])('keeps %s through create, patch of spec and status, update and deletecollection', async (plural, body, filled) => {
  const at = `${GROUP}/${plural}`;
  const listed = (await api.ask('GET', GROUP)).body['resources'] as { name: string }[];
  expect(listed.map(({ name }) => name)).toEqual(expect.arrayContaining([plural, `${plural}/status`]));
  const { body: made } = await api.ask('POST', at, { body });
  expect(made).toMatchObject({ spec: filled, metadata: { generation: 1 }, status: {} });
  const { name } = body.metadata;
  const conditions = [{ type: 'Patched', status: 'True' }];
  const annotated = { metadata: { annotations: { of: 'status' } }, status: { conditions } };
  const { body: said } = await merge(`${at}/${name}/status`, annotated);
  expect(said).toMatchObject({ status: { conditions }, metadata: { generation: 1 } });
  expect(said['metadata']).not.toHaveProperty('annotations');
  const { body: patched } = await merge(`${at}/${name}`, { metadata: { annotations: { a: 'b' } } });
  expect((await api.ask('PUT', `${at}/${name}`, { body: patched })).code).toBe(200);
  expect((await api.ask('DELETE', at)).code).toBe(200);
  expect((await api.ask('GET', `${at}/${name}`)).code).toBe(404);
});

it.each<[string, object, string]>([
  ['flowschemas', flow({ matchingPrecedence: 1 }), "only the schema named 'exempt' may have matchingPrecedence 1"],
  ['flowschemas', flow({ matchingPrecedence: 10_001 }), 'must not be greater than 10000'],
  ['flowschemas', flow({ distinguisherMethod: { type: 'ByDay' } }), 'supported values: "ByNamespace", "ByUser"'],
  ['flowschemas', flow({ priorityLevelConfiguration: {} }), 'must reference a priority level'],
  ['flowschemas', flow({ rules: [{ ...rule, subjects: [] }] }), 'subjects must contain at least one value'],
  ['flowschemas', flow({ rules: [{ subjects: rule.subjects }] }), 'at least one of resourceRules and nonResourceRules'],
  [
    'flowschemas',
    flow({ rules: [{ ...rule, subjects: [{ kind: 'User', group: { name: 'g' } }] }] }),
    "user is required when subject kind is 'User'",
  ],
  [
    'flowschemas',
    flow({ rules: [{ ...rule, nonResourceRules: [{ verbs: ['fly'], nonResourceURLs: ['/a*'] }] }] }),
    'wildcard can only do suffix matching',
  ],
  [
    'flowschemas',
    flow({ rules: [{ ...rule, resourceRules: [{ verbs: ['get'], apiGroups: ['*', 'a'], resources: ['*'] }] }] }),
    "if '*' is present, must not specify other api groups",
  ],
  ['prioritylevelconfigurations', level({}, { type: 'Exempt' }), "'Exempt' if and only if name is 'exempt'"],
  ['prioritylevelconfigurations', level({ limitResponse: { type: 'Queue' } }), 'queuing: Required value'],
  [
    'prioritylevelconfigurations',
    level({ limitResponse: { type: 'Queue', queuing: { queues: 1024, handSize: 10 } } }),
    'required entropy bits of deckSize 1024 and handSize 10 should not be greater than 60',
  ],
  [
    'prioritylevelconfigurations',
    level({ limitResponse: { type: 'Reject' }, lendablePercent: 101 }),
    'must be between 0 and 100, inclusive',
  ],
])('refuses %s of %j', async (plural, body, message) => {
  const answer = await api.ask('POST', `${GROUP}/${plural}`, { body });
  expect([answer.code, answer.body['message']]).toEqual([422, expect.stringContaining(message)]);
});

it('shows them as kubectl does', async () => {
  await api.ask('POST', `${GROUP}/flowschemas`, { body: flow() });
  await api.ask('POST', `${GROUP}/prioritylevelconfigurations`, { body: level() });
  const cells = async (plural: string) => {
    const headers = { accept: 'application/json;as=Table;v=v1;g=meta.k8s.io' };
    const { rows } = (await api.ask('GET', `${GROUP}/${plural}`, { headers })).body as { rows: { cells: unknown[] }[] };
    return rows[0]?.cells;
  };
  expect(await cells('flowschemas')).toEqual(['f', 'level', 1000, '<none>', '0s', '?']);
  expect(await cells('prioritylevelconfigurations')).toEqual([
    'level',
    'Limited',
    30,
    '<none>',
    '<none>',
    '<none>',
    '0s',
  ]);
});
