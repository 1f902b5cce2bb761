import type { NodeStatus } from '../../shared/api/objects';
import type { NodeUsage } from '../../shared/wire/node-channel';
import type { Supplies } from '../eviction/thresholds';
import type { EngineInfo } from '../runtime/runtime';

/** What the agent knows and measures of its machine. */
export interface Host {
  /** Capacity, allocatable, addresses, nodeInfo. `engine` is undefined while the engine has not answered yet. */
  nodeStatus(engine: EngineInfo | undefined): Promise<NodeStatus>;
  bootId(): Promise<string>;
  /** How long the machine is up, also while no agent runs. */
  uptimeMs(): number;
  /** Rates are averages since the call before. */
  usage(): Promise<NodeUsage>;
  /** What is left of what all pods share. */
  supplies(): Promise<Supplies>;
}
