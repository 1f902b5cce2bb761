import { compactText, goList, simpleRules } from './rule-text';

it('tells of rules by what they are about, with all verbs of each', () => {
  const rules = [
    { apiGroups: [''], resources: ['pods', 'secrets'], verbs: ['get', 'list'] },
    { apiGroups: [''], resources: ['pods'], verbs: ['list', 'delete'] },
    { apiGroups: ['apps'], resources: ['deployments'], resourceNames: ['a', 'b'], verbs: ['get'] },
    { nonResourceURLs: ['/metrics'], verbs: ['get'] },
  ];
  expect(compactText(rules.flatMap(simpleRules))).toEqual([
    '{APIGroups:[""], Resources:["pods"], Verbs:["get" "list" "delete"]}',
    '{APIGroups:[""], Resources:["secrets"], Verbs:["get" "list"]}',
    '{APIGroups:["apps"], Resources:["deployments"], ResourceNames:["a"], Verbs:["get"]}',
    '{APIGroups:["apps"], Resources:["deployments"], ResourceNames:["b"], Verbs:["get"]}',
    '{NonResourceURLs:["/metrics"], Verbs:["get"]}',
  ]);
  expect(goList([])).toBe('[]');
});
