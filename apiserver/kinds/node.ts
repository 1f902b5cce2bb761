import type { ApiObject, Node, StoredObject, Taint } from '../../shared/api/objects';
import { isLabelValue, isQualifiedName } from '../../shared/names';
import type { StatusCause } from '../../shared/status-error';
import { ageColumn, column, nameColumn } from './columns';
import type { Kind } from './kind';
import { cidr } from './validation/addresses';
import { checkName, duplicate, each, forbiddenField, notSupported, required } from './validation/field-errors';
import { ALL_VERBS, STATUS, proxyOf } from './verbs';

const ROLE_PREFIX = 'node-role.kubernetes.io/';
const EFFECTS = ['NoSchedule', 'PreferNoSchedule', 'NoExecute'];
const asNode = (object: ApiObject | StoredObject): Node => object as unknown as Node;

export const node: Kind = {
  group: '',
  version: 'v1',
  kind: 'Node',
  plural: 'nodes',
  singular: 'node',
  namespaced: false,
  shortNames: ['no'],
  categories: [],
  verbs: ALL_VERBS,
  subresources: [STATUS, proxyOf('NodeProxyOptions')],
  schema: 'io.k8s.api.core.v1.Node',
  columns: [
    nameColumn,
    column('Status', (object) => statusText(asNode(object)), { description: 'The status of the node' }),
    column('Roles', (object) => rolesText(asNode(object)), { description: 'The roles of the node' }),
    ageColumn,
    column('Version', (object) => asNode(object).status?.nodeInfo?.kubeletVersion ?? '', {
      description: 'Kubelet Version reported by the node.',
    }),
    column('Internal-IP', (object) => addressOf(asNode(object), 'InternalIP'), {
      wide: true,
      description: 'Address in the cluster',
    }),
    column('External-IP', (object) => addressOf(asNode(object), 'ExternalIP'), {
      wide: true,
      description: 'Address outside',
    }),
    column('OS-Image', (object) => known(asNode(object).status?.nodeInfo?.osImage), {
      wide: true,
      description: 'OS Image reported by the node',
    }),
    column('Kernel-Version', (object) => known(asNode(object).status?.nodeInfo?.kernelVersion), {
      wide: true,
      description: 'Kernel Version reported by the node',
    }),
    column('Container-Runtime', (object) => known(asNode(object).status?.nodeInfo?.containerRuntimeVersion), {
      wide: true,
      description: 'ContainerRuntime Version reported by the node',
    }),
  ],
  fieldSelectors: ['spec.unschedulable'],
  nameRule: 'dns1123-subdomain',
  hasStatus: true,
  hasGeneration: false,
  keepsStatusOnCreate: true,
  setDefaults(object) {
    object['spec'] ??= {};
    const { status } = asNode(object);
    if (status?.capacity !== undefined) status.allocatable ??= { ...status.capacity };
  },
  validate: (object) => [
    ...taintProblems(asNode(object).spec?.taints),
    ...each('spec.podCIDRs', asNode(object).spec?.podCIDRs, (range, path) => cidr(path, range)),
  ],
  validateUpdate(object, old) {
    const before = asNode(old).spec?.providerID ?? '';
    return before !== '' && asNode(object).spec?.providerID !== before
      ? [forbiddenField('spec.providerID', 'node updates may not change providerID except from "" to valid')]
      : [];
  },
};

function taintProblems(taints: readonly Taint[] | undefined): readonly StatusCause[] {
  const seen = new Set<string>();
  return each('spec.taints', taints, ({ key, value, effect }, path) => {
    const id = `${key}:${effect}`;
    const isAgain = seen.has(id);
    seen.add(id);
    return [
      ...checkName(`${path}.key`, key ?? '', isQualifiedName),
      ...checkName(`${path}.value`, value, isLabelValue),
      ...(effect === undefined ? [required(`${path}.effect`)] : []),
      ...(effect !== undefined && !EFFECTS.includes(effect) ? [notSupported(`${path}.effect`, effect, EFFECTS)] : []),
      ...(isAgain ? [duplicate(path, { key, effect })] : []),
    ];
  });
}

function statusText({ spec, status }: Node): string {
  const ready = status?.conditions?.find(({ type }) => type === 'Ready');
  const text = ready === undefined ? 'Unknown' : ready.status === 'True' ? 'Ready' : 'NotReady';
  return spec?.unschedulable === true ? `${text},SchedulingDisabled` : text;
}

function rolesText({ metadata }: Node): string {
  const roles = Object.entries(metadata.labels ?? {}).flatMap(([key, value]) => {
    if (key.startsWith(ROLE_PREFIX)) return key.length > ROLE_PREFIX.length ? [key.slice(ROLE_PREFIX.length)] : [];
    return key === 'kubernetes.io/role' && value !== '' ? [value] : [];
  });
  return roles.length === 0 ? '<none>' : [...new Set(roles)].sort().join(',');
}

const addressOf = ({ status }: Node, wanted: string): string =>
  status?.addresses?.find(({ type }) => type === wanted)?.address ?? '<none>';

const known = (text: string | undefined): string => (text === undefined || text === '' ? '<unknown>' : text);
