/**
 * A Deployment of many replicas on simulated nodes: how long until all pods are bound, reported Running, and gone again
 * when it is scaled to nothing. The server, its store, the scheduler and the node channels are real; containers take no time.
 *   node dist/e2e/bench/controllers.js [--replicas 5000] [--nodes 500] [--rounds 3] [--json FILE]
 */
import { Api, credentialsOf } from '../harness/api';
import { usageOf } from './process-usage';
import { countFlag, median, publish, showProgress } from './report';
import { startSimulatedCluster } from './simulated-cluster';
import { runProgram } from './run-program';

const DEPLOYMENTS = '/apis/apps/v1/namespaces/default/deployments';
const PODS = '/api/v1/namespaces/default/pods';

interface BenchPod {
  readonly metadata: { readonly name: string };
  readonly spec?: { readonly nodeName?: string };
  readonly status?: { readonly phase?: string };
}

/** What a watch of the pods has seen. */
class PodCounts {
  readonly bound = new Set<string>();
  readonly running = new Set<string>();
  private readonly waiting = new Set<() => void>();

  see(type: string, pod: BenchPod): void {
    const { name } = pod.metadata;
    const isThere = type !== 'DELETED';
    mark(this.bound, name, isThere && pod.spec?.nodeName !== undefined);
    mark(this.running, name, isThere && pod.status?.phase === 'Running');
    for (const check of this.waiting) check();
  }

  /** Milliseconds from `sinceMs` (of performance.now) until it is so, as the watch tells it. */
  until(isSo: (counts: PodCounts) => boolean, sinceMs: number): Promise<number> {
    return new Promise((resolve) => {
      const check = (): void => {
        if (!isSo(this)) return;
        this.waiting.delete(check);
        resolve(performance.now() - sinceMs);
      };
      this.waiting.add(check);
      check();
    });
  }
}

const mark = (set: Set<string>, name: string, isIn: boolean): void => void (isIn ? set.add(name) : set.delete(name));

const deployment = (name: string, replicas: number): object => ({
  metadata: { name },
  spec: {
    replicas,
    selector: { matchLabels: { app: name } },
    template: {
      metadata: { labels: { app: name } },
      spec: {
        containers: [{ name: 'app', image: 'app:v1', resources: { requests: { cpu: '100m', memory: '64Mi' } } }],
      },
    },
  },
});

async function main(argv: readonly string[]): Promise<void> {
  const replicas = countFlag(argv, '--replicas', 5_000);
  const nodes = countFlag(argv, '--nodes', 500);
  const rounds = countFlag(argv, '--rounds', 3);
  const { cluster, joinMs, stop } = await startSimulatedCluster(nodes);
  const api = new Api(cluster.port, credentialsOf(cluster.kubeconfig));
  try {
    const counts = new PodCounts();
    const unwatch = await api.watch(PODS, (type, object) => counts.see(type, object));
    const bound: number[] = [];
    const running: number[] = [];
    const reported: number[] = [];
    const gone: number[] = [];
    const cpu: number[] = [];
    for (let round = 0; round < rounds; round++) {
      const name = `many-${round}`;
      const before = usageOf(cluster.serverPid).cpuSeconds;
      const sinceMs = performance.now();
      await must(api.request('POST', DEPLOYMENTS, deployment(name, replicas)));
      const isBound = counts.until((seen) => seen.bound.size === replicas, sinceMs).then((ms) => bound.push(ms));
      running.push(await counts.until((seen) => seen.running.size === replicas, sinceMs));
      await isBound;
      await untilReported(api, name, replicas);
      reported.push(performance.now() - sinceMs);
      cpu.push(usageOf(cluster.serverPid).cpuSeconds - before);
      const endMs = performance.now();
      await must(api.request('DELETE', `${DEPLOYMENTS}/${name}`));
      gone.push(await counts.until((seen) => seen.bound.size === 0, endMs));
      showProgress(`round ${round + 1} of ${rounds}`);
    }
    showProgress('');
    unwatch();
    const { rssMiB } = usageOf(cluster.serverPid);
    const row = (what: string, samples: readonly number[]): string[] => {
      const ms = median(samples);
      return [what, (ms / 1_000).toFixed(1), ((replicas / ms) * 1_000).toFixed(0)];
    };
    publish(
      {
        name: 'controllers',
        head: [`${replicas} replicas on ${nodes} nodes, until`, 'median s', 'pods/s'],
        rows: [
          row('all are bound', bound),
          row('all are Running', running),
          row('the Deployment says that all are ready', reported),
          row('all are gone after its deletion', gone),
        ],
        notes: [
          `${rounds} rounds; the server took ${median(cpu).toFixed(1)} s of CPU for each Deployment and holds ${rssMiB.toFixed(0)} MiB`,
          `${nodes} nodes joined and registered in ${(joinMs / 1_000).toFixed(1)} s; they and this client run on the same cores`,
        ],
        figures: { replicas, nodes, rounds, joinMs, bound, running, reported, gone, serverCpuSeconds: cpu, rssMiB },
      },
      argv,
    );
  } finally {
    api.close();
    await stop();
  }
}

async function must(answer: Promise<{ readonly code: number; readonly body: string }>): Promise<void> {
  const { code, body } = await answer;
  if (code >= 300) throw new Error(`the server answers ${code}: ${body}`);
}

async function untilReported(api: Api, name: string, replicas: number): Promise<void> {
  for (;;) {
    const { body } = await api.request('GET', `${DEPLOYMENTS}/${name}`);
    const { status } = JSON.parse(body) as { readonly status?: { readonly readyReplicas?: number } };
    if (status?.readyReplicas === replicas) return;
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

runProgram(main);
