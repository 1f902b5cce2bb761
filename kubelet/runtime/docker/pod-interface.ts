import { readFile, readdir, readlink } from 'node:fs/promises';
import path from 'node:path';
import { ProgramError, runProgram } from '../../network/run-program';
import { RuntimeError } from '../runtime';
import type { EngineNetwork } from './engine-network';

const DEVICES = '/sys/class/net';
const IFF_UP = 1;
const INTERFACE_PREFIX = 'pnsp-';

/** The machine's end of a sandbox's interface. Names of interfaces have 15 characters. */
export const podInterfaceOf = (sandboxId: string): string => `${INTERFACE_PREFIX}${sandboxId.slice(0, 10)}`;

/** The same for the same address, as the engine has them: who remembers the one that had it before is not misled. */
export const macOf = (address: string): string =>
  ['02', '42', ...address.split('.').map((part) => Number(part).toString(16).padStart(2, '0'))].join(':');

/** This process may not enter the network of another. */
export class CannotEnterError extends Error {
  override readonly name = 'CannotEnterError';
}

/** Whether a sandbox has its interface: `half` where somebody stopped in between, or took it from its bridge. */
export async function wiringOf(sandboxId: string): Promise<'none' | 'half' | 'whole'> {
  const device = path.join(DEVICES, podInterfaceOf(sandboxId));
  const flags = await readFile(path.join(device, 'flags'), 'utf8').catch(() => undefined);
  if (flags === undefined) return 'none';
  const bridge = await readlink(path.join(device, 'master')).catch(() => undefined);
  return (Number(flags.trim()) & IFF_UP) !== 0 && bridge !== undefined ? 'whole' : 'half';
}

/**
 * Gives a sandbox that runs its interface: a veth, of which one end is `eth0` there and the other a port of the node's
 * bridge. That the other is up is the last that is done. The machine's end goes with the sandbox.
 * Throws CannotEnterError, and RuntimeError with the words of the program that refused.
 */
export async function wire(
  sandbox: { readonly id: string; readonly processId: number; readonly address: string },
  { bridge, gateway, prefix, mtu }: Pick<EngineNetwork, 'bridge' | 'gateway' | 'prefix' | 'mtu'>,
): Promise<void> {
  const outside = podInterfaceOf(sandbox.id);
  const { address, processId } = sandbox;
  if ((await wiringOf(sandbox.id)) !== 'none') await run('ip', ['link', 'delete', 'dev', outside]);
  const inside = `mtu ${mtu} address ${macOf(address)} type veth peer name ${outside} mtu ${mtu} netns ${process.pid}`;
  await run(
    'nsenter',
    ['--target', String(processId), '--net', 'ip', '-batch', '-'],
    [
      `link add name eth0 ${inside}`,
      `address add ${address}/${prefix} broadcast + dev eth0`,
      'link set dev eth0 up',
      `route add default via ${gateway} dev eth0`,
    ],
  );
  await run(
    'ip',
    ['-batch', '-'],
    [
      `link set dev ${outside} master ${bridge}`,
      // A pod that dials a Service may be given itself.
      `link set dev ${outside} type bridge_slave hairpin on`,
      `link set dev ${outside} up`,
    ],
  );
}

/**
 * The bridge of a network that is to be made: what the engine finds there it leaves there when its network goes. False where
 * it is there already.
 */
export async function makeBridge(bridge: string, gateway: string): Promise<boolean> {
  const isThere = await readFile(path.join(DEVICES, bridge, 'flags')).then(
    () => true,
    () => false,
  );
  if (isThere) return false;
  // With an address of its own, or it would take that of a port, and another one when that goes.
  await run('ip', ['link', 'add', 'name', bridge, 'address', macOf(gateway), 'type', 'bridge']);
  return true;
}

/** With the ends of sandboxes that have gone, which the kernel takes away when it has time. Gone already is success. */
export async function removeBridge(bridge: string): Promise<void> {
  const ports = await readdir(path.join(DEVICES, bridge, 'brif')).catch((): string[] => []);
  for (const device of [...ports.filter((port) => port.startsWith(INTERFACE_PREFIX)), bridge])
    await runProgram('ip', ['link', 'delete', 'dev', device]).catch(() => undefined);
}

async function run(program: string, args: readonly string[], lines: readonly string[] = []): Promise<void> {
  try {
    await runProgram(program, args, lines.map((line) => `${line}\n`).join(''));
  } catch (error) {
    if (!(error instanceof ProgramError)) throw error;
    // It starts the other program only once it is in.
    const [, refusal] = /\bnsenter: (.*)/.exec(error.message) ?? [];
    if (refusal !== undefined) throw new CannotEnterError(refusal, { cause: error });
    throw new RuntimeError('Unknown', `the pod's interface could not be made: ${error.message}`, { cause: error });
  }
}
