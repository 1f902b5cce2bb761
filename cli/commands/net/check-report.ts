import type { NetworkCheck, PeerCheck } from '../../../shared/wire/pod-network';

/** What the server tells of one node. */
export interface NodeCheck {
  readonly nodeName: string;
  readonly check?: NetworkCheck;
  /** Why the node could not be asked. */
  readonly problem?: string;
}

export interface CheckReport {
  readonly rows: readonly (readonly string[])[];
  /** What is wrong, a line each, with what to do. */
  readonly findings: readonly string[];
  readonly isHealthy: boolean;
}

/** A row for each pair of nodes, each direction for itself, and one for the names that each node answers. */
export function checkReport(nodes: readonly NodeCheck[]): CheckReport {
  const rows: string[][] = [['FROM', 'TO', 'BY', 'RESULT', 'LATENCY']];
  const failures: string[] = [];
  const hints: string[] = [];
  for (const { nodeName, check, problem } of nodes) {
    if (check === undefined) {
      rows.push([nodeName, '*', '-', 'not asked', '-']);
      failures.push(`${nodeName} could not be asked: ${problem ?? 'it did not say why'}`);
      continue;
    }
    if (check.problem !== undefined) failures.push(`${nodeName}: ${check.problem}`);
    for (const peer of check.peers) {
      const taken = takenWay(peer);
      const isOk = taken?.tookMs !== undefined;
      rows.push([nodeName, peer.nodeName, peer.path, isOk ? 'ok' : 'no answer', latencyOf(taken?.tookMs)]);
      if (!isOk) failures.push(`${nodeName} does not reach ${peer.nodeName}: ${adviceFor(peer)}`);
      else hints.push(...betterWays(nodeName, peer));
    }
    if (check.dns !== undefined) {
      const isOk = check.dns.why === undefined;
      rows.push([nodeName, 'cluster DNS', '-', isOk ? 'ok' : 'no answer', latencyOf(check.dns.tookMs)]);
      if (!isOk) failures.push(`${nodeName} does not find names of the cluster: ${check.dns.why}`);
    }
    if (check.engineInterfaces !== undefined)
      hints.push(`${nodeName} has the engine make the interfaces of its pods: ${check.engineInterfaces}`);
    for (const { backend, why } of check.unusable) hints.push(`${nodeName} cannot use ${backend}: ${why}`);
  }
  return { rows, findings: [...failures, ...hints], isHealthy: failures.length === 0 };
}

const latencyOf = (tookMs: number | undefined): string => (tookMs === undefined ? '-' : `${tookMs.toFixed(1)}ms`);

/** Nodes of one machine are asked at its own address. */
const takenWay = ({ path, ways }: PeerCheck) => ways.find(({ backend }) => path === 'local' || backend === path);

const betterWays = (nodeName: string, peer: PeerCheck): readonly string[] => {
  const index = peer.ways.findIndex(({ backend }) => backend === peer.path);
  return peer.ways
    .slice(0, Math.max(index, 0))
    .filter(({ tookMs }) => tookMs === undefined)
    .map(
      ({ backend }) =>
        `${nodeName} reaches ${peer.nodeName} by ${peer.path}: ${backend} is blocked, ${CAUSES[backend]}`,
    );
};

const CAUSES = {
  routes: 'the network between them drops addresses of pods',
  vxlan: 'let UDP port 8472 through between them',
  wireguard: 'let UDP ports 51820 to 52819 through to one of them',
  relay: 'one of them is not connected to the server',
} as const;

function adviceFor({ nodeName, ways }: PeerCheck): string {
  if (ways.length === 0)
    return `there is no way; look at the agent of ${nodeName}: kubectl-lite describe node ${nodeName}`;
  return ways.map(({ backend }) => `${backend} does not answer (${CAUSES[backend]})`).join(', ');
}
