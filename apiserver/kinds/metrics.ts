import { ageColumn, column, nameColumn } from './columns';
import { defineKind } from './define-kind';

const GROUP = 'metrics.k8s.io';
const VERSION = 'v1beta1';
const usageText = (usage: unknown, resource: string): string =>
  String((usage as Readonly<Record<string, string>> | undefined)?.[resource] ?? '');

/** What a node uses now. Measured when asked for, never stored. */
export const nodeMetrics = defineKind({
  group: GROUP,
  version: VERSION,
  kind: 'NodeMetrics',
  plural: 'nodes',
  singular: '',
  namespaced: false,
  verbs: ['get', 'list'],
  schema: 'io.k8s.metrics.pkg.apis.metrics.v1beta1.NodeMetrics',
  columns: [
    nameColumn,
    column('CPU', ({ usage }) => usageText(usage, 'cpu')),
    column('Memory', ({ usage }) => usageText(usage, 'memory')),
    ageColumn,
  ],
});

/** What the containers of a pod use now. */
export const podMetrics = defineKind({
  group: GROUP,
  version: VERSION,
  kind: 'PodMetrics',
  plural: 'pods',
  singular: '',
  verbs: ['get', 'list'],
  schema: 'io.k8s.metrics.pkg.apis.metrics.v1beta1.PodMetrics',
});
