import { stringify } from 'yaml';
import type { Container, ContainerState, ContainerStatus, Node, Pod } from '../../shared/api/objects';
import type { ObjectList, StoredObject } from '../api-object';
import type { Resource } from '../client/resources';
import { pathOf } from '../client/resources';
import { ageOf, eventsAbout, lastSeen } from '../events';
import { layoutColumns } from '../output/columns';
import { parseTargets } from '../targets';
import type { Command, Context, Flags } from './command';
import { selecting, text, words } from './command';

export const describe: Command = {
  name: 'describe',
  usage: 'describe <types..>',
  describe: 'tell all about objects, with their events',
  build: selecting,
  run,
};

async function run(context: Context, flags: Flags): Promise<number | void> {
  const parts: string[] = [];
  for (const { resource, names } of parseTargets(await context.resources(), words(flags, 'types'))) {
    const namespace = resource.namespaced ? context.namespace : undefined;
    for (const object of await read(context, resource, namespace, names, text(flags, 'selector')))
      parts.push(await describeOne(context, object));
  }
  context.out(parts.join('\n\n'));
}

async function read(
  context: Context,
  resource: Resource,
  namespace: string | undefined,
  names: readonly string[],
  labelSelector: string | undefined,
): Promise<readonly StoredObject[]> {
  if (names.length > 0)
    return Promise.all(
      names.map(
        async (name) => (await context.client().json<StoredObject>({ path: pathOf(resource, namespace, name) })).value,
      ),
    );
  const { value } = await context
    .client()
    .json<ObjectList>({ path: pathOf(resource, namespace), query: { labelSelector } });
  return value.items.map((item) => ({ ...item, kind: resource.kind }));
}

type Lines = readonly (readonly [label: string, value: string | readonly string[]])[];

/** `Label:   value`, the values of one label one below the other. */
function block(lines: Lines, indent = ''): string {
  const width = Math.max(...lines.map(([label]) => label.length)) + 3;
  return lines
    .map(([label, value]) => {
      const values = typeof value === 'string' ? [value] : value.length === 0 ? ['<none>'] : value;
      return values
        .map((each, index) => `${indent}${(index === 0 ? `${label}:` : '').padEnd(width)}${each}`.trimEnd())
        .join('\n');
    })
    .join('\n');
}

const pairs = (map: Readonly<Record<string, string>> | undefined): readonly string[] =>
  Object.entries(map ?? {}).map(([key, value]) => `${key}=${value.length > 120 ? `${value.slice(0, 117)}...` : value}`);

async function describeOne(context: Context, object: StoredObject): Promise<string> {
  const events = await eventsText(context, object);
  if (object.kind === 'Pod') return `${podText(object as unknown as Pod)}\n${events}`;
  if (object.kind === 'Node') return `${await nodeText(context, object as unknown as Node)}\n${events}`;
  return `${genericText(object)}\n${events}`;
}

function genericText({ metadata, apiVersion, kind, ...rest }: StoredObject): string {
  const head = block([
    ['Name', metadata.name],
    ...(metadata.namespace === undefined ? [] : [['Namespace', metadata.namespace] as const]),
    ['Labels', pairs(metadata.labels)],
    ['Annotations', pairs(metadata.annotations)],
    ['API Version', apiVersion],
    ['Kind', kind],
    ['Age', ageOf(metadata.creationTimestamp)],
  ]);
  // A Secret's values are told by their size only.
  const shown = kind === 'Secret' ? { ...rest, data: sizesOf(rest.data) } : rest;
  return Object.keys(shown).length === 0 ? head : `${head}\n${stringify(shown, { lineWidth: 0 }).trimEnd()}`;
}

const sizesOf = (data: unknown): Record<string, string> =>
  Object.fromEntries(
    Object.entries((data ?? {}) as Record<string, string>).map(([key, value]) => [
      key,
      `${Buffer.from(value, 'base64').length} bytes`,
    ]),
  );

