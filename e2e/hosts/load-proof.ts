import path from 'node:path';
import { manifestList, podManifest, shell } from '../harness/manifests';
import type { Running } from '../harness/programs';
import { CHECKOUT } from '../harness/programs';
import type { HostCluster } from './host-cluster';
import { PodPlace } from './pod-place';
import { watchStalledRequests } from './stalled-requests';

const LOAD = path.join(CHECKOUT, 'e2e', 'clients', 'load.mjs');
const app = { app: 'loaded' };
/** The shell ends at once when told, and all else in the container with it; httpd as the first process would not hear it. */
const SERVE = 'mkdir -p /tmp/www; hostname > /tmp/www/index.html; trap exit TERM; httpd -f -p 8080 -h /tmp/www & wait';

export interface LoadPlan {
  readonly rollouts: number;
  /** Nodes that are drained, one after the other: the last workers. The clients' pod is on the first. */
  readonly drains: number;
  /** Answers to wait for; 0: as many as come meanwhile. */
  readonly answers: number;
}

/** What one client counts. */
interface Counted {
  readonly answered: number;
  readonly failed: number;
  /** What went wrong with the first that failed. */
  readonly first: readonly string[];
  readonly seconds: number;
}

export interface LoadOutcome extends Counted {
  /** What was seen of requests that had no answer for seconds, whatever became of them. */
  readonly stalled: readonly string[];
}

/**
 * Asks a Service without pause, from a pod and from a machine outside, each time on a new connection, while all of its pods
 * are replaced again and again and nodes are emptied. Its pods have no preStop hook and end at once when they are told.
 */
export async function loadOverChanges(cluster: HostCluster, plan: LoadPlan): Promise<LoadOutcome> {
  const home = cluster.worker(1);
  await cluster.ok(['apply', '-f', '-'], manifests(home.name));
  await cluster.ok(['rollout', 'status', 'deployment/loaded', '--timeout=180s']);
  await cluster.ok(['wait', '--for=condition=Ready', 'pod/loader', '--timeout=120s']);
  const field = (jsonpath: string): Promise<string> =>
    cluster.ok(['get', 'service', 'loaded', '-o', `jsonpath={${jsonpath}}`]);
  const [clusterIp, nodePort] = [await field('.spec.clusterIP'), await field('.spec.ports[0].nodePort')];
  const pod = await PodPlace.of(cluster, 'loader');
  const share = String(Math.ceil(plan.answers / 2));
  const nodePorts = cluster.workers.slice(0, 2).map(({ address }) => `http://${address}:${nodePort}/`);
  const clients: readonly Running[] = [
    pod.start(process.execPath, LOAD, '4', share, `http://${clusterIp}/`),
    cluster.serverHost.start(process.execPath, [LOAD, '4', share, ...nodePorts]),
  ];
  await Promise.all(clients.map((client) => client.until(/asking/)));
  const stalled = watchStalledRequests(cluster, clients);

  for (let round = 0; round < plan.rollouts; round++) {
    await cluster.ok(['rollout', 'restart', 'deployment/loaded']);
    await cluster.ok(['rollout', 'status', 'deployment/loaded', '--timeout=180s']);
  }
  for (const { name } of plan.drains === 0 ? [] : cluster.workers.slice(-plan.drains)) {
    const drained = await cluster.kubectl([
      'drain',
      name,
      '--ignore-daemonsets',
      '--force',
      '--timeout=55s',
      '--pod-selector=app=loaded',
    ]);
    if (drained.status !== 0) throw new Error(`drain ${name}: ${drained.stdout}${drained.stderr}`);
    await cluster.ok(['rollout', 'status', 'deployment/loaded', '--timeout=180s']);
    await cluster.ok(['uncordon', name]);
  }
  if (plan.answers === 0) for (const client of clients) client.write('enough\n');
  const outcomes = await Promise.all(
    clients.map(async (client) => {
      await client.exit;
      const line = client
        .output()
        .split('\n')
        .find((each) => each.startsWith('{'));
      if (line === undefined) throw new Error(`the load ended early:\n${client.output()}`);
      return JSON.parse(line) as Counted;
    }),
  );
  const counted = outcomes.reduce((sum, each) => ({
    answered: sum.answered + each.answered,
    failed: sum.failed + each.failed,
    first: [...sum.first, ...each.first],
    seconds: Math.max(sum.seconds, each.seconds),
  }));
  return { ...counted, stalled: await stalled() };
}

const manifests = (home: string): string =>
  manifestList(
    JSON.stringify({
      apiVersion: 'apps/v1',
      kind: 'Deployment',
      metadata: { name: 'loaded' },
      spec: {
        replicas: 4,
        selector: { matchLabels: app },
        template: {
          metadata: { labels: app },
          spec: {
            topologySpreadConstraints: [
              {
                maxSkew: 1,
                topologyKey: 'kubernetes.io/hostname',
                whenUnsatisfiable: 'ScheduleAnyway',
                labelSelector: { matchLabels: app },
              },
            ],
            containers: [shell(SERVE, { readinessProbe: { httpGet: { path: '/', port: 8080 }, periodSeconds: 1 } })],
          },
        },
      },
    }),
    JSON.stringify({
      apiVersion: 'policy/v1',
      kind: 'PodDisruptionBudget',
      metadata: { name: 'loaded' },
      spec: { minAvailable: 2, selector: { matchLabels: app } },
    }),
    JSON.stringify({
      apiVersion: 'v1',
      kind: 'Service',
      metadata: { name: 'loaded' },
      spec: { type: 'NodePort', selector: app, ports: [{ port: 80, targetPort: 8080 }] },
    }),
    podManifest('loader', { nodeName: home, containers: [shell('exec sleep 100000')] }),
  );
