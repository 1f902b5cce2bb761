import { readFile } from 'node:fs/promises';
import path from 'node:path';

/** What the kernel has mounted, as /proc/self/mountinfo tells. Asks no file system, so that a server that is away holds up nobody. */
async function mountPoints(): Promise<readonly string[]> {
  const table = await readFile('/proc/self/mountinfo', 'utf8');
  return table.split('\n').flatMap((line) => {
    const [, , , , target] = line.split(' ');
    return target === undefined ? [] : [unescaped(target)];
  });
}

export const isMountPoint = async (folder: string): Promise<boolean> =>
  (await mountPoints()).includes(path.resolve(folder));

/** The deepest first, the folder itself among them where something is mounted there. */
export async function mountsAtOrBelow(folder: string): Promise<readonly string[]> {
  const at = path.resolve(folder);
  const found = (await mountPoints()).filter((target) => target === at || target.startsWith(`${at}/`));
  return found.sort((a, b) => b.length - a.length);
}

/** The kernel writes blanks and the like as three octal digits. */
const unescaped = (text: string): string =>
  text.replaceAll(/\\([0-7]{3})/g, (_match, octal: string) => String.fromCharCode(parseInt(octal, 8)));
