import type { NodeImage } from '../../../shared/wire/node-images';
import { UsageError } from '../../client/resources';
import type { Context, Flags } from '../command';
import { text } from '../command';

export interface ImagesOfNode {
  readonly node: string;
  readonly images: readonly NodeImage[];
}

interface Worker {
  readonly name: string;
  readonly state: string;
}

export const pagePath = (node: string, page: string): string => `/api/v1/nodes/${node}/proxy/${page}`;

/** The node that `--node` names, or all that are connected; of the others it is said that they are left out. */
export async function chosenNodes(context: Context, flags: Flags): Promise<readonly string[]> {
  const wanted = text(flags, 'node');
  const { value } = await context.client().json<{ readonly items: readonly Worker[] }>({ path: '/nodes' });
  const found = value.items.filter(({ name }) => wanted === undefined || name === wanted);
  if (found.length === 0 && wanted !== undefined)
    throw new UsageError(`no node "${wanted}" is known: kubectl-lite get nodes shows those there are`);
  const away = found.filter(({ state }) => state !== 'connected');
  for (const { name, state } of away) context.note(`node "${name}" is ${state}: left out\n`);
  return found.filter(({ state }) => state === 'connected').map(({ name }) => name);
}

export const imagesOf = (context: Context, nodes: readonly string[]): Promise<readonly ImagesOfNode[]> =>
  Promise.all(
    nodes.map(async (node) => {
      const { value } = await context
        .client()
        .json<{ readonly items: readonly NodeImage[] }>({ path: pagePath(node, 'images') });
      return { node, images: value.items };
    }),
  );

/** An image by one name, as people know it. */
export const nameOf = ({ names, id }: NodeImage): string => names[0] ?? id.replace(/^sha256:/, '').slice(0, 12);

const UNITS = ['B', 'Ki', 'Mi', 'Gi', 'Ti'] as const;

/** `12.3Mi`: three digits say enough. */
export function sizeText(bytes: number): string {
  const power = Math.min(UNITS.length - 1, Math.floor(Math.log2(Math.max(1, bytes)) / 10));
  const amount = bytes / 2 ** (10 * power);
  return `${amount >= 100 || power === 0 ? Math.round(amount) : amount.toFixed(1)}${UNITS[power] ?? 'B'}`;
}

export const totalBytes = (images: readonly NodeImage[]): number =>
  images.reduce((total, { sizeBytes }) => total + sizeBytes, 0);
