import { randomUUID } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import http from 'node:http';
import path from 'node:path';
import type { Outcome, Running } from '../harness/programs';
import { CHECKOUT, run, start } from '../harness/programs';
import { eventually } from './eventually';
import { HostCgroups, isCgroupV2 } from './host-cgroups';
import { must } from './must';
import type { Wiring } from './wiring';

/** Enters groups and then becomes the program: the files to write to, `--`, the program and its arguments. */
const ENTER = 'while [ "$1" != -- ]; do echo $$ > "$1"; shift; done; shift; exec "$@"';
const NAMESPACES = ['--mount', '--net', '--pid', '--uts', '--ipc', '--cgroup'];

export interface HostOptions {
  /** What it calls itself. */
  readonly name: string;
  /** Unique on this machine. */
  readonly id: string;
  /** All that its disk holds. Short: sockets lie in it. */
  readonly folder: string;
  readonly wiring: Wiring;
  readonly hasEngine: boolean;
  readonly engineArgs: readonly string[];
}

/**
 * A machine as far as programs can tell: its own processes, mounts, name, address, cgroups, and Docker engine. Off, then on,
 * and off again; what was on its disk stays.
 */
export class Host {
  readonly name: string;
  readonly folder: string;
  private readonly cgroups: HostCgroups;
  private init: Running | undefined;
  /** The first process, as this machine numbers it. */
  private initPid = 0;
  private engine: Running | undefined;

  constructor(private readonly options: HostOptions) {
    this.name = options.name;
    this.folder = options.folder;
    this.cgroups = new HostCgroups(options.id);
  }

  get address(): string {
    return this.options.wiring.address;
  }

  /** Of its engine, as this machine dials it. */
  get engineSocket(): string {
    return path.join(this.folder, 'docker.sock');
  }

  /** Resolves when it is up, its engine too. */
  async powerOn(): Promise<void> {
    const { wiring, hasEngine } = this.options;
    mkdirSync(this.folder, { recursive: true });
    const machineId = path.join(this.folder, 'machine-id');
    if (!existsSync(machineId)) writeFileSync(machineId, `${randomUUID()}\n`);
    if (isCgroupV2()) writeFileSync(path.join(this.folder, 'cgroup-v2'), '');
    await wiring.plug();
    this.cgroups.make();
    const script = path.join(CHECKOUT, 'e2e', 'hosts', 'host-init.sh');
    const others = NAMESPACES.filter((each) => each !== '--net' && each !== '--cgroup');
    const apart = ['setsid', 'unshare', ...others, '--fork', '--kill-child'];
    this.init = start('sh', [
      ...['-c', ENTER, 'sh', ...this.cgroups.entrances(), '--', ...this.cgroups.apart()],
      ...['nsenter', `--net=/run/netns/${wiring.namespace}`, ...apart],
      ...['sh', script, this.name, this.folder, wiring.gateway],
    ]);
    await this.init.until(/^ready$/m, 60_000);
    // What was started became unshare, whose child is the first process in there.
    this.initPid = childOf(this.init.pid) ?? 0;
    if (hasEngine) await this.startEngine();
  }

  /** As when the power fails. */
  async powerOff(): Promise<void> {
    await this.cgroups.kill();
    await this.init?.exit;
    this.init = undefined;
    this.engine = undefined;
    await this.cgroups.remove();
    await this.options.wiring.unplug();
  }

  /** Runs a program on it to its end. */
  run(
    program: string,
    args: readonly string[],
    options: { readonly env?: NodeJS.ProcessEnv; readonly input?: string; readonly timeoutMs?: number } = {},
  ): Promise<Outcome> {
    return run('sh', this.inside(program, args), options);
  }

  /** What the program prints, which must succeed. */
  async ok(program: string, ...args: readonly string[]): Promise<string> {
    const { status, stdout, stderr } = await this.run(program, args);
    if (status !== 0)
      throw new Error(`${this.name}: ${program} ${args.join(' ')} exited ${status}:\n${stdout}${stderr}`);
    return stdout;
  }

  /** Starts a program on it. Signals go to the program itself. */
  start(program: string, args: readonly string[], env?: NodeJS.ProcessEnv): Running {
    const running = start('sh', this.inside(program, args), env);
    return {
      ...running,
      kill: (signal = 'SIGTERM') => {
        const pid = childOf(running.pid);
        if (pid === undefined) running.kill(signal);
        else process.kill(pid, signal);
      },
    };
  }

  /** The client of its engine. */
  docker(...args: readonly string[]): Promise<string> {
    return must('docker', ['--host', `unix://${this.engineSocket}`, ...args], { timeoutMs: 120_000 });
  }

  /** Resolves when it answers. */
  async startEngine(): Promise<void> {
    rmSync(this.engineSocket, { force: true });
    this.engine = this.start('dockerd', [
      ...['--data-root', path.join(this.folder, 'docker'), '--host', 'unix:///run/docker.sock'],
      ...['--host', `unix://${this.engineSocket}`, '--storage-driver', 'overlay2', '--log-level', 'warn'],
      ...this.options.engineArgs,
    ]);
    const { engine } = this;
    let hasEnded = false;
    void engine.exit.then(() => (hasEnded = true));
    await eventually(`the engine of ${this.name} answers`, () => {
      if (hasEnded) throw new Error(engine.output());
      return this.engineAnswers();
    });
  }

  /** By a signal that it cannot handle; containers that it keeps alive run on. */
  async killEngine(): Promise<void> {
    this.engine?.kill('SIGKILL');
    await this.engine?.exit;
    this.engine = undefined;
  }

  /** Makes an image of this machine's engine one of the host's. */
  async loadImage(file: string): Promise<void> {
    await this.docker('load', '--quiet', '--input', file);
  }

  pause(): Promise<void> {
    return this.cgroups.freeze(true);
  }

  resume(): Promise<void> {
    return this.cgroups.freeze(false);
  }

  cut(): Promise<void> {
    return this.options.wiring.cut();
  }

  heal(): Promise<void> {
    return this.options.wiring.heal();
  }

  lose(percent: number): Promise<void> {
    return this.options.wiring.lose(percent);
  }

  readdress(address: string): Promise<void> {
    return this.options.wiring.readdress(address);
  }

  private inside(program: string, args: readonly string[]): readonly string[] {
    if (this.init === undefined) throw new Error(`${this.name} is off`);
    const enter = ['nsenter', '--target', String(this.initPid), ...NAMESPACES, '--wd=/', '--'];
    return ['-c', ENTER, 'sh', ...this.cgroups.entrances(), '--', ...enter, program, ...args];
  }

  private engineAnswers(): Promise<boolean> {
    return new Promise((resolve) => {
      const request = http.get({ socketPath: this.engineSocket, path: '/_ping', timeout: 5_000 }, (response) => {
        response.resume();
        resolve(response.statusCode === 200);
      });
      request.once('timeout', () => request.destroy());
      request.once('error', () => resolve(false));
    });
  }
}

/** The first process that the one of this id started, where it runs. */
function childOf(pid: number): number | undefined {
  try {
    const [first] = readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').split(' ');
    return first === undefined || first === '' ? undefined : Number(first);
  } catch {
    return undefined;
  }
}