function podText(pod: Pod): string {
  const { metadata, spec, status = {} } = pod;
  const conditions = (status.conditions ?? []).map(({ type, status: value, reason, message }) => [
    `  ${type}`,
    value,
    reason ?? '',
    message ?? '',
  ]);
  const sections = [
    block([
      ['Name', metadata.name],
      ['Namespace', metadata.namespace],
      ['Priority', String(spec.priority ?? 0)],
      ['Service Account', spec.serviceAccountName ?? 'default'],
      [
        'Node',
        spec.nodeName === undefined
          ? '<none>'
          : `${spec.nodeName}${status.hostIP === undefined ? '' : `/${status.hostIP}`}`,
      ],
      ['Start Time', status.startTime ?? '<none>'],
      ['Labels', pairs(metadata.labels)],
      ['Annotations', pairs(metadata.annotations)],
      [
        'Status',
        metadata.deletionTimestamp === undefined
          ? (status.phase ?? 'Unknown')
          : `Terminating (lasts ${ageOf(metadata.deletionTimestamp)})`,
      ],
      ...(status.reason === undefined ? [] : [['Reason', status.reason] as const]),
      ...(status.message === undefined ? [] : [['Message', status.message] as const]),
      ['IP', status.podIP ?? '<none>'],
    ]),
    ...(spec.initContainers === undefined
      ? []
      : [`Init Containers:\n${containersText(spec.initContainers, status.initContainerStatuses)}`]),
    `Containers:\n${containersText(spec.containers, status.containerStatuses)}`,
    `Conditions:\n${layoutColumns([['  Type', 'Status', 'Reason', 'Message'], ...conditions]).trimEnd()}`,
    `Volumes:\n${(spec.volumes ?? []).map(({ name, ...source }) => `  ${name}:\n${stringify(source, { lineWidth: 0 }).trimEnd().replace(/^/gm, '    ')}`).join('\n') || '  <none>'}`,
    block([
      ['QoS Class', status.qosClass ?? '<none>'],
      ['Node-Selectors', pairs(spec.nodeSelector)],
      [
        'Tolerations',
        (spec.tolerations ?? []).map(
          ({ key, operator, value, effect, tolerationSeconds }) =>
            `${key ?? ''}${value === undefined ? '' : `=${value}`}${effect === undefined ? '' : `:${effect}`}${operator === 'Exists' ? ' op=Exists' : ''}${tolerationSeconds === undefined ? '' : ` for ${tolerationSeconds}s`}`,
        ),
      ],
    ]),
  ];
  return sections.join('\n');
}

function containersText(containers: readonly Container[], statuses: readonly ContainerStatus[] = []): string {
  return containers
    .map((container) => {
      const status = statuses.find(({ name }) => name === container.name);
      const lines: Lines = [
        ['Container ID', status?.containerID ?? '<none>'],
        ['Image', container.image ?? '<none>'],
        ['Image ID', status?.imageID ?? '<none>'],
        [
          'Ports',
          (container.ports ?? []).map(
            ({ containerPort, protocol, hostPort }) =>
              `${containerPort}/${protocol ?? 'TCP'}${hostPort === undefined ? '' : ` (host ${hostPort})`}`,
          ),
        ],
        ...(container.command === undefined ? [] : [['Command', container.command] as const]),
        ...(container.args === undefined ? [] : [['Args', container.args] as const]),
        ['State', stateText(status?.state)],
        ...(status?.lastState === undefined || Object.keys(status.lastState).length === 0
          ? []
          : [['Last State', stateText(status.lastState)] as const]),
        ['Ready', status?.ready === true ? 'True' : 'False'],
        ['Restart Count', String(status?.restartCount ?? 0)],
        ['Limits', pairs(container.resources?.limits)],
        ['Requests', pairs(container.resources?.requests)],
        [
          'Environment',
          (container.env ?? []).map(
            ({ name, value, valueFrom }) =>
              `${name}: ${valueFrom === undefined ? (value ?? '') : `<set from ${Object.keys(valueFrom).join()}>`}`,
          ),
        ],
        [
          'Mounts',
          (container.volumeMounts ?? []).map(
            ({ mountPath, name, readOnly }) => `${mountPath} from ${name} (${readOnly === true ? 'ro' : 'rw'})`,
          ),
        ],
      ];
      return `  ${container.name}:\n${block(lines, '    ')}`;
    })
    .join('\n');
}

