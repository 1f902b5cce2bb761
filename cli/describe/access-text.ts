import type { StoredObject } from '../api-object';
import { underlined } from './head-text';
import { annotationLines, labelLines } from './maps';

interface Rule {
  readonly verbs: readonly string[];
  readonly apiGroups?: readonly string[];
  readonly resources?: readonly string[];
  readonly resourceNames?: readonly string[];
  readonly nonResourceURLs?: readonly string[];
}

const head = ({ metadata }: StoredObject): string =>
  `Name:\t${metadata.name}\n${labelLines('Labels', metadata.labels)}${annotationLines('Annotations', metadata.annotations)}`;

/** Rules of one type stand together, as kubectl joins and sorts them: by group, subresources before their type. */
export function roleText(role: StoredObject): string {
  const shown = (words: readonly string[] = []): string => `[${words.join(' ')}]`;
  const byKey = new Map<
    string,
    { readonly order: string; readonly cells: readonly string[]; readonly verbs: Set<string> }
  >();
  for (const { apiGroups = [''], resources = [], resourceNames, nonResourceURLs = [], verbs } of (role.rules ??
    []) as readonly Rule[]) {
    const types = apiGroups.flatMap((group): readonly (readonly [string, string])[] =>
      resources.map((resource) => {
        const [plural = '', ...below] = resource.split('/');
        const name = [group === '' ? plural : `${plural}.${group}`, ...below].join('/');
        return [`${group} ${resource}]`, name];
      }),
    );
    const rows = [
      ...types.map(([order, type]) => ({ order, cells: [type, '[]', shown(resourceNames)] })),
      ...nonResourceURLs.map((url) => ({ order: `~${url}`, cells: ['', shown([url]), '[]'] })),
    ];
    for (const { order, cells } of rows) {
      const entry = byKey.get(cells.join(' ')) ?? { order, cells, verbs: new Set<string>() };
      for (const verb of verbs) entry.verbs.add(verb);
      byKey.set(cells.join(' '), entry);
    }
  }
  const rows = [...byKey.values()]
    .sort((a, b) => (a.order < b.order ? -1 : 1))
    .map(({ cells, verbs }) => [...cells, shown([...verbs])]);
  return `${head(role)}PolicyRule:\n${underlined(['Resources', 'Non-Resource URLs', 'Resource Names', 'Verbs'], rows)}`;
}

export function bindingText(binding: StoredObject): string {
  const { kind = '', name = '' } = (binding.roleRef ?? {}) as { readonly kind?: string; readonly name?: string };
  const subjects = (binding.subjects ?? []) as readonly {
    readonly kind: string;
    readonly name: string;
    readonly namespace?: string;
  }[];
  const rows = subjects.map((each) => [each.kind, each.name, each.namespace ?? '']);
  return `${head(binding)}Role:\n  Kind:\t${kind}\n  Name:\t${name}\nSubjects:\n${underlined(['Kind', 'Name', 'Namespace'], rows)}`;
}
