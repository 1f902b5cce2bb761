import os from 'node:os';
import type { Clock } from '../shared/clock';
import type { Logger } from '../shared/logger';
import type { Random } from '../shared/random';
import type { StreamRequest } from '../shared/wire/node-channel';
import type { AgentStream } from '../shared/wire/byte-stream';
import type { AgentIngress, AgentNetwork } from './agent/agent-options';
import { Agent } from './agent/agent';
import type { Host } from './agent/host';
import type { ApiAddress } from './api-relay/api-relay';
import type { KubeletConfig } from './config';
import type { ConfigSource } from './environment/config-source';
import type { ImageProvider } from './pod-worker/pod-environment';
import type { Runtime } from './runtime/runtime';
import type { NodeCredential } from './session/node-credential';
import { createSession } from './session/socket-session';

/** What an agent is made of beside its configuration. */
export interface KubeletParts {
  readonly clock: Clock;
  readonly random: Random;
  readonly logger: Logger;
  readonly isRoot: boolean;
  readonly agentVersion: string;
  readonly runtime: Runtime;
  /** Scheme of container ids: `docker`. */
  readonly runtimeName: string;
  readonly host: Host;
  /** As it is now. */
  readonly nodeIp: () => string;
  readonly diskBytes: number;
  /** Where pods reach the API; undefined while that way is not open. */
  readonly apiAddress: () => ApiAddress | undefined;
  /** Absent where this machine cannot serve Services. */
  readonly network?: AgentNetwork;
  readonly ingress?: AgentIngress;
  readonly createImages: (source: ConfigSource) => ImageProvider;
  /** Serves exec, attach, logs and port-forward of the agent's pods. */
  readonly serveStream: (agent: Agent, request: StreamRequest, stream: AgentStream) => Promise<void>;
  /** Keeps the node's renewed credential over restarts. */
  readonly keepCredential: (fresh: NodeCredential) => Promise<void>;
  /** Frees what it can of a disk that runs full, before pods must go for it. */
  readonly reclaimDisk?: () => Promise<void>;
  /** Called each time the server took the node in. */
  readonly onConnected: () => void;
}

/** An agent yet to be started, which will dial the server as the node that `identity` is. */
export function createKubelet(config: KubeletConfig, identity: NodeCredential, parts: KubeletParts): Agent {
  const { clock, random, logger, serveStream, keepCredential } = parts;
  const { nodeName, serverUrls } = config;
  const agent: Agent = new Agent({
    nodeName,
    agentVersion: parts.agentVersion,
    labels: config.labels,
    dataDir: config.dataDir,
    isRoot: parts.isRoot,
    clock,
    random,
    logger,
    runtime: parts.runtime,
    runtimeName: parts.runtimeName,
    host: parts.host,
    node: {
      get hostIps() {
        return [parts.nodeIp()];
      },
      cpuMilli: os.cpus().length * 1000,
      memoryBytes: os.totalmem(),
      diskBytes: parts.diskBytes,
      pidsLimit: config.podPidsLimit,
    },
    evictionHard: config.evictionHard,
    allowedUnsafeSysctls: config.allowedUnsafeSysctls,
    fences: config.fences,
    apiAddress: parts.apiAddress,
    ...(parts.network === undefined ? {} : { network: parts.network }),
    ...(parts.ingress === undefined ? {} : { ingress: parts.ingress }),
    createImages: parts.createImages,
    createSession: (handlers) =>
      createSession({ serverUrls, nodeName, identity, keepCredential, clock, random, logger, handlers }),
    onStream: (request, stream) => serveStream(agent, request, stream),
    onConnected: parts.onConnected,
    ...(parts.reclaimDisk === undefined ? {} : { reclaimDisk: parts.reclaimDisk }),
  });
  return agent;
}
