import os from 'node:os';
import path from 'node:path';
import type { Clock } from '../../shared/clock';
import type { Logger } from '../../shared/logger';
import type { EventReport } from '../../shared/wire/node-channel';
import type { AgentIngress } from '../agent/agent-options';
import type { KubeletConfig } from '../config';
import type { Runtime } from '../runtime/runtime';
import { createMemoryFolders } from '../volumes/memory-folder';
import { openDefaultCertificate } from './default-certificate';
import { INGRESS_CONDITION, IngressServer, NO_SERVICES } from './ingress-server';
import { hostPorts } from './ports';
import { ProxyContainer, removeProxy } from './proxy-container';
import { ProxyFolder } from './proxy-folder';

/** More workers would only wait. */
const MAX_WORKERS = 4;

export type StoppableIngress = AgentIngress & { stop(): Promise<void> };

/** The node's part in serving Ingresses; without a `resolver` there are no Services on this node, and nothing to pass requests to. */
export async function createIngress(
  config: KubeletConfig,
  parts: {
    readonly runtime: Runtime;
    readonly clock: Clock;
    readonly logger: Logger;
    readonly resolver?: () => string | undefined;
    readonly reportEvent: (event: EventReport) => void;
  },
): Promise<StoppableIngress> {
  const { runtime, clock, resolver } = parts;
  const folder = new ProxyFolder(path.join(config.dataDir, 'ingress'), createMemoryFolders(true));
  if (!config.ingress || resolver === undefined) {
    // What an earlier agent left, which was told otherwise. An engine that is away has none that runs.
    await removeProxy(runtime).catch(() => undefined);
    return config.ingress
      ? idle(NO_SERVICES, 'an agent that is not root has no Services, which Ingresses lead to')
      : idle('Disabled', 'the agent was told --no-ingress');
  }
  const { ingressHttpPort: httpPort, ingressHttpsPort: httpsPort, ingressImage: image, clusterDomain } = config;
  return new IngressServer({
    ...parts,
    resolver,
    image,
    httpPort,
    httpsPort,
    clusterDomain,
    workers: Math.min(os.cpus().length, MAX_WORKERS),
    defaultCertificate: () => openDefaultCertificate(path.join(config.dataDir, 'ingress-default.pem'), clock),
    folder,
    container: new ProxyContainer({ runtime, image, folder: folder.folder, httpPort, httpsPort }),
    ports: hostPorts,
  });
}

const idle = (reason: string, message: string): StoppableIngress => ({
  isServing: false,
  apply: () => undefined,
  conditions: () => [{ type: INGRESS_CONDITION, status: 'False', reason, message }],
  stop: () => Promise.resolve(),
});
