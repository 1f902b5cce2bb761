import { readFile, writeFile } from 'node:fs/promises';
import { setBridgePorts } from '../bridge-ports';
import { runProgram } from '../run-program';

/** The engine drops what comes from outside to containers that publish nothing: what a Service sent there is to pass. */
const PASS = [
  '-m',
  'conntrack',
  '--ctstate',
  'DNAT',
  '-m',
  'comment',
  '--comment',
  'pinsetter services',
  '-j',
  'ACCEPT',
];
const CHAIN = 'DOCKER-USER';

/** There and back: the engine keeps its networks apart also for answers. */
const rulesOf = (podInterface: string): readonly (readonly string[])[] => [
  ['-o', podInterface, ...PASS],
  ['-i', podInterface, ...PASS],
];

const iptables = (...args: readonly string[]): Promise<boolean> =>
  runProgram('iptables', ['-w', '5', ...args]).then(
    () => true,
    () => false,
  );

const CLOSED_SECONDS_FILE = '/proc/sys/net/netfilter/nf_conntrack_tcp_timeout_time_wait';
/**
 * So long the kernel remembers connections that were closed; by default 120 s. The engine forgets all connections to a container
 * that goes, one after the other, by their addresses and ports: one that was opened anew meanwhile from the port of a closed
 * one would be forgotten with it, though it leads to another container. A client has gone through its ports once by 1,500
 * connections.
 */
const CLOSED_SECONDS = 5;

/** Lets the kernel forward what Services send to pods behind `podInterface`, beside the engine's own rules. Idempotent. */
export async function allowForwarding(podInterface: string): Promise<void> {
  for (const rule of rulesOf(podInterface)) {
    for (const chain of [CHAIN, 'FORWARD']) {
      if (await iptables('-C', chain, ...rule)) break;
      if (await iptables('-I', chain, '1', ...rule)) break;
    }
  }
  await writeFile('/proc/sys/net/ipv4/ip_forward', '1');
  // Where the kernel does not follow connections yet there is no such file, and nothing to forget.
  const closedSeconds = await readFile(CLOSED_SECONDS_FILE, 'utf8').catch(() => '0');
  if (Number(closedSeconds) > CLOSED_SECONDS) await writeFile(CLOSED_SECONDS_FILE, String(CLOSED_SECONDS));
  // A node port is also dialled as localhost; that nothing else comes in so, the services' own table sees to.
  await writeFile(`/proc/sys/net/ipv4/conf/${podInterface}/route_localnet`, '1');
}

/** A pod that dials a Service and is given itself: its bridge must send a frame back to where it came from. */
export async function allowHairpin(podInterface: string): Promise<void> {
  await setBridgePorts(podInterface, 'hairpin_mode');
}

/** Takes back what `allowForwarding` added to other people's tables. */
export async function forbidForwarding(podInterface: string): Promise<void> {
  for (const rule of rulesOf(podInterface))
    for (const chain of [CHAIN, 'FORWARD']) await iptables('-D', chain, ...rule);
}
