import type { ApiObject, Node, StoredObject, Taint } from '../../shared/api/objects';
import { isLabelValue, isQualifiedName } from '../../shared/names';
import type { StatusCause } from '../../shared/status-error';
import { ageColumn, column, nameColumn } from './columns';
import type { Kind } from './kind';
import { cidr } from './validation/addresses';
import { checkName, duplicate, each, forbiddenField, invalidValue, oneOf, when } from './validation/field-errors';
import { amountProblems } from './validation/resource-names';
import { isSameJson } from '../../shared/same-json';
import { TAINT_EFFECTS } from './pod/validate-placement';
import { ALL_VERBS, STATUS, proxyOf } from './verbs';

const ROLE_PREFIX = 'node-role.kubernetes.io/';
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
    ...resourcesProblems(asNode(object)),
    ...cidrProblems(asNode(object)),
  ],
  validateUpdate(object, old) {
    const [spec, before] = [asNode(object).spec ?? {}, asNode(old).spec ?? {}];
    const addresses = asNode(object).status?.addresses ?? [];
    const onlyOnce = (what: string): string => `node updates may not change ${what} except from "" to valid`;
    return [
      ...each('status.addresses', addresses, (address, path, index) =>
        when(addresses.findIndex((other) => isSameJson(other, address)) < index, duplicate(path, address)),
      ),
      ...when(
        (before.podCIDRs ?? []).length > 0 && !isSameJson(spec.podCIDRs, before.podCIDRs),
        forbiddenField('spec.podCIDRs', onlyOnce('podCIDR')),
      ),
      ...when(
        (before.providerID ?? '') !== '' && spec.providerID !== before.providerID,
        forbiddenField('spec.providerID', onlyOnce('providerID')),
      ),
    ];
  },
};

/** Under `metadata`, as Kubernetes names them. */
function taintProblems(taints: readonly Taint[] | undefined): readonly StatusCause[] {
  const seen = new Set<string>();
  return each('metadata.taints', taints, (taint, path) => {
    const { key = '', value = '', effect = '' } = taint;
    const id = `${effect}:${key}`;
    const isAgain = seen.has(id);
    const problems = isLabelValue(value);
    seen.add(id);
    return [
      ...checkName(`${path}.key`, key, isQualifiedName),
      ...when(problems.length > 0, invalidValue(`${path}.value`, value, problems.join(';'))),
      ...oneOf(`${path}.effect`, effect, TAINT_EFFECTS),
      ...when(isAgain, duplicate(path, taint, 'taints must be unique by key and effect pair')),
    ];
  });
}

/** What a node has is an amount; of what is counted there are no halves. */
const resourcesProblems = ({ status }: Node): readonly StatusCause[] =>
  (['capacity', 'allocatable'] as const).flatMap((field) =>
    Object.entries(status?.[field] ?? {}).flatMap(([name, text]) =>
      amountProblems(`status.${field}.${name}`, name, text),
    ),
  );

function cidrProblems({ spec }: Node): readonly StatusCause[] {
  const field = 'spec.podCIDRs';
  const ranges = spec?.podCIDRs ?? [];
  const families = new Set(ranges.map((range) => range.includes(':')));
  return [
    ...each(field, ranges, (range, path) => cidr(path, range)),
    ...when(
      ranges.length > families.size,
      invalidValue(field, ranges, 'may specify no more than one CIDR for each IP family'),
    ),
    ...each(field, ranges, (range, path, index) => when(ranges.indexOf(range) < index, duplicate(path, range))),
  ];
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
