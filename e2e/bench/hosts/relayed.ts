import path from 'node:path';
import { manifestList, podManifest, shell } from '../../harness/manifests';
import { CHECKOUT } from '../../harness/programs';
import { HostCluster } from '../../hosts/host-cluster';
import { PodPlace } from '../../hosts/pod-place';
import { untilReached } from '../../hosts/until-reached';
import { median } from '../report';
import type { PartResult } from './part';

const API_TRIPS = path.join(CHECKOUT, 'e2e', 'clients', 'api-trips.mjs');
const SECONDS = 5;
const RATE = '100';

interface Trips {
  readonly count: number;
  readonly median: number;
  readonly p99: number;
}

/** What the API server takes for a GET while it relays as much as two pods can send each other through it, beside an idle one. */
export async function relayed(rounds: number): Promise<PartResult> {
  const cluster = await HostCluster.start({ workers: [{}, {}], serverArgs: ['--pod-network', 'relay'] });
  try {
    const pods = ['one', 'two'].map((name, at) =>
      podManifest(name, { nodeName: cluster.worker(at + 1).name, containers: [shell('exec sleep 100000')] }),
    );
    await cluster.ok(['apply', '-f', '-'], manifestList(...pods));
    await cluster.ok(['wait', '--for=condition=Ready', 'pod', '--all', '--timeout=120s']);
    const [one, two] = [await PodPlace.of(cluster, 'one'), await PodPlace.of(cluster, 'two')];
    await untilReached(one, two, 'relay');
    two.start('iperf3', '--server');
    const ask = async (): Promise<Trips> => {
      const url = '/api/v1/namespaces/default/pods/one';
      const outcome = await cluster.onServer(process.execPath, [API_TRIPS, url, RATE, String(SECONDS)]);
      if (outcome.status !== 0) throw new Error(`no answer from the API server: ${outcome.stderr}`);
      return JSON.parse(outcome.stdout) as Trips;
    };
    const idle: Trips[] = [];
    const busy: Trips[] = [];
    const mbits: number[] = [];
    for (let round = 0; round < rounds; round++) {
      idle.push(await ask());
      const flow = one.run('iperf3', '--client', two.ip, '--time', String(SECONDS + 3), '--json');
      // The flow has its pace by then.
      await new Promise((resolve) => setTimeout(resolve, 1_500));
      busy.push(await ask());
      const { end } = JSON.parse((await flow).stdout) as {
        readonly end: { readonly sum_received: { readonly bits_per_second: number } };
      };
      mbits.push(end.sum_received.bits_per_second / 1e6);
    }
    const row = (name: string, trips: readonly Trips[]): readonly string[] => [
      name,
      `median ${median(trips.map((each) => each.median))} ms`,
      `p99 ${median(trips.map((each) => each.p99))} ms`,
      '',
    ];
    return {
      rows: [
        row('GET of a pod', idle),
        row(`GET of a pod while the server relays ${median(mbits).toFixed(0)} Mbit/s`, busy),
      ],
      figures: { idle, busy, mbits },
    };
  } finally {
    await cluster.stop();
  }
}
