import path from 'node:path';
import { manifestList, podManifest, shell } from '../../harness/manifests';
import type { Outcome, Running } from '../../harness/programs';
import { CHECKOUT } from '../../harness/programs';
import { HostCluster } from '../../hosts/host-cluster';
import { PodPlace } from '../../hosts/pod-place';
import { untilReached } from '../../hosts/until-reached';
import { median } from '../report';
import type { PartResult } from './part';

const ROUND_TRIPS = path.join(CHECKOUT, 'e2e', 'clients', 'round-trips.mjs');
const WAYS = ['routes', 'vxlan', 'wireguard', 'relay'] as const;
const [IPERF_PORT, TRIP_PORT] = [5_201, 5_301];

/** Where packets begin or end. */
interface End {
  readonly address: string;
  run(program: string, ...args: readonly string[]): Promise<Outcome>;
  start(program: string, ...args: readonly string[]): Running;
}

interface Figures {
  readonly mbits: number[];
  readonly medianMicros: number[];
  readonly p99Micros: number[];
}

/** Throughput and round trips from pod to pod by each way, beside the same from host to host, in turn. */
export async function ways(rounds: number): Promise<PartResult> {
  const cluster = await HostCluster.start({ workers: [{}, {}] });
  try {
    const service = {
      apiVersion: 'v1',
      kind: 'Service',
      metadata: { name: 'two' },
      spec: {
        selector: { name: 'two' },
        ports: [IPERF_PORT, TRIP_PORT].map((port) => ({ name: `p${port}`, port })),
      },
    };
    const pods = ['one', 'two'].map((name, at) =>
      podManifest(
        name,
        { nodeName: cluster.worker(at + 1).name, containers: [shell('exec sleep 100000')] },
        { labels: { name } },
      ),
    );
    await cluster.ok(['apply', '-f', '-'], manifestList(...pods, JSON.stringify(service)));
    await cluster.ok(['wait', '--for=condition=Ready', 'pod', '--all', '--timeout=120s']);
    const clusterIp = await cluster.ok(['get', 'service', 'two', '-o', 'jsonpath={.spec.clusterIP}']);
    const [one, two] = [await PodPlace.of(cluster, 'one'), await PodPlace.of(cluster, 'two')];
    const [from, to] = [cluster.worker(1), cluster.worker(2)].map((host): End => ({
      address: host.address,
      run: (program, ...args) => host.run(program, args),
      start: (program, ...args) => host.start(program, args),
    }));
    const podEnd = (place: PodPlace): End => ({
      address: place.ip,
      run: (program, ...args) => place.run(program, ...args),
      start: (program, ...args) => place.start(program, ...args),
    });
    if (from === undefined || to === undefined) throw new Error('two hosts');
    for (const end of [to, podEnd(two)]) {
      end.start('iperf3', '--server', '--port', String(IPERF_PORT));
      await end.start(process.execPath, ROUND_TRIPS, 'serve', String(TRIP_PORT)).until(/serving/);
    }

    const rows: string[][] = [];
    const figures: Record<string, unknown> = {};
    for (const way of WAYS) {
      await cluster.stopServer();
      await cluster.startServer(['--pod-network', way]);
      if (
        !(await untilReached(one, two, way).then(
          () => true,
          () => false,
        ))
      ) {
        rows.push([`pod to pod by ${way}`, 'not on this machine', '', '']);
        continue;
      }
      const [plain, direct, balanced] = [fresh(), fresh(), fresh()];
      for (let round = 0; round < rounds; round++) {
        await measure(plain, from, to.address);
        await measure(direct, podEnd(one), two.ip);
        if (way === 'routes') await measure(balanced, podEnd(one), clusterIp);
      }
      if (way === 'routes') rows.push(row('host to host', plain, plain));
      rows.push(row(`pod to pod by ${way}`, direct, plain));
      if (way === 'routes') rows.push(row('pod to ClusterIP by routes', balanced, direct));
      figures[way] = { plain, direct, ...(way === 'routes' ? { balanced } : {}) };
    }
    return { rows, figures };
  } finally {
    await cluster.stop();
  }
}

const fresh = (): Figures => ({ mbits: [], medianMicros: [], p99Micros: [] });

async function measure(figures: Figures, from: End, address: string): Promise<void> {
  const trips = await from.run(process.execPath, ROUND_TRIPS, 'ask', address, String(TRIP_PORT), '2000');
  if (trips.status !== 0) throw new Error(`no round trips to ${address}: ${trips.stderr}`);
  const { median: middle, p99 } = JSON.parse(trips.stdout) as { median: number; p99: number };
  figures.medianMicros.push(middle);
  figures.p99Micros.push(p99);
  const flow = await from.run('iperf3', '--client', address, '--port', String(IPERF_PORT), '--time', '2', '--json');
  const { end, error } = JSON.parse(flow.stdout) as {
    readonly end?: { readonly sum_received?: { readonly bits_per_second: number } };
    readonly error?: string;
  };
  const bits = end?.sum_received?.bits_per_second;
  if (bits === undefined) throw new Error(`no flow to ${address}: ${error ?? flow.stderr}`);
  figures.mbits.push(bits / 1e6);
}

const row = (name: string, figures: Figures, beside: Figures): string[] => {
  const [mbits, micros] = [median(figures.mbits), median(figures.medianMicros)];
  return [
    name,
    `${mbits.toFixed(0)} Mbit/s (${(mbits / median(beside.mbits)).toFixed(2)}x)`,
    `${micros} us (${(micros / median(beside.medianMicros)).toFixed(2)}x)`,
    `p99 ${median(figures.p99Micros)} us`,
  ];
};
