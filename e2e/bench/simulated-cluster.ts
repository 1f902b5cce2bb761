import path from 'node:path';
import { Cluster } from '../harness/cluster';
import type { Running } from '../harness/programs';
import { dist, start } from '../harness/programs';

const JOIN_LIMIT_MS = 300_000;

/** A real server, and nodes that are not more than their channels (`simulated-nodes.ts`). */
export interface SimulatedCluster {
  readonly cluster: Cluster;
  readonly agents: Running;
  /** How long it took all nodes to join and to register. */
  readonly joinMs: number;
  stop(): Promise<void>;
}

export async function startSimulatedCluster(nodes: number): Promise<SimulatedCluster> {
  const cluster = await Cluster.start({ workers: 0 });
  const begunMs = performance.now();
  const tokenFile = path.join(cluster.folder, 'server', 'join-token');
  const agents = start(process.execPath, [
    dist('e2e', 'bench', 'simulated-nodes.js'),
    ...['--server', `https://127.0.0.1:${cluster.port}`, '--nodes', String(nodes)],
    ...['--token-file', tokenFile, '--folder', path.join(cluster.folder, 'nodes')],
  ]);
  const stop = async (): Promise<void> => {
    agents.kill();
    await agents.exit;
    await cluster.stop();
  };
  try {
    await agents.until(/^ready$/m, JOIN_LIMIT_MS);
  } catch (error) {
    await stop();
    throw error;
  }
  return { cluster, agents, joinMs: performance.now() - begunMs, stop };
}
