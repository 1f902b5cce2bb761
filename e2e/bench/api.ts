/**
 * The API server's speed over TLS: GET, POST, LIST, watch fan-out, and GET under churn, beside node:https doing the
 * same bytes, alternating.
 *   node dist/e2e/bench/api.js [--rounds 5] [--seconds 3] [--small 5000] [--large 150000] [--watchers 1000] [--json FILE]
 */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { Api, credentialsOf } from '../harness/api';
import { Cluster, freePort } from '../harness/cluster';
import { podManifest } from '../harness/manifests';
import type { Running } from '../harness/programs';
import { dist, start } from '../harness/programs';
import { usageOf } from './process-usage';
import { RawConnection, RawWatch } from './raw-client';
import { countFlag, median, publish, quantile, showProgress } from './report';
import { runProgram } from './run-program';

const PODS = '/api/v1/namespaces/default/pods';
const READERS = 32;
const WRITERS = 64;
const SAMPLE_MS = 20;
const CHURN_PER_SECOND = 200;

const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));
const clockMs = (): number => performance.now();

/** A pod of some 2.8 kB once stored, that no scheduler looks at. */
const manifestOf = (name: string): Buffer =>
  Buffer.from(
    JSON.stringify({
      ...(JSON.parse(
        podManifest(name, {
          schedulerName: 'none',
          containers: [
            {
              name: 'app',
              image: 'registry.example.com/team/app:1.2.3',
              env: Array.from({ length: 8 }, (_, index) => ({ name: `SETTING_${index}`, value: `value-${index}` })),
              ports: [{ containerPort: 8080, name: 'http' }],
              resources: { requests: { cpu: '100m', memory: '64Mi' }, limits: { memory: '128Mi' } },
            },
          ],
        }),
      ) as object),
    }),
  );

/** Requests a second, and the server's CPU time for each. */
interface Rate {
  readonly perSecond: number;
  readonly cpuMicros: number;
}

async function rateOf(
  connections: readonly RawConnection[],
  seconds: number,
  pid: number,
  request: (connection: RawConnection) => Promise<number>,
  expected: number,
): Promise<Rate> {
  let count = 0;
  const before = usageOf(pid).cpuSeconds;
  const startMs = clockMs();
  const endMs = startMs + seconds * 1_000;
  await Promise.all(
    connections.map(async (connection) => {
      while (clockMs() < endMs) {
        const status = await request(connection);
        if (status !== expected) throw new Error(`answered ${status} where ${expected} was expected`);
        count += 1;
      }
    }),
  );
  const elapsed = (clockMs() - startMs) / 1_000;
  return { perSecond: count / elapsed, cpuMicros: ((usageOf(pid).cpuSeconds - before) / count) * 1e6 };
}

class Bench {
  /** `bench-1` is there before. */
  private created = 1;

  constructor(
    private readonly cluster: Cluster,
    private readonly bare: Running,
    private readonly barePort: number,
    private readonly argv: readonly string[],
  ) {}

  private get credentials() {
    return credentialsOf(this.cluster.kubeconfig);
  }

  private open(count: number, port = this.cluster.port): Promise<RawConnection[]> {
    return Promise.all(Array.from({ length: count }, () => RawConnection.open(port, this.credentials)));
  }

  private create = (connection: RawConnection): Promise<number> =>
    connection.request('POST', PODS, manifestOf(`bench-${(this.created += 1)}`));

  async alternating(
    method: 'GET' | 'POST',
  ): Promise<{ readonly ours: Rate; readonly bare: Rate; readonly ratio: number }> {
    const rounds = countFlag(this.argv, '--rounds', 5);
    const seconds = countFlag(this.argv, '--seconds', 3);
    const width = method === 'GET' ? READERS : WRITERS;
    const [ours, bare] = await Promise.all([this.open(width), this.open(width, this.barePort)]);
    const samples: { ours: Rate; bare: Rate }[] = [];
    for (let round = 0; round < rounds; round++) {
      showProgress(`${method}: round ${round + 1} of ${rounds}`);
      const get = (connection: RawConnection): Promise<number> => connection.request('GET', `${PODS}/bench-1`);
      const post = (connection: RawConnection): Promise<number> =>
        connection.request('POST', PODS, manifestOf('bench-bare'));
      const code = method === 'GET' ? 200 : 201;
      samples.push({
        bare: await rateOf(bare, seconds, this.bare.pid, method === 'GET' ? get : post, code),
        ours: await rateOf(ours, seconds, this.cluster.serverPid, method === 'GET' ? get : this.create, code),
      });
    }
    for (const connection of [...ours, ...bare]) connection.close();
    const middle = (which: 'ours' | 'bare'): Rate => ({
      perSecond: median(samples.map((sample) => sample[which].perSecond)),
      cpuMicros: median(samples.map((sample) => sample[which].cpuMicros)),
    });
    const ratio = median(samples.map((sample) => sample.ours.perSecond / sample.bare.perSecond));
    return { ours: middle('ours'), bare: middle('bare'), ratio };
  }