function stateText(state: ContainerState | undefined): readonly string[] {
  if (state?.running !== undefined) return ['Running', `  Started: ${state.running.startedAt ?? ''}`];
  if (state?.waiting !== undefined)
    return [
      'Waiting',
      `  Reason: ${state.waiting.reason ?? ''}`,
      ...(state.waiting.message === undefined ? [] : [`  Message: ${state.waiting.message}`]),
    ];
  const ended = state?.terminated;
  if (ended === undefined) return ['Waiting'];
  return [
    'Terminated',
    `  Reason: ${ended.reason ?? ''}`,
    `  Exit Code: ${ended.exitCode}`,
    ...(ended.message === undefined ? [] : [`  Message: ${ended.message}`]),
    `  Started: ${ended.startedAt ?? ''}`,
    `  Finished: ${ended.finishedAt ?? ''}`,
  ];
}

async function nodeText(context: Context, node: Node): Promise<string> {
  const { metadata, spec = {}, status = {} } = node;
  const { value } = await context
    .client()
    .json<ObjectList>({ path: '/api/v1/pods', query: { fieldSelector: `spec.nodeName=${metadata.name}` } });
  const conditions = (status.conditions ?? []).map(({ type, status: state, reason, message }) => [
    `  ${type}`,
    state,
    reason ?? '',
    message ?? '',
  ]);
  const pods = (value.items as unknown as Pod[]).map((pod) => [
    `  ${pod.metadata.namespace}`,
    pod.metadata.name,
    pod.status?.phase ?? '',
    ageOf(pod.metadata.creationTimestamp),
  ]);
  return [
    block([
      ['Name', metadata.name],
      ['Labels', pairs(metadata.labels)],
      ['Annotations', pairs(metadata.annotations)],
      [
        'Taints',
        (spec.taints ?? []).map(({ key, value: of, effect }) => `${key}${of === undefined ? '' : `=${of}`}:${effect}`),
      ],
      ['Unschedulable', String(spec.unschedulable ?? false)],
      ['Addresses', (status.addresses ?? []).map(({ type, address }) => `${type} ${address}`)],
      ['Capacity', pairs(status.capacity)],
      ['Allocatable', pairs(status.allocatable)],
      ['System', Object.entries(status.nodeInfo ?? {}).map(([key, of]) => `${key}: ${String(of)}`)],
    ]),
    `Conditions:\n${layoutColumns([['  Type', 'Status', 'Reason', 'Message'], ...conditions]).trimEnd()}`,
    `Pods:\n${layoutColumns([['  Namespace', 'Name', 'Phase', 'Age'], ...pods]).trimEnd()}`,
  ].join('\n');
}

async function eventsText(context: Context, object: StoredObject): Promise<string> {
  const events = await eventsAbout(context, object);
  if (events.length === 0) return 'Events: <none>\n';
  const rows = events.map((event) => {
    const times = (event.count ?? 1) > 1 ? ` (x${event.count} over ${ageOf(event.firstTimestamp)})` : '';
    return [
      `  ${event.type ?? ''}`,
      event.reason ?? '',
      `${ageOf(lastSeen(event))}${times}`,
      event.source?.component ?? event.reportingComponent ?? '',
      (event.message ?? '').trim(),
    ];
  });
  return `Events:\n${layoutColumns([['  Type', 'Reason', 'Age', 'From', 'Message'], ...rows])}`;
}
