import path from 'node:path';
import type { Clock } from '../shared/clock';
import { examineAgent } from '../shared/doctor/doctor';
import { findingsText, verdict } from '../shared/doctor/finding';
import { createSystemHost } from '../shared/doctor/system-host';
import { silentLogger } from '../shared/logger';
import { DEFAULT_CLUSTER_CIDR } from '../shared/pod-network-traces';
import type { KubeletConfig } from './config';
import { removeProxy } from './ingress/proxy-container';
import { messageOf } from '../shared/message-of';
import { NodeNetwork } from './network/node-network';
import { readKeptBlock } from './network/pod-network/kept-block';
import { podNetworkNames } from './network/pod-network/names';
import { PeerNetwork } from './network/pod-network/peer-network';
import { removeTable } from './network/remove-table';
import { policyTableOf } from './network/table-names';
import { createDockerRuntime } from './runtime/docker/docker-runtime';
import { approvalText, tryToJoin } from './session/join';

export interface ErrandEnvironment {
  readonly clock: Clock;
  readonly out: (text: string) => void;
}

/** What the agent's program does beside running: `pinsetter-agent join`, `pinsetter-agent doctor`. Each tells an exit code. */
export const errands: Readonly<
  Record<string, (config: KubeletConfig, environment: ErrandEnvironment) => Promise<number>>
> = {
  /** Joins and ends, so that whoever installs reads why it fails. Throws the StatusErrors of joining. */
  join: async ({ serverUrls, nodeName, joinToken, dataDir }, { clock, out }) => {
    const answer = await tryToJoin({
      serverUrls,
      nodeName,
      folder: path.join(dataDir, 'credential'),
      ...(joinToken === undefined ? {} : { joinToken }),
      clock,
      logger: silentLogger,
    });
    out('pending' in answer ? `node "${nodeName}" ${approvalText(answer)}\n` : `node "${nodeName}" has joined\n`);
    return 0;
  },
  /** Takes back what the agent changed of this machine's network. */
  'clean-network': async ({ nodeName, dataDir, dockerSocket }, { clock, out }) => {
    const runtime = createDockerRuntime({
      ...{ socketPath: dockerSocket, nodeName, clock, logger: silentLogger },
      isRoot: process.getuid?.() === 0,
    });
    // An engine that is away has no proxy that runs.
    await removeProxy(runtime).catch(() => undefined);
    const kept = await readKeptBlock(dataDir);
    const names = kept === undefined ? undefined : podNetworkNames(kept.clusterId, nodeName);
    await NodeNetwork.cleanUp(nodeName, names?.bridge);
    await removeTable(policyTableOf(nodeName));
    if (kept !== undefined && names !== undefined) {
      await PeerNetwork.cleanUp(names, kept.podCidr);
      // Pods that run on keep it.
      await runtime
        .removeNetwork({ name: names.network, bridge: names.bridge })
        .catch((error: unknown) => out(`${messageOf(error)}\n`));
    }
    out(`the network of node "${nodeName}" is as it was\n`);
    return 0;
  },
  doctor: async (config, { clock, out }) => {
    // Before the first start nothing is known but what servers take by default.
    const { clusterCidr = DEFAULT_CLUSTER_CIDR } = (await readKeptBlock(config.dataDir)) ?? {};
    const blocks = [{ of: 'pods', flag: '--cluster-cidr', cidr: clusterCidr }];
    const findings = await examineAgent(createSystemHost(clock), { ...config, blocks });
    out(findingsText(findings));
    return verdict(findings);
  },
};
