import { writeFile } from 'node:fs/promises';
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

/** Lets the kernel forward what Services send to pods behind `podInterface`, beside the engine's own rules. Idempotent. */
export async function allowForwarding(podInterface: string): Promise<void> {
  for (const rule of rulesOf(podInterface)) {
    for (const chain of [CHAIN, 'FORWARD']) {
      if (await iptables('-C', chain, ...rule)) break;
      if (await iptables('-I', chain, '1', ...rule)) break;
    }
  }
  await writeFile('/proc/sys/net/ipv4/ip_forward', '1');
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
