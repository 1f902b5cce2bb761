import { systemRandom } from '../../../shared/random';

/** A container's name from its image, as kubectl makes it: the last part without tag, made unique where it had to be changed. */
export function containerNameOf(image: string): string {
  const last = image.split('/').at(-1) ?? '';
  const plain = (last.split(':')[0] ?? '').split('@')[0] ?? '';
  return /[_.]/.test(plain) ? `${plain.replace(/[_.]/g, '-')}-${systemRandom.suffix(5)}` : plain;
}

/** The command after `--`, as a field. */
export const commandField = (flags: Readonly<Record<string, unknown>>): { readonly command?: readonly string[] } => {
  const given = flags['--'];
  return Array.isArray(given) && given.length > 0 ? { command: given.map(String) } : {};
};