  /** Creates pods until there are as many. */
  async fill(total: number): Promise<void> {
    const connections = await this.open(WRITERS);
    await Promise.all(
      connections.map(async (connection) => {
        while (this.created < total) {
          await this.create(connection);
          if (this.created % 1_000 === 0) showProgress(`${this.created} of ${total} pods`);
        }
      }),
    );
    for (const connection of connections) connection.close();
  }

  /** The time of one LIST of everything, and what it adds to the server's memory while it runs. */
  async list(): Promise<{ readonly ms: number; readonly extraMiB: number }> {
    const [connection] = await this.open(1);
    if (connection === undefined) throw new Error('no connection');
    const pid = this.cluster.serverPid;
    const times: number[] = [];
    const extra: number[] = [];
    for (let round = 0; round < 3; round++) {
      await pause(1_000);
      const before = usageOf(pid).rssMiB;
      let peak = before;
      const sampling = setInterval(() => (peak = Math.max(peak, usageOf(pid).rssMiB)), SAMPLE_MS);
      const startMs = clockMs();
      await connection.request('GET', PODS);
      times.push(clockMs() - startMs);
      clearInterval(sampling);
      extra.push(Math.max(peak, usageOf(pid).rssMiB) - before);
    }
    connection.close();
    return { ms: median(times), extraMiB: median(extra) };
  }

  /** Events delivered a second while every watcher follows the same writes. */
  async fanOut(watchers: number): Promise<number> {
    const list = await new Api(this.cluster.port, this.credentials).request('GET', `${PODS}?limit=1`);
    const { resourceVersion } = (JSON.parse(list.body) as { metadata: { resourceVersion: string } }).metadata;
    const watches: RawWatch[] = [];
    for (let opened = 0; opened < watchers; opened += 50) {
      showProgress(`${opened} of ${watchers} watchers`);
      watches.push(
        ...(await Promise.all(
          Array.from({ length: Math.min(50, watchers - opened) }, () =>
            RawWatch.open(this.cluster.port, this.credentials, `${PODS}?watch=true&resourceVersion=${resourceVersion}`),
          ),
        )),
      );
    }
    const writes = 200;
    const connections = await this.open(8);
    const total = (): number => watches.reduce((sum, watch) => sum + watch.events, 0);
    const startMs = clockMs();
    let left = writes;
    await Promise.all(
      connections.map(async (connection) => {
        while (left-- > 0) await this.create(connection);
      }),
    );
    while (total() < writes * watchers) await pause(5);
    const elapsed = (clockMs() - startMs) / 1_000;
    for (const each of [...connections, ...watches]) each.close();
    return (writes * watchers) / elapsed;
  }

  /** Latency of one GET at a time while writes go on at a steady rate. */
  async underChurn(seconds: number): Promise<{ readonly p50: number; readonly p99: number; readonly writes: number }> {
    const [reader, ...writers] = await this.open(9);
    if (reader === undefined) throw new Error('no connection');
    const endMs = clockMs() + seconds * 1_000;
    let writes = 0;
    const write = async (connection: RawConnection, index: number): Promise<void> => {
      const everyMs = (1_000 * writers.length) / CHURN_PER_SECOND;
      for (let due = clockMs() + (index * everyMs) / writers.length; due < endMs; due += everyMs) {
        if (due > clockMs()) await pause(due - clockMs());
        await this.create(connection);
        writes += 1;
      }
    };
    const times: number[] = [];
    const read = async (): Promise<void> => {
      while (clockMs() < endMs) {
        const startMs = clockMs();
        await reader.request('GET', `${PODS}/bench-1`);
        times.push(clockMs() - startMs);
        await pause(2);
      }
    };
    await Promise.all([read(), ...writers.map(write)]);
    for (const each of [reader, ...writers]) each.close();
    return { p50: quantile(times, 0.5), p99: quantile(times, 0.99), writes: writes / seconds };
  }
}

