import { randomBytes } from 'node:crypto';
import { command } from '../../deploy/local-cluster/command';
import type { Outcome } from '../harness/programs';
import { run } from '../harness/programs';
import { gatherText } from '../harness/secrecy/gathered-logs';
import { ensureMachineImage } from './machine-image';

/** As `--privileged`, without the one capability that nested machines do not have to give. */
const OWN_KERNEL_FACE = [
  ...['--cap-add', 'ALL', '--cap-drop', 'SYS_RESOURCE', '--cgroupns', 'private'],
  ...['--security-opt', 'seccomp=unconfined', '--security-opt', 'apparmor=unconfined'],
  ...['--security-opt', 'systempaths=unconfined', '--device-cgroup-rule', 'a *:* rwm'],
];

/** A Debian machine of its own: systemd as its first process, its own Docker engine, its own address. */
export class Machine {
  private constructor(readonly name: string) {}

  static async start(): Promise<Machine> {
    const image = await ensureMachineImage();
    const name = `machine-${randomBytes(3).toString('hex')}`;
    const started = await command('docker', [
      ...['run', '--detach', '--name', name, '--hostname', name, '--label', 'io.pinsetter.test=machine'],
      ...OWN_KERNEL_FACE,
      ...['--tmpfs', '/run', '--tmpfs', '/run/lock', '--stop-signal', 'SIGRTMIN+3', '--env', 'container=docker'],
      // An engine cannot lay its layers over those of another.
      ...['--volume', '/var/lib/docker', image],
    ]);
    if (started.status !== 0) throw new Error(`the machine did not start: ${started.stderr}`);
    const machine = new Machine(name);
    await machine.until('docker version', 'its engine answers');
    return machine;
  }

  sh(script: string, timeoutMs = 120_000): Promise<Outcome> {
    return run('docker', ['exec', this.name, 'bash', '-c', script], { timeoutMs });
  }

  /** What the script printed; it must succeed. */
  async ok(script: string, timeoutMs?: number): Promise<string> {
    const { status, stdout, stderr } = await this.sh(script, timeoutMs);
    if (status !== 0) throw new Error(`${script}\nexited ${status}:\n${stdout}${stderr}`);
    return stdout;
  }

  /** Runs the script again until it succeeds. */
  async until(script: string, what: string, timeoutMs = 60_000): Promise<string> {
    const deadline = Date.now() + timeoutMs;
    for (;;) {
      const { status, stdout, stderr } = await this.sh(script);
      if (status === 0) return stdout;
      if (Date.now() > deadline) throw new Error(`${what} did not come true in ${timeoutMs} ms: ${stdout}${stderr}`);
      await new Promise((resolve) => setTimeout(resolve, 200));
    }
  }

  async put(files: readonly string[], folder: string): Promise<void> {
    await this.ok(`mkdir -p ${folder}`);
    for (const file of files) await command('docker', ['cp', file, `${this.name}:${folder}/`]);
  }

  async remove(): Promise<void> {
    gatherText(this.name, (await this.sh("journalctl --output cat --no-pager --unit 'pinsetter*'")).stdout);
    await command('docker', ['rm', '-f', '-v', this.name]);
  }
}
