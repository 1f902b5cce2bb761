import type { Node, ObjectMeta, Pod } from '../../shared/api/objects';
import type { Clock } from '../../shared/clock';
import { toTimestamp } from '../../shared/clock';
import { matchesLabels, parseLabelSelector, SelectorError } from '../../shared/selectors/label-selector';
import { badRequest, notFound } from '../../shared/status-error';
import type { PodUsage } from '../../shared/wire/node-channel';
import { asArray, asNumber, asRecord, asString } from '../../shared/wire/parse-value';
import type { VirtualCall, VirtualHandler } from '../http/virtual-kinds';
import type { NodeConnector } from '../node-channel/node-connector';
import type { Client } from '../registry/client';

/** Over which time an agent averages CPU: its beat. */
const WINDOW = '2s';
/** Of all pods of a node; a longer answer is cut off. */
const MAX_ANSWER_BYTES = 8 * 1024 * 1024;

interface Deps {
  readonly client: Client;
  readonly connector: NodeConnector;
  readonly clock: Clock;
}

/** What pods use now, by their uid; a pod whose node does not answer is not there. */
export type PodUsages = (pods: readonly Pod[]) => Promise<ReadonlyMap<string, PodUsage>>;

export const readPodUsages =
  (connector: NodeConnector): PodUsages =>
  (pods) =>
    usagesOf(connector, pods);

interface Usage {
  readonly cpu: string;
  readonly memory: string;
}

const usageOf = (cpuMilli: number, memoryBytes: number): Usage => ({
  cpu: `${Math.round(cpuMilli)}m`,
  memory: `${Math.ceil(memoryBytes / 1024)}Ki`,
});

/** metrics.k8s.io/v1beta1 nodes: from each connected node's last beat. */
export function serveNodeMetrics({ client, connector, clock }: Deps): VirtualHandler {
  const metricsOf = ({ metadata }: Node): object | undefined => {
    const usage = connector.nodes().find(({ name }) => name === metadata.name)?.usage;
    if (usage === undefined) return undefined;
    return {
      kind: 'NodeMetrics',
      apiVersion: 'metrics.k8s.io/v1beta1',
      metadata: shownMeta(metadata),
      timestamp: toTimestamp(clock.now()),
      window: WINDOW,
      usage: usageOf(usage.cpuMilli, usage.memoryUsedBytes),
    };
  };
  const nodes = client.view('Node');
  return (call) => {
    if (call.name !== undefined) {
      const node = nodes.get({ name: call.name });
      const metrics = node === undefined ? undefined : metricsOf(node);
      if (metrics === undefined) throw notFound({ group: 'metrics.k8s.io', resource: 'nodes' }, call.name);
      return metrics;
    }
    const items = selected(nodes.list(), call).map(metricsOf);
    return listOf('NodeMetricsList', items);
  };
}

/** metrics.k8s.io/v1beta1 pods: asked of the nodes that run them, all at once; a node that does not answer is left out. */
export function servePodMetrics({ client, connector, clock }: Deps): VirtualHandler {
  const metricsOf = (pod: Pod, usages: ReadonlyMap<string, PodUsage>): object | undefined => {
    const usage = usages.get(pod.metadata.uid);
    if (usage === undefined) return undefined;
    return {
      kind: 'PodMetrics',
      apiVersion: 'metrics.k8s.io/v1beta1',
      metadata: shownMeta(pod.metadata),
      timestamp: toTimestamp(clock.now()),
      window: WINDOW,
      containers: usage.containers.map(({ name, cpuMilli, memoryBytes }) => ({
        name,
        usage: usageOf(cpuMilli, memoryBytes),
      })),
    };
  };
  return async (call) => {
    const { namespace, name } = call;
    const pods = client.view('Pod');
    if (name !== undefined) {
      const pod = pods.get({ namespace, name });
      const metrics = pod === undefined ? undefined : metricsOf(pod, await usagesOf(connector, [pod]));
      if (metrics === undefined) throw notFound({ group: 'metrics.k8s.io', resource: 'pods' }, name);
      return metrics;
    }
    const wanted = selected(pods.list(namespace === undefined ? {} : { namespace }), call);
    const usages = await usagesOf(connector, wanted);
    return listOf(
      'PodMetricsList',
      wanted.map((pod) => metricsOf(pod, usages)),
    );
  };
}

const shownMeta = ({ name, namespace, labels, creationTimestamp }: ObjectMeta): object => ({
  name,
  ...(namespace === undefined ? {} : { namespace }),
  creationTimestamp,
  ...(labels === undefined ? {} : { labels }),
});

const listOf = (kind: string, items: readonly (object | undefined)[]): object => ({
  kind,
  apiVersion: 'metrics.k8s.io/v1beta1',
  metadata: {},
  items: items.filter((item) => item !== undefined),
});

function selected<T extends { metadata: ObjectMeta }>(objects: readonly T[], { query }: VirtualCall): readonly T[] {
  try {
    const selector = parseLabelSelector(query.get('labelSelector') ?? '');
    return objects.filter(({ metadata }) => matchesLabels(selector, metadata.labels));
  } catch (error) {
    if (error instanceof SelectorError) throw badRequest(error.message);
    throw error;
  }
}

async function usagesOf(connector: NodeConnector, pods: readonly Pod[]): Promise<ReadonlyMap<string, PodUsage>> {
  const names = new Set(pods.map(({ spec }) => spec.nodeName ?? '').filter((name) => name !== ''));
  const answers = await Promise.all([...names].map((name) => askNode(connector, name)));
  return new Map(answers.flat().map((usage) => [usage.uid, usage]));
}

async function askNode(connector: NodeConnector, nodeName: string): Promise<readonly PodUsage[]> {
  try {
    const stream = await connector.openStream(nodeName, { type: 'podUsage' });
    stream.stderr.resume();
    const chunks: Buffer[] = [];
    let size = 0;
    for await (const chunk of stream.stdout as AsyncIterable<Buffer>) {
      size += chunk.length;
      if (size > MAX_ANSWER_BYTES) stream.close();
      else chunks.push(chunk);
    }
    return parseUsages(JSON.parse(Buffer.concat(chunks).toString('utf8')));
  } catch {
    // Gone, or older than the question: its pods have no figures now.
    return [];
  }
}

const parseUsages = (answer: unknown): readonly PodUsage[] =>
  asArray(answer, 'answer', (item, path) => {
    const usage = asRecord(item, path);
    return {
      uid: asString(usage['uid'], `${path}.uid`),
      namespace: asString(usage['namespace'], `${path}.namespace`),
      name: asString(usage['name'], `${path}.name`),
      containers: asArray(usage['containers'], `${path}.containers`, (each, at) => {
        const container = asRecord(each, at);
        return {
          name: asString(container['name'], `${at}.name`),
          cpuMilli: asNumber(container['cpuMilli'], `${at}.cpuMilli`),
          memoryBytes: asNumber(container['memoryBytes'], `${at}.memoryBytes`),
        };
      }),
    };
  });
