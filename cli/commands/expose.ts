import type { Service } from '../../shared/api/objects';
import type { ApiObject, StoredObject } from '../api-object';
import { KNOWN } from '../client/known-types';
import { UsageError } from '../client/resources';
import { forEach, namedObjects, readNamed } from '../found';
import { mergePatched } from '../merge-patch';
import { ChangeReport } from '../output/change-report';
import { podTemplateOf } from '../pod-template';
import { parsePairs } from '../pairs';
import { createObject } from '../write-object';
import type { Command, Context, Flags } from './command';
import { isSet, list, text, words } from './command';
import { reading, validating, writing } from './flag-groups';

const EXPOSED = ['Pod', 'Service', 'ReplicationController', 'Deployment', 'ReplicaSet'];

export const expose: Command = {
  name: 'expose',
  usage: 'expose [types..]',
  describe: 'make a service that reaches the pods of an object',
  build: (yargs) =>
    reading(validating(writing(yargs, 'kubectl-expose')))
      .option('port', { type: 'string', describe: 'the port of the service' })
      .option('target-port', { type: 'string', describe: 'the port of the pods, or its name' })
      .option('protocol', { type: 'string', describe: 'TCP, UDP or SCTP' })
      .option('name', { type: 'string', describe: 'of the service' })
      .option('type', { type: 'string', describe: 'ClusterIP, NodePort, LoadBalancer or ExternalName' })
      .option('selector', { type: 'string', describe: 'other labels of the pods: KEY=VALUE,…' })
      .option('labels', { alias: 'l', type: 'string', describe: 'labels of the service: KEY=VALUE,…' })
      .option('cluster-ip', { type: 'string', describe: 'its address, or None' })
      .option('external-ip', { type: 'string', describe: 'another address' })
      .option('load-balancer-ip', { type: 'string', describe: 'the address of its load balancer' })
      .option('session-affinity', { type: 'string', describe: 'None or ClientIP' })
      .option('overrides', { type: 'string', describe: 'JSON to merge into the service' }),
  run,
};

async function run(context: Context, flags: Flags): Promise<number | void> {
  const report = new ChangeReport(context, flags);
  const named = await namedObjects(context, { ...flags, selector: undefined }, words(flags, 'types'));
  if (named.length === 0) throw new UsageError('no objects passed to expose');
  return forEach(context, named, async (each) => {
    const object = await readNamed(context, each);
    if (!EXPOSED.includes(object.kind))
      throw new UsageError(
        `cannot expose a ${each.resource.kind}${each.resource.group === '' ? '' : `.${each.resource.group}`}`,
      );
    const overrides = text(flags, 'overrides');
    const made = serviceOf(flags, object, context.isNamespaceGiven ? context.namespace : undefined);
    await createObject(context, flags, {
      resource: KNOWN.service,
      object: overrides === undefined ? made : (mergePatched(made, parseOverrides(overrides)) as ApiObject),
      namespace: each.namespace,
      report,
      remember: isSet(flags, 'save-config'),
      verb: 'exposed',
    });
  });
}

export function parseOverrides(given: string): unknown {
  try {
    return JSON.parse(given) as unknown;
  } catch (error) {
    throw new UsageError(`--overrides must be JSON: ${error instanceof Error ? error.message : ''}`);
  }
}

function serviceOf(flags: Flags, object: StoredObject, namespace: string | undefined): ApiObject {
  const labels = text(flags, 'labels');
  const [type, clusterIP, externalIP] = [text(flags, 'type'), text(flags, 'cluster-ip'), text(flags, 'external-ip')];
  const [affinity, loadBalancerIP] = [text(flags, 'session-affinity'), text(flags, 'load-balancer-ip')];
  return {
    apiVersion: 'v1',
    kind: 'Service',
    metadata: {
      name: (text(flags, 'name') ?? object.metadata.name).slice(0, 63),
      ...(namespace === undefined ? {} : { namespace }),
      ...withLabels(labels === undefined ? object.metadata.labels : parsePairs(labels, 'labels')),
    },
    spec: {
      ports: portsOf(flags, object),
      selector: selectorOf(flags, object),
      ...(type === undefined ? {} : { type }),
      ...(clusterIP === undefined ? {} : { clusterIP }),
      ...(externalIP === undefined ? {} : { externalIPs: [externalIP] }),
      ...(affinity === undefined ? {} : { sessionAffinity: affinity }),
      ...(loadBalancerIP === undefined ? {} : { loadBalancerIP }),
    },
    status: { loadBalancer: {} },
  };
}

const withLabels = (labels: Readonly<Record<string, string>> | undefined): object =>
  labels === undefined || Object.keys(labels).length === 0 ? {} : { labels };

function selectorOf(flags: Flags, object: StoredObject): Readonly<Record<string, string>> {
  const given = text(flags, 'selector');
  if (given !== undefined) return parsePairs(given, 'selector');
  const spec = (object.spec ?? {}) as { readonly selector?: unknown };
  if (object.kind === 'Pod') {
    const labels = object.metadata.labels ?? {};
    if (Object.keys(labels).length === 0) throw new UsageError('the pod has no labels and cannot be exposed');
    return labels;
  }
  const { matchLabels, matchExpressions } = (spec.selector ?? {}) as Readonly<Record<string, unknown>>;
  if (Array.isArray(matchExpressions) && matchExpressions.length > 0)
    throw new UsageError(
      `couldn't convert expressions - "${JSON.stringify(matchExpressions)}" to map-based selector format`,
    );
  const labels = (matchLabels ?? spec.selector) as Readonly<Record<string, string>> | undefined;
  if (labels === undefined || Object.keys(labels).length === 0)
    throw new UsageError(
      `couldn't retrieve selectors via --selector flag or introspection: invalid ${object.kind}: no selectors, therefore cannot be exposed`,
    );
  return labels;
}

interface Port {
  readonly port: number;
  readonly protocol: string;
}

function portsOf(flags: Flags, object: StoredObject): readonly object[] {
  const given = list(flags, 'port').map(Number);
  const wrong = given.find((port) => !Number.isInteger(port) || port < 1 || port > 65_535);
  if (wrong !== undefined) throw new UsageError(`--port ${text(flags, 'port') ?? ''}: must be ports from 1 to 65535`);
  const own = ownPorts(object);
  const protocol = text(flags, 'protocol')?.toUpperCase();
  const ports: readonly Port[] =
    given.length > 0
      ? given.map((port) => ({ port, protocol: own.find((each) => each.port === port)?.protocol ?? 'TCP' }))
      : own;
  if (ports.length === 0)
    throw new UsageError(
      "couldn't find port via --port flag or introspection\nSee 'kubectl-lite expose -h' for help and examples",
    );
  const target = text(flags, 'target-port');
  return ports.map((each, index) => ({
    ...(ports.length > 1 ? { name: `port-${index + 1}` } : {}),
    port: each.port,
    protocol: protocol ?? each.protocol,
    targetPort: target === undefined ? each.port : /^\d+$/.test(target) ? Number(target) : target,
  }));
}

function ownPorts(object: StoredObject): readonly Port[] {
  if (object.kind === 'Service')
    return ((object as unknown as Service).spec?.ports ?? []).map(({ port, protocol = 'TCP' }) => ({ port, protocol }));
  return (podTemplateOf(object)?.spec?.containers ?? []).flatMap(({ ports = [] }) =>
    ports.map(({ containerPort, protocol = 'TCP' }) => ({ port: containerPort, protocol })),
  );
}
