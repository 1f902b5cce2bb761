import { randomBytes } from 'node:crypto';
import { ProgramError, runProgram } from '../run-program';

/** A machine and pods on its bridge, as network namespaces: nothing of them touches this machine's own network. */
export class Lan {
  private readonly prefix = `pnst-${randomBytes(3).toString('hex')}`;
  private readonly namespaces: string[] = [];

  /** The bridge is `br0` and has 10.9.0.1; the pods are 10.9.0.10 and up. */
  static async create(pods: number): Promise<Lan> {
    const lan = new Lan();
    await lan.add('machine');
    await lan.in('machine', 'ip', ['link', 'add', 'br0', 'type', 'bridge']);
    await lan.in('machine', 'ip', ['addr', 'add', '10.9.0.1/24', 'dev', 'br0']);
    await lan.in('machine', 'ip', ['link', 'set', 'br0', 'up']);
    await lan.in('machine', 'sysctl', ['-qw', 'net.ipv4.ip_forward=1']);
    for (let index = 0; index < pods; index++) await lan.addPod(index);
    return lan;
  }

  address(pod: number): string {
    return `10.9.0.${10 + pod}`;
  }

  nameOf(pod: number | 'machine'): string {
    return `${this.prefix}-${pod}`;
  }

  /** Runs a program in one of them. Throws ProgramError. */
  in(where: number | 'machine', program: string, args: readonly string[], input = ''): Promise<string> {
    return runProgram('ip', ['netns', 'exec', this.nameOf(where), program, ...args], input);
  }

  /** Whether a connection gets any answer: nobody listens, and the receiver says so. */
  async answers(from: number | 'machine', to: string, port: number): Promise<boolean> {
    try {
      await this.in(from, 'curl', ['-sS', '-m', '1', `http://${to}:${port}/`]);
      return true;
    } catch (error) {
      if (!(error instanceof ProgramError)) throw error;
      if (/timed out/i.test(error.message)) return false;
      if (/refused|Couldn't connect/i.test(error.message)) return true;
      throw error;
    }
  }

  async remove(): Promise<void> {
    for (const name of this.namespaces.splice(0)) await runProgram('ip', ['netns', 'delete', name]);
  }

  private async add(where: number | 'machine'): Promise<void> {
    await runProgram('ip', ['netns', 'add', this.nameOf(where)]);
    this.namespaces.push(this.nameOf(where));
    await this.in(where, 'ip', ['link', 'set', 'lo', 'up']);
  }

  private async addPod(pod: number): Promise<void> {
    await this.add(pod);
    const veth = ['link', 'add', `v${pod}`, 'type', 'veth', 'peer', 'name', 'eth0', 'netns', this.nameOf(pod)];
    await this.in('machine', 'ip', veth);
    await this.in('machine', 'ip', ['link', 'set', `v${pod}`, 'master', 'br0', 'up']);
    await this.in(pod, 'ip', ['addr', 'add', `${this.address(pod)}/24`, 'dev', 'eth0']);
    await this.in(pod, 'ip', ['link', 'set', 'eth0', 'up']);
    await this.in(pod, 'ip', ['route', 'add', 'default', 'via', '10.9.0.1']);
  }
}
