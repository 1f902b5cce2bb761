import { RuntimeError } from '../runtime';
import type { EngineCalls } from './engine-calls';
import type { Owner } from './labels';
import { SANDBOX_IMAGE, SANDBOX_PROGRAM } from './sandbox-image';

/**
 * Whether the engine may make a process less likely to be killed for memory than itself. An engine without
 * CAP_SYS_RESOURCE (rootless, or inside a container) may not, and fails to start any container that asks for it, with
 * words that do not say why. The engine does not tell, so that it is tried: once, with a container that ends at once.
 */
export class OomScoreProbe {
  private answer: Promise<boolean> | undefined;

  constructor(
    private readonly calls: EngineCalls,
    private readonly owner: Owner,
  ) {}

  canBeLowered(): Promise<boolean> {
    this.answer ??= this.probe().catch((error: unknown) => {
      this.answer = undefined;
      throw error;
    });
    return this.answer;
  }

  private async probe(): Promise<boolean> {
    // Always the same name: what an agent left that died in between goes now.
    const name = `pin_oom-score-probe_${this.owner.nodeName}`;
    await this.calls.remove(name);
    const id = await this.calls.create({
      name,
      Image: SANDBOX_IMAGE,
      Entrypoint: [SANDBOX_PROGRAM, 'connect', '0'],
      Labels: { ...this.owner.labels },
      HostConfig: { NetworkMode: 'none', LogConfig: { Type: 'none', Config: {} }, OomScoreAdj: -1 },
    });
    try {
      await this.calls.start(id);
      return true;
    } catch (error) {
      if (error instanceof RuntimeError && error.kind === 'StartFailed') return false;
      throw error;
    } finally {
      await this.calls.remove(id);
    }
  }
}
