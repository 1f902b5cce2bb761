import { manifestList, shell } from '../../harness/manifests';
import { IMAGE } from '../../harness/cluster';
import type { Host } from '../../hosts/host';
import { HostCluster } from '../../hosts/host-cluster';
import { HostNetwork } from '../../hosts/host-network';
import { median } from '../report';
import type { PartResult } from './part';

const PORT = 8080;
const LIMIT_MS = 180_000;
const SERVE = `mkdir -p /tmp/www; hostname > /tmp/www/index.html; exec httpd -f -p ${PORT} -h /tmp/www`;

/** One server that something keeps alive on one of several hosts. */
interface Orchestrated {
  readonly name: string;
  /** Where it may run. */
  readonly workers: readonly Host[];
  /** One that never goes. */
  readonly client: Host;
  /** All is as before the first cut. */
  settle(): Promise<void>;
  stop(): Promise<void>;
}

/** The workers' own port, where the server runs: what neither needs a proxy for. */
const answers = async (client: Host, host: Host): Promise<boolean> =>
  (await client.run('curl', ['-sf', '-m', '0.5', `http://${host.address}:${PORT}/`])).status === 0;

async function whereItRuns({ client, workers }: Orchestrated): Promise<Host> {
  const deadline = performance.now() + LIMIT_MS;
  for (;;) {
    for (const host of workers) if (await answers(client, host)) return host;
    if (performance.now() > deadline) throw new Error('it answers nowhere');
  }
}

/** From the cut until another host answers, in ms. */
async function cutOnce(subject: Orchestrated): Promise<number> {
  await subject.settle();
  const lost = await whereItRuns(subject);
  const others = subject.workers.filter((host) => host !== lost);
  const startedMs = performance.now();
  await lost.cut();
  const deadline = startedMs + LIMIT_MS;
  try {
    for (;;) {
      const found = await Promise.all(others.map((host) => answers(subject.client, host)));
      if (found.includes(true)) return performance.now() - startedMs;
      if (performance.now() > deadline) throw new Error(`${subject.name}: nothing answers elsewhere`);
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
  } finally {
    await lost.heal();
  }
}

async function ofPinsetter(): Promise<Orchestrated> {
  const cluster = await HostCluster.start({ workers: [{}, {}] });
  const labels = { app: 'web' };
  await cluster.ok(
    ['apply', '-f', '-'],
    manifestList(
      JSON.stringify({
        apiVersion: 'apps/v1',
        kind: 'Deployment',
        metadata: { name: 'web', namespace: 'kube-system' },
        spec: {
          replicas: 1,
          selector: { matchLabels: labels },
          template: {
            metadata: { labels },
            spec: { containers: [shell(SERVE, { ports: [{ containerPort: PORT, hostPort: PORT }] })] },
          },
        },
      }),
    ),
  );
  return {
    name: 'Pinsetter',
    workers: cluster.workers,
    client: cluster.serverHost,
    settle: async () => {
      await cluster.untilReady(...cluster.workers);
      await cluster.until(
        ['get', 'nodes', '-o', 'jsonpath={.items[*].spec.taints}'],
        ({ stdout }) => !stdout.includes('unreachable') && !stdout.includes('not-ready'),
      );
      await cluster.until(
        ['get', 'pods', '-n', 'kube-system', '-l', 'app=web', '-o', 'jsonpath={.items[*].status.phase}'],
        ({ stdout }) => stdout === 'Running',
      );
    },
    stop: () => cluster.stop(),
  };
}

async function ofSwarm(): Promise<Orchestrated> {
  const plan = { engineArgs: [] };
  const network = await HostNetwork.start([plan, plan, plan]);
  const [manager, ...workers] = network.hosts;
  if (manager === undefined) throw new Error('there is no manager');
  await manager.docker('swarm', 'init', '--advertise-addr', manager.address);
  const token = (await manager.docker('swarm', 'join-token', '--quiet', 'worker')).trim();
  for (const worker of workers) await worker.docker('swarm', 'join', '--token', token, `${manager.address}:2377`);
  await manager.docker(
    ...['service', 'create', '--detach', '--quiet', '--name', 'web', '--replicas', '1', '--no-resolve-image'],
    ...['--constraint', 'node.role==worker', '--publish', `mode=host,published=${PORT},target=${PORT}`],
    ...[IMAGE, 'sh', '-c', SERVE],
  );
  return {
    name: 'Swarm',
    workers,
    client: manager,
    settle: async () => {
      const deadline = performance.now() + LIMIT_MS;
      for (;;) {
        const nodes = await manager.docker('node', 'ls', '--format', '{{.Status}}');
        const tasks = await manager.docker('service', 'ls', '--format', '{{.Replicas}}');
        if (!nodes.includes('Down') && tasks.trim() === '1/1') return;
        if (performance.now() > deadline) throw new Error(`the swarm does not heal: ${nodes} ${tasks}`);
        await new Promise((resolve) => setTimeout(resolve, 500));
      }
    },
    stop: () => network.remove(),
  };
}

const SUBJECTS = [ofPinsetter, ofSwarm] as const;

/** A node is cut off: how long until its only pod answers elsewhere, beside Docker Swarm on hosts of the same kind. */
export async function failover(rounds: number): Promise<PartResult> {
  const subjects: Orchestrated[] = [];
  const times = new Map<string, number[]>();
  try {
    for (const make of SUBJECTS) subjects.push(await make());
    for (let round = 0; round < rounds; round++)
      for (const subject of subjects)
        times.set(subject.name, [...(times.get(subject.name) ?? []), await cutOnce(subject)]);
  } finally {
    for (const subject of subjects) await subject.stop();
  }
  const [ownMs, swarmMs] = ['Pinsetter', 'Swarm'].map((name) => median(times.get(name) ?? [])) as [number, number];
  const ratio = ownMs / swarmMs;
  return {
    rows: [
      [
        'node cut -> its only pod answers elsewhere',
        `${(ownMs / 1_000).toFixed(1)} s`,
        `Swarm ${(swarmMs / 1_000).toFixed(1)} s`,
        `${ratio.toFixed(2)}x`,
      ],
    ],
    figures: { failoverMs: Object.fromEntries(times), ratio },
  };
}
