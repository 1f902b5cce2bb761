import { podManifest, shell } from '../../harness/manifests';
import { median, quantile } from '../report';
import { startSimulatedCluster } from '../simulated-cluster';
import type { PartResult } from './part';

const NODES = 1_000;
const TARGET_MS = 250;
const POLL_MS = 100;
const TOLD = /told (\[[\d,]*\])\n/g;
const labels = { app: 'web' };

/** From a pod reported ready until each of many simulated nodes has heard of its endpoint, so that its proxy can begin. */
export async function told(rounds: number): Promise<PartResult> {
  const { cluster, agents, stop } = await startSimulatedCluster(NODES);
  const all: number[] = [];
  try {
    const spec = { selector: labels, ports: [{ port: 80, targetPort: 8080 }] };
    await cluster.ok(
      ['apply', '-f', '-'],
      JSON.stringify({ apiVersion: 'v1', kind: 'Service', metadata: { name: 'web' }, spec }),
    );
    for (let round = 0; round < rounds; round++) {
      const name = `web-${round}`;
      await cluster.ok(['apply', '-f', '-'], podManifest(name, { containers: [shell('sleep 3600')] }, { labels }));
      const heard: number[] = [];
      while (heard.length < NODES) {
        await new Promise((resolve) => setTimeout(resolve, POLL_MS));
        const known = [...agents.output().matchAll(TOLD)].length;
        agents.write('\n');
        await agents.until(new RegExp(`(?:${TOLD.source}[^]*){${known + 1}}`));
        const answer = [...agents.output().matchAll(TOLD)].at(-1)?.[1] ?? '[]';
        heard.push(...(JSON.parse(answer) as number[]));
      }
      all.push(...heard);
      await cluster.ok(['delete', 'pod', name]);
    }
  } finally {
    await stop();
  }
  return {
    rows: [
      [
        `pod Ready -> told to each of ${NODES} simulated nodes`,
        `median ${median(all).toFixed(0)} ms`,
        `p99 ${quantile(all, 0.99).toFixed(0)} ms`,
        `target ${TARGET_MS} ms`,
      ],
    ],
    figures: { nodes: NODES, medianMs: median(all), p99Ms: quantile(all, 0.99), worstMs: quantile(all, 1) },
  };
}
