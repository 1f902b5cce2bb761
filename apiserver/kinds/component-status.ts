import { column, nameColumn } from './columns';
import { defineKind } from './define-kind';

interface Condition {
  readonly type: string;
  readonly status: string;
  readonly message?: string;
}
const healthOf = ({ conditions }: Readonly<Record<string, unknown>>): Condition | undefined =>
  (conditions as readonly Condition[] | undefined)?.find(({ type }) => type === 'Healthy');

const healthText = (status: string | undefined): string =>
  status === undefined ? 'Unknown' : status === 'True' ? 'Healthy' : 'Unhealthy';

/** How the parts of this server are. Made when asked for, never stored. */
export const componentStatus = defineKind({
  group: '',
  version: 'v1',
  kind: 'ComponentStatus',
  plural: 'componentstatuses',
  namespaced: false,
  shortNames: ['cs'],
  verbs: ['get', 'list'],
  schema: 'io.k8s.api.core.v1.ComponentStatus',
  deprecation: 'v1 ComponentStatus is deprecated in v1.19+',
  columns: [
    nameColumn,
    column('Status', (object) => healthText(healthOf(object)?.status), {
      description: 'Whether it does its work',
    }),
    column('Message', (object) => healthOf(object)?.message ?? '', { description: 'What it says' }),
    column('Error', (object) => (healthOf(object) as { readonly error?: string } | undefined)?.error ?? '', {
      description: 'What is wrong',
    }),
  ],
});
