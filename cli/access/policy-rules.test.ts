import { brokenDown, compacted, uncoveredRules } from './policy-rules';

const ROLE = { apiGroups: ['apps', ''], resources: ['pods', 'pods/log'], verbs: ['list', 'get'] };

it('makes a rule of every single thing, and one again of those that differ in the verb alone', () => {
  const singles = brokenDown({ ...ROLE, resourceNames: ['a'] });
  expect(singles).toHaveLength(8);
  expect(singles[0]).toEqual({ apiGroups: ['apps'], resources: ['pods'], verbs: ['list'], resourceNames: ['a'] });
  expect(compacted(brokenDown(ROLE))).toEqual([
    { apiGroups: [''], resources: ['pods/log'], verbs: ['list', 'get'] },
    { apiGroups: [''], resources: ['pods'], verbs: ['list', 'get'] },
    { apiGroups: ['apps'], resources: ['pods/log'], verbs: ['list', 'get'] },
    { apiGroups: ['apps'], resources: ['pods'], verbs: ['list', 'get'] },
  ]);
});

it('tells what a role would have to gain, paths too', () => {
  const wanted = [ROLE, { nonResourceURLs: ['/metrics', '/logs/a'], verbs: ['get'] }];
  const owned = [
    { apiGroups: ['*'], resources: ['*'], verbs: ['get'] },
    { apiGroups: [''], resources: ['pods'], verbs: ['*'] },
    { nonResourceURLs: ['/logs/*'], verbs: ['get'] },
  ];
  expect(uncoveredRules(wanted, owned)).toEqual([
    { apiGroups: ['apps'], resources: ['pods'], verbs: ['list'] },
    { apiGroups: ['apps'], resources: ['pods/log'], verbs: ['list'] },
    { apiGroups: [''], resources: ['pods/log'], verbs: ['list'] },
    { nonResourceURLs: ['/metrics'], verbs: ['get'] },
  ]);
});
