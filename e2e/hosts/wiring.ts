import { run } from '../harness/programs';
import { eventually } from './eventually';
import { must } from './must';

/** How a host hangs on the network. Names of namespaces are this machine's, addresses exist only inside them. */
export interface Wiring {
  /** The namespace of the host's network. */
  readonly namespace: string;
  /** The host's own address. */
  readonly address: string;
  readonly gateway: string;
  /** The host's interface, with link and address, in a namespace of its own. */
  plug(): Promise<void>;
  /** All of it goes; the host has no process any more. */
  unplug(): Promise<void>;
  /** Nothing comes through, as when the cable is drawn at the switch. */
  cut(): Promise<void>;
  heal(): Promise<void>;
  /** The host gets another address of the same network. */
  readdress(address: string): Promise<void>;
  /** So many of a hundred packets towards the host are lost. 0: none. */
  lose(percent: number): Promise<void>;
}

export const ip = (namespace: string, ...args: readonly string[]): Promise<string> =>
  must('ip', ['-n', namespace, ...args]);

export const nft = (namespace: string, script: string): Promise<string> =>
  must('ip', ['netns', 'exec', namespace, 'nft', '-f', '-'], { input: script });

/** A namespace, and everything that is only in it, also where it is not there. */
export async function removeNamespace(namespace: string): Promise<void> {
  await run('ip', ['netns', 'del', namespace]);
}

export interface Port {
  readonly switchNamespace: string;
  /** Of the host, from 1. */
  readonly index: number;
  readonly namespace: string;
  /** The network that all hosts share, as `198.18.7`. */
  readonly net: string;
}

const GATEWAY = 254;

/** A host with a port of the switch of its own. */
export class SwitchPort implements Wiring {
  private current: string;

  constructor(private readonly port: Port) {
    this.current = `${port.net}.${port.index}`;
  }

  get namespace(): string {
    return this.port.namespace;
  }

  get address(): string {
    return this.current;
  }

  get gateway(): string {
    return `${this.port.net}.${GATEWAY}`;
  }

  private get uplink(): string {
    return `port${this.port.index}`;
  }

  async plug(): Promise<void> {
    const { namespace, switchNamespace, index } = this.port;
    await must('ip', ['netns', 'add', namespace]);
    await ip(
      switchNamespace,
      ...['link', 'add', this.uplink, 'type', 'veth', 'peer', 'name', 'eth0', 'netns', namespace],
    );
    await ip(switchNamespace, ...['link', 'set', this.uplink, 'master', 'br0', 'up']);
    // A machine keeps its hardware address when it starts anew.
    await ip(namespace, ...['link', 'set', 'eth0', 'address', `02:77:00:00:00:${index.toString(16).padStart(2, '0')}`]);
    await ip(namespace, 'link', 'set', 'lo', 'up');
    await ip(namespace, 'link', 'set', 'eth0', 'up');
    await this.setAddress();
  }

  async unplug(): Promise<void> {
    await run('ip', ['-n', this.port.switchNamespace, 'link', 'del', this.uplink]);
    await removeNamespace(this.namespace);
  }

  async cut(): Promise<void> {
    await ip(this.port.switchNamespace, 'link', 'set', this.uplink, 'down');
  }

  async heal(): Promise<void> {
    await ip(this.port.switchNamespace, 'link', 'set', this.uplink, 'up');
  }

  async readdress(address: string): Promise<void> {
    this.current = address;
    await ip(this.namespace, 'addr', 'flush', 'dev', 'eth0');
    await this.setAddress();
  }

  lose(percent: number): Promise<void> {
    return losePackets(this.port.switchNamespace, this.uplink, percent);
  }

  private async setAddress(): Promise<void> {
    await ip(this.namespace, 'addr', 'add', `${this.address}/24`, 'dev', 'eth0');
    await ip(this.namespace, 'route', 'replace', 'default', 'via', this.gateway);
  }
}

/** A host behind a router that translates addresses: it dials out, and nobody dials in. */
export class NatPort implements Wiring {
  private readonly router: SwitchPort;
  private readonly inner: string;

  constructor(private readonly port: Port) {
    this.router = new SwitchPort({ ...port, namespace: `${port.namespace}-nat` });
    this.inner = `10.111.${port.index}`;
  }

  get namespace(): string {
    return this.port.namespace;
  }

  get address(): string {
    return `${this.inner}.2`;
  }

  get gateway(): string {
    return `${this.inner}.1`;
  }

  async plug(): Promise<void> {
    await this.router.plug();
    const router = this.router.namespace;
    await must('ip', ['netns', 'add', this.namespace]);
    await ip(router, ...['link', 'add', 'inside', 'type', 'veth', 'peer', 'name', 'eth0', 'netns', this.namespace]);
    await ip(router, 'addr', 'add', `${this.gateway}/24`, 'dev', 'inside');
    await ip(router, 'link', 'set', 'inside', 'up');
    await ip(this.namespace, 'addr', 'add', `${this.address}/24`, 'dev', 'eth0');
    await ip(this.namespace, 'link', 'set', 'lo', 'up');
    await ip(this.namespace, 'link', 'set', 'eth0', 'up');
    await ip(this.namespace, 'route', 'add', 'default', 'via', this.gateway);
    await must('ip', ['netns', 'exec', router, 'sysctl', '-qw', 'net.ipv4.ip_forward=1']);
    await nft(
      router,
      `table ip nat {
        chain out { type nat hook postrouting priority srcnat; oifname "eth0" masquerade; }
        chain through { type filter hook forward priority filter; policy drop; iifname "inside" accept; ct state established,related accept; }
        chain in { type filter hook input priority filter; iifname "eth0" ct state new tcp dport 0-65535 reject; }
      }`,
    );
  }

  async unplug(): Promise<void> {
    await removeNamespace(this.namespace);
    await this.router.unplug();
  }

  cut(): Promise<void> {
    return this.router.cut();
  }

  heal(): Promise<void> {
    return this.router.heal();
  }

  readdress(): Promise<void> {
    return Promise.reject(new Error(`host ${this.port.index} is behind NAT: its address is its router's affair`));
  }

  lose(percent: number): Promise<void> {
    return this.router.lose(percent);
  }
}

/** The switch with nobody at it yet. */
export async function plugSwitch(namespace: string, net: string): Promise<void> {
  await must('ip', ['netns', 'add', namespace]);
  await ip(namespace, 'link', 'add', 'br0', 'type', 'bridge');
  await ip(namespace, 'addr', 'add', `${net}.${GATEWAY}/24`, 'dev', 'br0');
  await ip(namespace, 'link', 'set', 'lo', 'up');
  await ip(namespace, 'link', 'set', 'br0', 'up');
  // Whatever is sent beyond the hosts fails at once: nothing leaves this machine.
  await ip(namespace, 'route', 'add', 'unreachable', 'default');
  await must('ip', ['netns', 'exec', namespace, 'sysctl', '-qw', 'net.ipv4.ip_forward=1']);
  await eventually('the switch is up', async () => (await ip(namespace, 'link', 'show', 'br0')).includes('UP'));
}

async function losePackets(namespace: string, uplink: string, percent: number): Promise<void> {
  const table = `netdev loss-${uplink}`;
  const rules = percent === 0 ? '' : `numgen random mod 100 < ${percent} drop;`;
  await nft(
    namespace,
    `add table ${table}\ndelete table ${table}\n${
      percent === 0
        ? ''
        : `table ${table} { chain in { type filter hook ingress device "${uplink}" priority 0; ${rules} } }\n`
    }`,
  );
}
