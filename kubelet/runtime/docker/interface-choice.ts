import { readFile } from 'node:fs/promises';
import path from 'node:path';
import type { ContainerInspectInfo } from 'dockerode';
import type { Logger } from '../../../shared/logger';
import { runProgram } from '../../network/run-program';

export interface InterfaceChoiceOptions {
  /** Whether this process may change this machine's network. */
  readonly isRoot: boolean;
  /** Where this machine's processes are seen. */
  readonly procRoot: string;
  readonly logger: Logger;
}

/** Whether the agent can make the interfaces of pods. What it finds against it holds until it ends, and is logged once. */
export class InterfaceChoice {
  private programs: Promise<string | undefined> | undefined;
  private why: string | undefined;
  private told: 'agent' | 'engine' | undefined;

  constructor(private readonly options: InterfaceChoiceOptions) {}

  /** Why it cannot, as far as it is known; undefined while it can. */
  get problem(): string | undefined {
    return this.why;
  }

  /** The same, having looked for what it takes: all but a sandbox to try it on. */
  async look(): Promise<string | undefined> {
    this.programs ??= lookForPrograms(this.options.isRoot);
    const missing = await this.programs;
    if (missing !== undefined) this.rule(missing);
    else this.tell();
    return this.why;
  }

  /** It cannot. */
  rule(why: string): void {
    this.why ??= why;
    this.tell();
  }

  /** Whether a container's process is the one that the engine means: the engine may count those of another namespace. */
  async seesProcessOf({ Id, State }: ContainerInspectInfo): Promise<boolean> {
    const file = path.join(this.options.procRoot, String(State.Pid), 'cgroup');
    return (await readFile(file, 'utf8').catch(() => '')).includes(Id);
  }

  private tell(): void {
    const by = this.why === undefined ? 'agent' : 'engine';
    if (by === this.told) return;
    this.told = by;
    if (this.why === undefined) this.options.logger.info({}, 'pods get their interfaces from the agent');
    else this.options.logger.warn({ why: this.why }, 'pods get their interfaces from the engine');
  }
}

async function lookForPrograms(isRoot: boolean): Promise<string | undefined> {
  if (!isRoot) return 'it takes root';
  const isThere = (program: string, flag: string): Promise<boolean> =>
    runProgram(program, [flag]).then(
      () => true,
      () => false,
    );
  const [ip, nsenter] = await Promise.all([isThere('ip', '-V'), isThere('nsenter', '--version')]);
  return ip && nsenter ? undefined : `it takes the program ${ip ? 'nsenter' : 'ip'}`;
}
