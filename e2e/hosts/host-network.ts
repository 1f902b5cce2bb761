import { randomBytes } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { ensureBusyboxImage } from '../../deploy/local-cluster/busybox-image';
import { IMAGE } from '../harness/cluster';
import { run } from '../harness/programs';
import { Host } from './host';
import { HostCgroups } from './host-cgroups';
import { must } from './must';
import { NatPort, SwitchPort, plugSwitch, removeNamespace } from './wiring';

const PREFIX = 'pinsetter-hosts-';
const MOST_HOSTS = 32;

export interface HostPlan {
  /** Without: a host to run the server on, or a client. */
  readonly hasEngine?: boolean;
  /** It can dial out and nobody can dial in. */
  readonly isBehindNat?: boolean;
  readonly engineArgs?: readonly string[];
}

/**
 * Hosts on a switch. Everything of them bears the session's name, so that runs beside each other never meet, and one that
 * was killed is cleared away by the next.
 */
export class HostNetwork {
  private constructor(
    readonly folder: string,
    private readonly session: string,
    readonly hosts: readonly Host[],
    /** `198.18.7`: the hosts are .1 and up. */
    readonly net: string,
  ) {}

  /** Resolves when all hosts are up, and have the image that tests use. */
  static async start(plans: readonly HostPlan[]): Promise<HostNetwork> {
    if (plans.length > MOST_HOSTS) throw new Error(`${plans.length} hosts: at most ${MOST_HOSTS}`);
    await HostNetwork.sweep();
    const session = randomBytes(3).toString('hex');
    const folder = path.join(tmpdir(), `${PREFIX}${session}`);
    mkdirSync(folder);
    writeFileSync(path.join(folder, 'owner'), `${process.pid} ${startOf(process.pid)}`);
    const switchNamespace = namespaceOf(session, 'switch');
    const net = `198.18.${randomBytes(1).readUInt8()}`;
    const hosts = plans.map(({ hasEngine = true, isBehindNat = false, engineArgs = ['--live-restore'] }, at) => {
      const index = at + 1;
      const port = { switchNamespace, index, namespace: namespaceOf(session, index), net };
      return new Host({
        name: `host-${index}`,
        id: `${PREFIX}${session}-${index}`,
        folder: path.join(folder, String(index)),
        wiring: isBehindNat ? new NatPort(port) : new SwitchPort(port),
        hasEngine,
        engineArgs,
      });
    });
    const network = new HostNetwork(folder, session, hosts, net);
    try {
      await plugSwitch(switchNamespace, net);
      const [image] = await Promise.all([network.saveImage(), ...hosts.map((host) => host.powerOn())]);
      const engines = hosts.filter((_, at) => plans[at]?.hasEngine !== false);
      await Promise.all(engines.map((host) => host.loadImage(image)));
      return network;
    } catch (error) {
      await network.remove();
      throw error;
    }
  }

  /** By number, from 1. */
  host(index: number): Host {
    const host = this.hosts[index - 1];
    if (host === undefined) throw new Error(`there is no host ${index}`);
    return host;
  }

  async remove(): Promise<void> {
    await Promise.all(this.hosts.map((host) => host.powerOff()));
    await removeSession(this.folder, this.session);
  }

  /** Takes away what runs left whose process is gone. */
  static async sweep(): Promise<void> {
    const sessions = readdirSync(tmpdir()).filter((each) => each.startsWith(PREFIX));
    for (const each of sessions) {
      const folder = path.join(tmpdir(), each);
      if (!isAbandoned(folder)) continue;
      await removeSession(folder, each.slice(PREFIX.length));
    }
  }

  private async saveImage(): Promise<string> {
    const file = path.join(this.folder, 'image.tar');
    await ensureBusyboxImage(IMAGE, { step: () => () => undefined });
    await must('docker', ['save', '--output', file, IMAGE]);
    return file;
  }
}

const namespaceOf = (session: string, what: string | number): string => `${PREFIX}${session}-${what}`;

/** When a process started, in the kernel's count: ids come again, this does not. */
function startOf(pid: number): string {
  const text = readFileSync(`/proc/${pid}/stat`, 'utf8');
  return text.slice(text.lastIndexOf(')') + 2).split(' ')[19] ?? '';
}

function isAbandoned(folder: string): boolean {
  const owner = path.join(folder, 'owner');
  // Without it somebody begins just now.
  if (!existsSync(owner)) return false;
  const [pid = '', started = ''] = readFileSync(owner, 'utf8').split(' ');
  if (pid === '') return false;
  try {
    return startOf(Number(pid)) !== started;
  } catch {
    return true;
  }
}

/** Whatever of a session is there, told by its name alone. */
async function removeSession(folder: string, session: string): Promise<void> {
  const indexes = readdirSync(folder).filter((each) => /^\d+$/.test(each));
  for (const index of indexes) {
    const cgroups = new HostCgroups(`${PREFIX}${session}-${index}`);
    await cgroups.kill();
    await cgroups.remove();
  }
  const { stdout } = await run('ip', ['netns', 'list']);
  const names = stdout.split('\n').map((line) => line.split(' ')[0] ?? '');
  for (const name of names.filter((each) => each.startsWith(namespaceOf(session, '')))) await removeNamespace(name);
  rmSync(folder, { recursive: true, force: true });
}
