import type { Clock } from '../../../shared/clock';
import type { Logger } from '../../../shared/logger';
import type { PolicyChange } from '../../../shared/wire/network-policy';
import type { Nft } from '../open-nft';
import { PolicyEnforcer } from './policy-enforcer';
import { NftPolicyKernel } from './policy-kernel';
import { createPolicyMemory } from './policy-memory';

export interface RunningPod {
  readonly uid: string;
  readonly addresses: readonly string[];
}

/** NetworkPolicies on this node: who may reach its pods, and whom they may reach. */
export class NodePolicies {
  private constructor(private readonly enforcer: PolicyEnforcer) {}

  /** With what was told before this agent was started. */
  static async start(options: {
    readonly nodeName: string;
    readonly dataDir: string;
    readonly nft: Nft;
    readonly clock: Clock;
    readonly logger: Logger;
  }): Promise<NodePolicies> {
    const { nodeName, dataDir, nft, clock, logger } = options;
    const memory = createPolicyMemory(dataDir, logger);
    const enforcer = new PolicyEnforcer({ kernel: new NftPolicyKernel(nodeName, nft), memory, clock, logger });
    await enforcer.start();
    return new NodePolicies(enforcer);
  }

  apply(change: PolicyChange): void {
    void this.enforcer.apply(change);
  }

  adopt(pods: readonly RunningPod[]): void {
    this.enforcer.adopt(pods.filter(({ addresses }) => addresses.length > 0));
  }

  /** Resolves when nothing reaches the pod but what may, however long that takes. */
  attach(uid: string, addresses: readonly string[]): Promise<void> {
    return this.enforcer.attach(uid, addresses);
  }

  detach(uid: string): void {
    this.enforcer.detach(uid);
  }

  /** What is programmed stays. */
  stop(): Promise<void> {
    return this.enforcer.stop();
  }
}
