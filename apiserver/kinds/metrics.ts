import type { Quantity } from '../../shared/quantity';
import { addQuantities, formatQuantity, parseQuantity } from '../../shared/quantity';
import { column, nameColumn } from './columns';
import { defineKind } from './define-kind';

const GROUP = 'metrics.k8s.io';
const VERSION = 'v1beta1';

const amountOf = (usage: unknown, resource: string): Quantity =>
  parseQuantity((usage as Readonly<Record<string, string>> | undefined)?.[resource] ?? '0');
const usageText = (usage: unknown, resource: string): string => formatQuantity(amountOf(usage, resource));
const sumText = (containers: unknown, resource: string): string =>
  formatQuantity(
    ((containers ?? []) as readonly { readonly usage: unknown }[])
      .map(({ usage }) => amountOf(usage, resource))
      .reduce(addQuantities, parseQuantity('0')),
  );

const windowColumn = column('Window', ({ window }) => String(window ?? ''), { format: 'duration' });

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
    column('cpu', ({ usage }) => usageText(usage, 'cpu'), { format: 'quantity' }),
    column('memory', ({ usage }) => usageText(usage, 'memory'), { format: 'quantity' }),
    windowColumn,
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
  columns: [
    nameColumn,
    column('cpu', ({ containers }) => sumText(containers, 'cpu'), { format: 'quantity' }),
    column('memory', ({ containers }) => sumText(containers, 'memory'), { format: 'quantity' }),
    windowColumn,
  ],
});
