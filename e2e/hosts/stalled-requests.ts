import type { Running } from '../harness/programs';
import type { HostCluster } from './host-cluster';

const LOOK_MS = 500;
const STALLED = /^stalled: \S+ (\d+) .*$/gm;

/**
 * Looks at once when a client says that a request of it has had no answer for seconds, from which port: what every
 * node's kernel knows of that connection, and the pods. Returns the function that ends it and tells what was found.
 */
export function watchStalledRequests(
  cluster: HostCluster,
  clients: readonly Running[],
): () => Promise<readonly string[]> {
  const looks: Promise<string>[] = [];
  const look = async (line: string, port: string): Promise<string> => {
    const known = ['-c', `grep -E 'port=${port} ' /proc/net/nf_conntrack; ip -4 route`];
    const told = await Promise.all(
      cluster.workers.map(async (host) => {
        const { stdout, stderr } = await host.run('sh', known);
        return `-- ${host.name}\n${stdout}${stderr}`;
      }),
    );
    const pods = await cluster.kubectl(['get', 'pods', '-o', 'wide']);
    return `${line}\n${told.join('')}${pods.stdout}`;
  };
  const looking = setInterval(() => {
    const lines = clients.flatMap((client) => [...client.output().matchAll(STALLED)]);
    for (const [line, port = ''] of lines.slice(looks.length)) looks.push(look(line, port));
  }, LOOK_MS);
  return () => {
    clearInterval(looking);
    return Promise.all(looks);
  };
}
