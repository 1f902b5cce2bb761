import type { ServerResponse } from 'node:http';
import type { Pod } from '../../shared/api/objects';
import type { Clock } from '../../shared/clock';
import { toTimestamp } from '../../shared/clock';
import { StatusError, notFound } from '../../shared/status-error';
import type { PodUsage } from '../../shared/wire/node-channel';
import { splitUrl } from '../http/request-path';
import { JSON_TYPE, sendBytes, sendJson } from '../http/respond';
import type { PodUsages } from '../metrics-api/metrics-api';
import type { NodeConnector } from '../node-channel/node-connector';
import type { NodePods } from '../node-channel/node-pods';
import type { Client } from '../registry/client';
import { nodeImagePage } from './node-image-pages';

const NANOCORES_PER_MILLI = 1_000_000;

/**
 * What clients read of a kubelet's own pages. Agents listen nowhere, so the server answers from what they told it:
 * `healthz`, `pods` and `stats/summary` (k8s.io/kubelet/pkg/apis/stats/v1alpha1). What they have is asked of them: `images`.
 */
export class NodePages {
  constructor(
    private readonly deps: {
      readonly client: Pick<Client, 'view'>;
      readonly connector: NodeConnector;
      readonly nodePods: NodePods;
      readonly podUsages: PodUsages;
      readonly clock: Clock;
    },
  ) {}

  async send(
    { target, rest, method }: { readonly target: string; readonly rest: string; readonly method: string },
    response: ServerResponse,
  ): Promise<void> {
    const name = target.split(':')[0] ?? '';
    if (this.deps.client.view('Node').get({ name }) === undefined) {
      throw notFound({ group: '', resource: 'nodes' }, name);
    }
    const page = splitUrl(rest).pathname.replaceAll(/^\/+|\/+$/g, '');
    const images = await nodeImagePage(this.deps.connector, { nodeName: name, method, page });
    if (images !== undefined) return sendJson(response, 200, images);
    switch (page) {
      case 'healthz':
        return this.sendHealth(name, response);
      case 'pods':
        return sendJson(response, 200, {
          kind: 'PodList',
          apiVersion: 'v1',
          metadata: {},
          items: this.deps.nodePods.on(name),
        });
      case 'stats/summary':
        return sendJson(response, 200, await this.summary(name));
      default:
        throw new StatusError('NotFound', 'of a node, healthz, pods, stats/summary and images are served');
    }
  }

  private sendHealth(name: string, response: ServerResponse): void {
    const state = this.nodeState(name)?.state ?? 'lost';
    const isWell = state === 'connected';
    sendBytes(response, isWell ? 200 : 503, Buffer.from(isWell ? 'ok' : state), [], isWell ? 'text/plain' : JSON_TYPE);
  }

  private nodeState(name: string) {
    return this.deps.connector.nodes().find((node) => node.name === name);
  }

  private async summary(name: string): Promise<object> {
    const pods = this.deps.nodePods.on(name);
    const usages = await this.deps.podUsages(pods);
    const { usage, connectedAtMs } = this.nodeState(name) ?? {};
    const time = toTimestamp(this.deps.clock.now());
    return {
      node: {
        nodeName: name,
        ...(connectedAtMs === undefined ? {} : { startTime: toTimestamp(connectedAtMs) }),
        ...(usage === undefined
          ? {}
          : {
              cpu: { time, usageNanoCores: Math.round(usage.cpuMilli * NANOCORES_PER_MILLI) },
              memory: {
                time,
                availableBytes: usage.memoryAvailableBytes,
                usageBytes: usage.memoryUsedBytes,
                workingSetBytes: usage.memoryUsedBytes,
              },
              fs: {
                time,
                capacityBytes: usage.diskTotalBytes,
                usedBytes: usage.diskUsedBytes,
                availableBytes: usage.diskTotalBytes - usage.diskUsedBytes,
              },
            }),
      },
      pods: pods.flatMap((pod) => podStats(pod, usages.get(pod.metadata.uid), time)),
    };
  }
}

function podStats({ metadata, status }: Pod, usage: PodUsage | undefined, time: string): readonly object[] {
  if (usage === undefined) return [];
  const { name, namespace, uid } = metadata;
  return [
    {
      podRef: { name, namespace, uid },
      ...(status?.startTime === undefined ? {} : { startTime: status.startTime }),
      containers: usage.containers.map((container) => ({
        name: container.name,
        cpu: { time, usageNanoCores: Math.round(container.cpuMilli * NANOCORES_PER_MILLI) },
        memory: { time, workingSetBytes: container.memoryBytes, usageBytes: container.memoryBytes },
      })),
    },
  ];
}
