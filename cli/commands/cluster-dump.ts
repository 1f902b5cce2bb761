import type { Pod } from '../../shared/api/objects';
import type { ApiObject } from '../api-object';
import { UsageError } from '../client/resources';
import { createDumpWriter } from '../dump/dump-file';
import { format, parseOutput } from '../output/format';
import type { Command, Context, Flags } from './command';
import { isSet, list, text } from './command';
import { printing } from './flag-groups';

/** What is told of each namespace, by the file it goes to: the same as kubectl's. */
const PARTS: Readonly<Record<string, string>> = {
  events: '/api/v1/namespaces/NS/events',
  'replication-controllers': '/api/v1/namespaces/NS/replicationcontrollers',
  services: '/api/v1/namespaces/NS/services',
  daemonsets: '/apis/apps/v1/namespaces/NS/daemonsets',
  deployments: '/apis/apps/v1/namespaces/NS/deployments',
  replicasets: '/apis/apps/v1/namespaces/NS/replicasets',
  pods: '/api/v1/namespaces/NS/pods',
};

interface List {
  readonly items: readonly ApiObject[];
}

export const clusterDump: Command = {
  name: 'dump',
  usage: 'dump',
  describe: 'all that helps to find out what is wrong: nodes, and per namespace events, workloads and logs',
  build: (yargs) =>
    printing(yargs)
      .option('output-directory', { type: 'string', describe: 'into files below this folder' })
      .option('namespaces', { type: 'string', array: true, describe: 'of these namespaces' })
      .option('all-namespaces', { alias: 'A', type: 'boolean', describe: 'of all namespaces' })
      .option('pod-running-timeout', { type: 'string', default: '20s', hidden: true }),
  run: dump,
};

async function dump(context: Context, flags: Flags): Promise<void> {
  const output = text(flags, 'output') ?? 'json';
  const { kind } = parseOutput(output, text(flags, 'template'), 'changes');
  const folder = text(flags, 'output-directory');
  if (kind === 'name') throw new UsageError('-o name tells too little for a dump: say -o json or -o yaml');
  const write = createDumpWriter(context, folder);
  const end = kind === 'json' || kind === 'yaml' ? kind : 'txt';
  const tell = async (name: string, path: string): Promise<List> => {
    const { value } = await context.client().json<List>({ path });
    const shown = format(output, value, value.items, {
      nameOf: (object) => object.metadata?.name ?? '',
      template: text(flags, 'template'),
      showManagedFields: isSet(flags, 'show-managed-fields'),
      cwd: context.environment.cwd,
    });
    await write(`${name}.${end}`, shown);
    return value;
  };
  await tell('nodes', '/api/v1/nodes');
  for (const namespace of await namespacesOf(context, flags)) {
    let pods: readonly ApiObject[] = [];
    for (const [part, path] of Object.entries(PARTS)) {
      const { items } = await tell(`${namespace}/${part}`, path.replace('NS', encodeURIComponent(namespace)));
      if (part === 'pods') pods = items;
    }
    for (const pod of pods)
      await write(`${namespace}/${pod.metadata?.name ?? ''}/logs.txt`, await logsOf(context, pod as Pod));
  }
  if (folder !== undefined && folder !== '-') context.out(`Cluster info dumped to ${folder}\n`);
}

async function namespacesOf(context: Context, flags: Flags): Promise<readonly string[]> {
  if (isSet(flags, 'all-namespaces')) {
    const { value } = await context.client().json<List>({ path: '/api/v1/namespaces' });
    return value.items.map(({ metadata }) => metadata?.name ?? '');
  }
  const named = list(flags, 'namespaces');
  return named.length > 0 ? named : [...new Set(['kube-system', context.namespace])];
}

/** Of every container, each within its own marks. One that cannot be read is told as such: the rest still helps. */
async function logsOf(context: Context, { metadata, spec }: Pod): Promise<string> {
  const namespace = metadata.namespace ?? '';
  const containers = [...(spec.initContainers ?? []), ...spec.containers];
  const parts: string[] = [];
  for (const { name } of containers) {
    const of = `logs for container ${name} of pod ${namespace}/${metadata.name}`;
    const path = `/api/v1/namespaces/${encodeURIComponent(namespace)}/pods/${encodeURIComponent(metadata.name)}/log`;
    const log = await context
      .client()
      .text({ path, query: { container: name } })
      .then(({ text: lines }) => lines)
      .catch((error: unknown) => `${error instanceof Error ? error.message : String(error)}\n`);
    parts.push(`==== START ${of} ====\n${log}==== END ${of} ====\n`);
  }
  return parts.join('');
}
