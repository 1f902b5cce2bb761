/**
 * Pod create through the API -> Running seen by a watch, against a raw create + start of the same image through
 * dockerode on the default bridge, alternating. Then 30 pods at once against the engine's own saturation.
 *   node dist/e2e/bench/pod.js [--rounds 30] [--many 30] [--json FILE]
 */
import Docker from 'dockerode';
import { Api, credentialsOf } from '../harness/api';
import { Cluster, IMAGE } from '../harness/cluster';
import { podManifest, shell } from '../harness/manifests';
import { countFlag, median, publish, quantile, showProgress } from './report';
import { runProgram } from './run-program';

const PODS = '/api/v1/namespaces/default/pods';
const PARALLEL = 4;

async function main(argv: readonly string[]): Promise<void> {
  const rounds = countFlag(argv, '--rounds', 30);
  const many = countFlag(argv, '--many', 30);
  const docker = new Docker();
  const cluster = await Cluster.start();
  const api = new Api(cluster.port, credentialsOf(cluster.kubeconfig));
  try {
    const running = new Set<string>();
    const wakers = new Map<string, () => void>();
    const unwatch = await api.watch(PODS, (_type, { metadata, status }) => {
      if (status?.phase !== 'Running') return;
      running.add(metadata.name);
      wakers.get(metadata.name)?.();
    });
    const untilRunning = (name: string): Promise<void> =>
      new Promise((resolve) => (running.has(name) ? resolve() : wakers.set(name, resolve)));
    const createPod = async (name: string): Promise<void> => {
      const manifest: unknown = JSON.parse(podManifest(name, { containers: [shell('exec sleep 3600')] }));
      const { code, body } = await api.request('POST', PODS, manifest);
      if (code !== 201) throw new Error(`creating ${name}: ${code} ${body}`);
      await untilRunning(name);
    };
    const deletePod = async (name: string): Promise<void> => {
      await api.request('DELETE', `${PODS}/${name}`, { gracePeriodSeconds: 0 });
      await cluster.until(['get', 'pod', name], ({ status }) => status !== 0);
    };

    const ours: number[] = [];
    const raw: number[] = [];
    for (let round = 0; round < rounds; round++) {
      raw.push(await timed(() => rawStart(docker, `bench-raw-${process.pid}-${round}`)));
      await rawRemove(docker, `bench-raw-${process.pid}-${round}`);
      ours.push(await timed(() => createPod(`bench-${round}`)));
      await deletePod(`bench-${round}`);
      showProgress(`round ${round + 1} of ${rounds}`);
    }
    showProgress('');

    const names = Array.from({ length: many }, (_, index) => `bench-many-${index}`);
    const manyMs = await timed(async () => void (await Promise.all(names.map(createPod))));
    await Promise.all(names.map((name) => api.request('DELETE', `${PODS}/${name}`, { gracePeriodSeconds: 0 })));
    for (const name of names) await cluster.until(['get', 'pod', name], ({ status }) => status !== 0);

    const rawNames = names.map((name) => `${name}-${process.pid}`);
    const rawManyMs = await timed(() => inParallel(rawNames, PARALLEL, (name) => rawStart(docker, name)));
    await inParallel(rawNames, PARALLEL, (name) => rawRemove(docker, name));
    unwatch();

    const ratio = median(ours) / median(raw);
    publish(
      {
        name: 'pod',
        head: ['', 'median ms', 'p90 ms', `${many} at once s`, 'per second'],
        rows: [
          [
            'pod create -> Running',
            median(ours).toFixed(0),
            quantile(ours, 0.9).toFixed(0),
            (manyMs / 1000).toFixed(1),
            (many / (manyMs / 1000)).toFixed(1),
          ],
          [
            'raw create + start',
            median(raw).toFixed(0),
            quantile(raw, 0.9).toFixed(0),
            (rawManyMs / 1000).toFixed(1),
            (many / (rawManyMs / 1000)).toFixed(1),
          ],
        ],
        notes: [
          `ratio of medians over ${rounds} alternating rounds: ${ratio.toFixed(2)} (target 1.6)`,
          `${many} at once: ${(manyMs / rawManyMs).toFixed(2)}x the engine's own time with ${PARALLEL} in parallel`,
        ],
        figures: {
          rounds,
          image: IMAGE,
          pod: { ms: ours, medianMs: median(ours) },
          raw: { ms: raw, medianMs: median(raw) },
          ratio,
          many: { count: many, podMs: manyMs, rawMs: rawManyMs },
        },
      },
      argv,
    );
  } finally {
    api.close();
    await cluster.stop();
  }
}

async function timed(work: () => Promise<void>): Promise<number> {
  const start = performance.now();
  await work();
  return performance.now() - start;
}

async function rawStart(docker: Docker, name: string): Promise<void> {
  const container = await docker.createContainer({
    name,
    Image: IMAGE,
    Cmd: ['sleep', '3600'],
    Labels: { 'io.pinsetter.bench': 'raw' },
  });
  await container.start();
}

async function rawRemove(docker: Docker, name: string): Promise<void> {
  await docker.getContainer(name).remove({ force: true });
}

async function inParallel(
  names: readonly string[],
  width: number,
  work: (name: string) => Promise<void>,
): Promise<void> {
  const queue = [...names];
  const lane = async (): Promise<void> => {
    for (let name = queue.shift(); name !== undefined; name = queue.shift()) await work(name);
  };
  await Promise.all(Array.from({ length: width }, lane));
}

runProgram(main);
