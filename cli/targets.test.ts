import type { Resource, Resources } from './client/resources';
import { UsageError } from './client/resources';
import { parseMapping } from './commands/port-forward';
import { parseTargets } from './targets';

const resource = (plural: string): Resource => ({
  group: '',
  version: 'v1',
  plural,
  singular: plural.slice(0, -1),
  kind: plural,
  namespaced: true,
  shortNames: [],
  categories: [],
  verbs: [],
});
const all = ['pods', 'nodes', 'services'].map(resource);
const resources = {
  ofCategory: (name: string) => (name === 'all' ? all.slice(0, 1) : []),
  find(name: string) {
    const found = all.find(({ plural, singular }) => plural === name || singular === name);
    if (found === undefined) throw new UsageError(`no type ${name}`);
    return found;
  },
} as unknown as Resources;

const shown = (given: readonly string[]): unknown =>
  parseTargets(resources, given).map((target) => [target.resource.plural, target.names]);

it.each([
  [['pods'], [['pods', []]]],
  [
    ['pods,nodes'],
    [
      ['pods', []],
      ['nodes', []],
    ],
  ],
  [['pod', 'web', 'api'], [['pods', ['web', 'api']]]],
  [
    ['pod/web', 'node/n1'],
    [
      ['pods', ['web']],
      ['nodes', ['n1']],
    ],
  ],
  [['pod/web', 'pod/api'], [['pods', ['web', 'api']]]],
  [['all'], [['pods', []]]],
])('%j names %j', (given, targets) => {
  expect(shown(given)).toEqual(targets);
});

it.each([
  [[], 'name a resource type'],
  [['pod/web', 'api'], 'there is no need to specify a resource type as a separate argument'],
  [['pod/'], 'must have a single resource and name: "pod/"'],
  [['pod/a/b'], 'may not have more than one slash'],
  [['widgets'], 'no type widgets'],
])('%j is refused', (given, message) => {
  expect(() => shown(given)).toThrow(message);
});

it.each([
  ['8080:80', { local: 8080, remote: 80 }],
  ['80', { local: undefined, remote: 80 }],
  ['http', { local: undefined, remote: 'http' }],
  ['8080:http', { local: 8080, remote: 'http' }],
  [':80', { local: 0, remote: 80 }],
])('%s forwards %j', (given, mapping) => {
  expect(parseMapping(given)).toEqual(mapping);
});
it.each(['', 'X', '1:2:3', '80:0', '70000', '-1', 'a:80', '8080:h_p'])('%j is no port', (given) => {
  expect(() => parseMapping(given)).toThrow('is no port');
});
