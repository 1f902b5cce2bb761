import { toTimestamp } from '../../shared/clock';
import { notFound } from '../../shared/status-error';
import type { KindList } from '../kinds/kind-list';
import type { VirtualHandler, VirtualHandlers } from './virtual-kinds';

interface Made {
  readonly metadata: { readonly name: string };
}

/** Kinds whose objects tell of the server itself: its APIs and its parts. */
export function serverObjects(deps: {
  readonly kinds: KindList;
  readonly startedMs: number;
  /** What is wrong with the store; undefined: nothing. */
  readonly storeProblem: () => Promise<string | undefined>;
}): VirtualHandlers {
  const creationTimestamp = toTimestamp(deps.startedMs);
  return {
    'apiservices.apiregistration.k8s.io': serve('apiregistration.k8s.io', 'apiservices', 'APIService', () =>
      apiServices(deps.kinds, creationTimestamp),
    ),
    'componentstatuses.': serve('', 'componentstatuses', 'ComponentStatus', async () => [
      component('controller-manager', undefined),
      component('scheduler', undefined),
      component('store', await deps.storeProblem()),
    ]),
  };
}

const serve =
  (
    group: string,
    resource: string,
    kind: string,
    all: () => Promise<readonly Made[]> | readonly Made[],
  ): VirtualHandler =>
  async ({ name }) => {
    const items = await all();
    if (name === undefined) return { kind: `${kind}List`, metadata: {}, items };
    const found = items.find(({ metadata }) => metadata.name === name);
    if (found === undefined) throw notFound({ group, resource }, name);
    return found;
  };

function apiServices(kinds: KindList, creationTimestamp: string): readonly Made[] {
  const versions = new Map(kinds.all.map(({ group, version }) => [`${version}.${group}`, { group, version }]));
  return [...versions]
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([name, { group, version }]) => ({
      kind: 'APIService',
      apiVersion: 'apiregistration.k8s.io/v1',
      metadata: { name, creationTimestamp, labels: { 'kube-aggregator.kubernetes.io/automanaged': 'onstart' } },
      spec: { ...(group === '' ? {} : { group }), version, groupPriorityMinimum: 17_000, versionPriority: 15 },
      status: {
        conditions: [
          {
            type: 'Available',
            status: 'True',
            lastTransitionTime: creationTimestamp,
            reason: 'Local',
            message: 'Local APIServices are always available',
          },
        ],
      },
    }));
}

const component = (name: string, problem: string | undefined): Made & Readonly<Record<string, unknown>> => ({
  kind: 'ComponentStatus',
  apiVersion: 'v1',
  metadata: { name },
  conditions: [
    problem === undefined
      ? { type: 'Healthy', status: 'True', message: 'ok' }
      : { type: 'Healthy', status: 'False', error: problem },
  ],
});
