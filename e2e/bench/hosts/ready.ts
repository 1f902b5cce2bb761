import path from 'node:path';
import { podManifest, shell } from '../../harness/manifests';
import { CHECKOUT } from '../../harness/programs';
import { HostCluster } from '../../hosts/host-cluster';
import { median, quantile } from '../report';
import type { PartResult } from './part';

const DIAL = path.join(CHECKOUT, 'e2e', 'clients', 'until-answers.mjs');
const TARGET_MS = 250;
const labels = { app: 'web' };

/** From a pod Ready, as a watch tells it, until its Service answers on each of five nodes. */
export async function ready(rounds: number): Promise<PartResult> {
  const cluster = await HostCluster.start({ workers: [{}, {}, {}, {}, {}] });
  const lastMs: number[] = [];
  try {
    const spec = { selector: labels, ports: [{ port: 80, targetPort: 8080 }] };
    const service = { apiVersion: 'v1', kind: 'Service', metadata: { name: 'web' }, spec };
    await cluster.ok(['apply', '-f', '-'], JSON.stringify(service));
    const ip = await cluster.ok(['get', 'service', 'web', '-o', 'jsonpath={.spec.clusterIP}']);
    for (let round = 0; round < rounds; round++) {
      const dialling = cluster.workers.map((host) => host.start(process.execPath, [DIAL, ip, '80']));
      await Promise.all(dialling.map((each) => each.until(/dialling/)));
      const watch = cluster.kubectlRunning([
        ...['get', 'pods', '-l', 'app=web', '--watch', '-o'],
        'jsonpath=ready:{.status.conditions[?(@.type=="Ready")].status};',
      ]);
      const answered = Promise.all(
        dialling.map((each) => each.until(/answered/, 120_000).then(() => performance.now())),
      );
      const seen = watch.until(/ready:True/, 120_000).then(() => performance.now());
      const container = shell('mkdir -p /tmp/www; exec httpd -f -p 8080 -h /tmp/www', {
        readinessProbe: { tcpSocket: { port: 8080 }, periodSeconds: 1 },
      });
      const nodeName = cluster.worker((round % cluster.workers.length) + 1).name;
      await cluster.ok(['apply', '-f', '-'], podManifest('web', { nodeName, containers: [container] }, { labels }));
      lastMs.push(Math.max(...(await answered)) - (await seen));
      watch.kill();
      await watch.exit;
      await cluster.ok(['delete', 'pod', 'web']);
      // Refused again everywhere, before the next begins.
      await cluster.until(
        ['get', 'endpoints', 'web', '-o', 'jsonpath={.subsets}'],
        ({ stdout }) => stdout === '' || stdout === '[]',
      );
      for (const host of cluster.workers) {
        while ((await host.run('curl', ['-s', '-m', '1', `http://${ip}/`])).status !== 7);
      }
    }
  } finally {
    await cluster.stop();
  }
  return {
    rows: [
      [
        'pod Ready -> its Service answers on each of 5 nodes',
        `median ${median(lastMs).toFixed(0)} ms`,
        `worst ${quantile(lastMs, 1).toFixed(0)} ms`,
        `target ${TARGET_MS} ms`,
      ],
    ],
    figures: { lastMs, targetMs: TARGET_MS },
  };
}