async function main(argv: readonly string[]): Promise<void> {
  const small = countFlag(argv, '--small', 5_000);
  const large = countFlag(argv, '--large', 150_000);
  const watchers = [countFlag(argv, '--watchers', 1_000), countFlag(argv, '--many-watchers', 5_000)];
  const folder = mkdtempSync(path.join(tmpdir(), 'pinsetter-bench-'));
  const cluster = await Cluster.start({ workers: 0 });
  let bare: Running | undefined;
  try {
    const api = new Api(cluster.port, credentialsOf(cluster.kubeconfig));
    const first = await api.request('POST', PODS, JSON.parse(manifestOf('bench-1').toString()) as unknown);
    if (first.code !== 201) throw new Error(`the first pod was refused: ${first.body}`);
    const answer = path.join(folder, 'pod.json');
    writeFileSync(answer, (await api.request('GET', `${PODS}/bench-1`)).body);
    const barePort = await freePort();
    const pki = path.join(cluster.folder, 'server', 'pki');
    const pem = ['apiserver.key', 'apiserver.crt', 'ca.crt'].map((name) => path.join(pki, name));
    bare = start(process.execPath, [dist('e2e', 'bench', 'bare-server.js'), String(barePort), ...pem, answer]);
    while (!bare.output().includes('ready')) await pause(20);

    const bench = new Bench(cluster, bare, barePort, argv);
    const get = await bench.alternating('GET');
    // Before those that are posted for as long as it takes: a list is of so many as it says.
    await bench.fill(small);
    const listSmall = await bench.list();
    const post = await bench.alternating('POST');
    const fanOut = [];
    for (const count of watchers) fanOut.push({ watchers: count, perSecond: await bench.fanOut(count) });
    await bench.fill(large);
    const listLarge = await bench.list();
    const churn = await bench.underChurn(20);
    showProgress('');
    publish(
      {
        name: 'api',
        head: ['', 'Pinsetter', 'node:https', 'ratio', 'target'],
        rows: [
          [
            'GET a pod, 32 in flight, /s',
            get.ours.perSecond.toFixed(0),
            get.bare.perSecond.toFixed(0),
            get.ratio.toFixed(2),
            '0.7',
          ],
          ['  CPU µs each', get.ours.cpuMicros.toFixed(0), get.bare.cpuMicros.toFixed(0), '', ''],
          [
            'POST a pod, 64 in flight, /s',
            post.ours.perSecond.toFixed(0),
            post.bare.perSecond.toFixed(0),
            post.ratio.toFixed(2),
            '2000/s',
          ],
          ['  CPU µs each', post.ours.cpuMicros.toFixed(0), post.bare.cpuMicros.toFixed(0), '', ''],
          [`LIST ${small} pods, ms`, listSmall.ms.toFixed(0), '', '', ''],
          [`LIST ${large} pods, ms`, listLarge.ms.toFixed(0), '', '', '2000'],
          ['  extra memory, MiB', listLarge.extraMiB.toFixed(0), '', '', '64'],
          ...fanOut.map(({ watchers: count, perSecond }) => [
            `events to ${count} watchers, /s`,
            perSecond.toFixed(0),
            '',
            '',
            '100000',
          ]),
          [`GET p99 at ${churn.writes.toFixed(0)} writes/s, ms`, churn.p99.toFixed(1), '', '', '20'],
        ],
        notes: [`GET p50 under churn ${churn.p50.toFixed(1)} ms; the client runs on the same cores as the servers`],
        figures: { get, post, listSmall, listLarge, fanOut, churn },
      },
      argv,
    );
  } finally {
    bare?.kill('SIGTERM');
    await cluster.stop();
    rmSync(folder, { recursive: true, force: true });
  }
}

runProgram(main);
