import { rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import type { Clock } from '../../../shared/clock';
import { messageOf } from '../../../shared/message-of';
import { runProgram } from '../run-program';
import { acceptFromAnyWay, ensureAddress, linkOf } from './vxlan-device';
import type { WireguardPeer } from './wireguard-config';
import { formatConfig, heardLately, holdsPeers, newsOf } from './wireguard-config';
import type { WireguardKey } from './wireguard-key';
import { keptWireguardKey } from './wireguard-key';

export interface WireguardDeviceOptions {
  readonly name: string;
  readonly port: number;
  readonly dataDir: string;
  readonly clock: Clock;
}

/** A node's WireGuard device: the kernel's, or that of wireguard-go. */
export class WireguardDevice {
  private key: WireguardKey | undefined;
  private told: ReadonlyMap<string, string | undefined> = new Map();

  constructor(private readonly options: WireguardDeviceOptions) {}

  /** Undefined until it was opened. */
  get publicKey(): string | undefined {
    return this.key?.publicKey;
  }

  /** Makes it where it is not there. Throws why it cannot be. */
  async open(address: string, mtu: number): Promise<void> {
    const { name, dataDir } = this.options;
    if ((await linkOf(name)) === undefined) {
      await makeDevice(name);
      this.told = new Map();
    }
    const key = (this.key ??= await keptWireguardKey(dataDir));
    if ((await runProgram('wg', ['show', name, 'public-key'])).trim() !== key.publicKey) await this.write(key, []);
    await runProgram('ip', ['link', 'set', name, 'mtu', String(mtu), 'up']);
    await ensureAddress(name, address);
    await acceptFromAnyWay(name);
  }

  /** Writes who is where, if that differs. Throws ProgramError. */
  async setPeers(peers: readonly WireguardPeer[]): Promise<void> {
    const { name, clock } = this.options;
    const { key } = this;
    if (key === undefined) return;
    const isTold = peers.every(
      (peer) => this.told.has(peer.publicKey) && this.told.get(peer.publicKey) === peer.endpoint,
    );
    if (isTold && holdsPeers(await runProgram('wg', ['show', name, 'allowed-ips']), peers)) return;
    const heard = heardLately(await runProgram('wg', ['show', name, 'latest-handshakes']), clock.now() / 1_000);
    await this.write(key, newsOf(peers, this.told, heard));
    this.told = new Map(peers.map(({ publicKey, endpoint }) => [publicKey, endpoint]));
  }

  /** Through a file for root alone: what stands on a command line everybody can read. */
  private async write({ privateKey }: WireguardKey, peers: readonly WireguardPeer[]): Promise<void> {
    const { name, port, dataDir } = this.options;
    const file = path.join(dataDir, 'wireguard.conf');
    await rm(file, { force: true });
    await writeFile(file, formatConfig({ privateKey, port, peers }), { mode: 0o600 });
    try {
      await runProgram('wg', ['syncconf', name, file]);
    } finally {
      await rm(file, { force: true });
    }
  }
}

async function makeDevice(name: string): Promise<void> {
  const install = 'apt-get install wireguard-tools wireguard-go';
  try {
    await runProgram('wg', ['--version']);
  } catch (error) {
    throw new Error(`there is no program wg: ${install}`, { cause: error });
  }
  try {
    await runProgram('ip', ['link', 'add', name, 'type', 'wireguard']);
  } catch {
    try {
      // With a level it would keep its output, and so whoever started it, to itself.
      await runProgram('env', ['-u', 'LOG_LEVEL', 'wireguard-go', name]);
    } catch (error) {
      throw new Error(`the kernel has no WireGuard, and wireguard-go: ${messageOf(error)} (${install})`, {
        cause: error,
      });
    }
  }
}
