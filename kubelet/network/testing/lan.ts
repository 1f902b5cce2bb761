import { spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import path from 'node:path';
import { systemClock } from '../../../shared/clock';
import { OpenNft, startProgram } from '../open-nft';
import { ProgramError, runProgram } from '../run-program';

/** A pod by its number, the machine itself, or somebody beyond it. */
export type Place = number | 'machine' | 'outside';

const ANSWERER = path.join(__dirname, 'answerer.mjs');

/** A machine and pods on its bridge, as network namespaces: nothing of them touches this machine's own network. */
export class Lan {
  private readonly prefix = `pnst-${randomBytes(3).toString('hex')}`;
  private readonly namespaces: string[] = [];
  private readonly stops: (() => Promise<void>)[] = [];

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

  /** Beyond the machine, at 10.8.0.10 up to 10.8.0.(9 + `addresses`), behind the machine's own 10.8.0.1. */
  async addOutside(addresses: number): Promise<readonly string[]> {
    await this.add('outside');
    const veth = ['link', 'add', 'up0', 'type', 'veth', 'peer', 'name', 'eth0', 'netns', this.nameOf('outside')];
    await this.in('machine', 'ip', veth);
    await this.in('machine', 'ip', ['addr', 'add', '10.8.0.1/24', 'dev', 'up0']);
    await this.in('machine', 'ip', ['link', 'set', 'up0', 'up']);
    const all = Array.from({ length: addresses }, (_, at) => `10.8.0.${10 + at}`);
    for (const each of all) await this.in('outside', 'ip', ['addr', 'add', `${each}/24`, 'dev', 'eth0']);
    await this.in('outside', 'ip', ['link', 'set', 'eth0', 'up']);
    await this.in('outside', 'ip', ['route', 'add', 'default', 'via', '10.8.0.1']);
    await this.in('machine', 'ip', ['route', 'add', 'default', 'via', '10.8.0.10']);
    return all;
  }

  /** Answers with the pod's number, or the place's name, and the address that asked: by HTTP at port 8080, by datagram at 9090. */
  async serve(pod: Place): Promise<void> {
    const args = ['netns', 'exec', this.nameOf(pod), process.execPath, ANSWERER, 'serve', String(pod)];
    const child = spawn('ip', args, { stdio: ['ignore', 'pipe', 'inherit'] });
    const ended = once(child, 'exit');
    this.stops.push(async () => {
      child.kill();
      await ended;
    });
    await once(child.stdout, 'data');
  }

  /** What each of the sources (`ADDRESS` or `ADDRESS:PORT`; without any, the place itself) is answered, or its error's code. */
  async ask(
    from: Place,
    protocol: 'tcp' | 'udp',
    to: string,
    port: number,
    sources: readonly string[] = [],
  ): Promise<readonly string[]> {
    const said = await this.in(from, process.execPath, [ANSWERER, 'ask', protocol, to, String(port), ...sources]);
    return said.trim().split('\n');
  }

  /** The program that stays open there, until the end. */
  nft(where: Place): OpenNft {
    const nft = new OpenNft({
      clock: systemClock,
      run: (program, args, input) => this.in(where, program, args, input),
      start: (program, args) => startProgram('ip', ['netns', 'exec', this.nameOf(where), program, ...args]),
    });
    this.stops.push(() => nft.stop());
    return nft;
  }

  address(pod: number): string {
    return `10.9.0.${10 + pod}`;
  }

  nameOf(pod: Place): string {
    return `${this.prefix}-${pod}`;
  }

  /** Runs a program in one of them. Throws ProgramError. */
  in(where: Place, program: string, args: readonly string[], input = ''): Promise<string> {
    return runProgram('ip', ['netns', 'exec', this.nameOf(where), program, ...args], input);
  }

  /** Whether a connection gets any answer: nobody listens, and the receiver says so. */
  async answers(from: Place, to: string, port: number): Promise<boolean> {
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
    for (const stop of this.stops.splice(0)) await stop();
    for (const name of this.namespaces.splice(0)) await runProgram('ip', ['netns', 'delete', name]);
  }

  private async add(where: Place): Promise<void> {
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
