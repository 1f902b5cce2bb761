import { readFile } from 'node:fs/promises';
import net from 'node:net';

/**
 * The interface whose own network the address is of. From the kernel's routes: of interfaces that nothing is connected
 * to just now, as a bridge without pods, Node tells nothing.
 */
export async function interfaceTowards(address: string, routesFile = '/proc/net/route'): Promise<string | undefined> {
  if (!net.isIPv4(address)) return undefined;
  const routes = await readFile(routesFile, 'utf8').catch(() => '');
  const wanted = numberOf(address);
  for (const line of routes.split('\n').slice(1)) {
    const [name, destination = '', , , , , , mask = ''] = line.trim().split(/\s+/);
    const bits = littleEndian(mask);
    // The default route leads everywhere.
    if (bits !== 0 && littleEndian(destination) === (wanted & bits) >>> 0) return name;
  }
  return undefined;
}

const numberOf = (address: string): number =>
  address.split('.').reduce((sum, part) => ((sum << 8) | Number(part)) >>> 0, 0);

/** As the kernel prints an address: its bytes in the machine's order. */
const littleEndian = (hex: string): number =>
  hex.length === 8 ? Buffer.from(hex, 'hex').reverse().readUInt32BE(0) : 0;
