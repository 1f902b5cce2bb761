import type { NodeImage, PrunedImage } from '../../../shared/wire/node-images';
import { systemClock } from '../../../shared/clock';
import { humanDuration } from '../../../shared/human-duration';
import { UsageError } from '../../client/resources';
import { confirm } from '../../confirm';
import { tableWidth } from '../../environment';
import { layoutColumns } from '../../output/columns';
import type { Command, Context, Flags } from '../command';
import { group, isSet, text } from '../command';
import type { ImagesOfNode } from './node-images';
import { chosenNodes, imagesOf, nameOf, pagePath, sizeText, totalBytes } from './node-images';

const list: Command = {
  name: 'list',
  usage: 'list',
  describe: 'the images on the nodes, and why each stays',
  build: (yargs) => yargs.option('node', { type: 'string', describe: 'of this node only' }),
  run: async (context, flags) => {
    const nowMs = systemClock.now();
    const rows = (await imagesOf(context, await chosenNodes(context, flags))).flatMap(({ node, images }) =>
      [...images]
        .sort((a, b) => nameOf(a).localeCompare(nameOf(b)))
        .map((image) => [
          node,
          nameOf(image),
          sizeText(image.sizeBytes),
          image.lastUsedAtMs === undefined ? '<unknown>' : humanDuration(nowMs - image.lastUsedAtMs),
          image.kept ?? 'nobody needs it',
        ]),
    );
    context.out(
      layoutColumns([['NODE', 'IMAGE', 'SIZE', 'USED', 'STAYS AS'], ...rows], tableWidth(context.environment)),
    );
  },
  next: () => 'kubectl-lite image prune --dry-run',
};

const prune: Command = {
  name: 'prune',
  usage: 'prune',
  describe: 'remove the images from the nodes that nobody needs; only those that an agent pulled',
  build: (yargs) =>
    yargs
      .option('node', { type: 'string', describe: 'from this node only' })
      .option('dry-run', { type: 'boolean', describe: 'only tell what would go, and why the rest stays' })
      .option('yes', { alias: 'y', type: 'boolean', describe: 'do not ask' }),
  run: async (context, flags) => {
    const found = await imagesOf(context, await chosenNodes(context, flags));
    const going = found.flatMap(({ images }) => images.filter(isUnneeded));
    if (isSet(flags, 'dry-run')) return context.out(dryRunText(context, found));
    if (going.length === 0) return context.out('nothing to remove: every image is needed, or not ours to remove\n');
    context.out(tableOf(context, found, isUnneeded));
    const question = `remove ${going.length} images (${sizeText(totalBytes(going))})?`;
    if (!isSet(flags, 'yes') && !(await confirm(context.environment, question))) {
      context.note('nothing was removed\n');
      return 1;
    }
    return removeFrom(
      context,
      found.filter(({ images }) => images.some(isUnneeded)).map(({ node }) => node),
    );
  },
  next: (flags) => (isSet(flags, 'dry-run') ? 'kubectl-lite image prune' : undefined),
};

const isUnneeded = ({ kept }: NodeImage): boolean => kept === undefined;

function dryRunText(context: Context, found: readonly ImagesOfNode[]): string {
  const going = found.flatMap(({ images }) => images.filter(isUnneeded));
  const total = `${going.length} images would go from ${found.length} nodes, ${sizeText(totalBytes(going))}\n`;
  return `${tableOf(context, found, () => true)}\n${total}`;
}

function tableOf(context: Context, found: readonly ImagesOfNode[], shows: (image: NodeImage) => boolean): string {
  const rows = found.flatMap(({ node, images }) =>
    images
      .filter(shows)
      .map((image) => [
        node,
        nameOf(image),
        sizeText(image.sizeBytes),
        isUnneeded(image) ? 'goes' : 'stays',
        image.kept ?? 'nobody needs it',
      ]),
  );
  return layoutColumns([['NODE', 'IMAGE', 'SIZE', '', 'WHY'], ...rows], tableWidth(context.environment));
}

/** One node after the other. Their agents judge anew: what came into use meanwhile stays. */
async function removeFrom(context: Context, nodes: readonly string[]): Promise<number> {
  let freedBytes = 0;
  let failed = 0;
  for (const node of nodes) {
    const { value } = await context
      .client()
      .json<{ readonly items: readonly PrunedImage[] }>({ method: 'POST', path: pagePath(node, 'images/prune') });
    for (const { image, problem } of value.items) {
      if (problem === undefined) freedBytes += image.sizeBytes;
      else failed += 1;
      const line = problem === undefined ? `removed (${sizeText(image.sizeBytes)})` : `stays: ${problem}`;
      context.out(`node/${node} ${nameOf(image)} ${line}\n`);
    }
  }
  context.out(`freed up to ${sizeText(freedBytes)}: layers that others share stay\n`);
  return failed === 0 ? 0 : 1;
}

const pinning = (name: 'pin' | 'unpin', describe: string): Command => ({
  name,
  usage: `${name} <image>`,
  describe,
  build: (yargs) => yargs.option('node', { type: 'string', describe: 'on this node only' }),
  run: async (context: Context, flags: Flags) => {
    const image = text(flags, 'image');
    if (image === undefined) throw new UsageError('say which image; a * at the end stands for anything');
    for (const node of await chosenNodes(context, flags)) {
      const path = pagePath(node, `images/pins/${encodeURIComponent(image)}`);
      await context.client().json({ method: name === 'pin' ? 'PUT' : 'DELETE', path });
      context.out(`node/${node} ${image} ${name}ned\n`);
    }
  },
});

export const image = group({
  name: 'image',
  describe: 'the images on the nodes: list, prune, pin',
  subcommands: [
    list,
    prune,
    pinning('pin', 'never remove images of that name'),
    pinning('unpin', 'let images of that name go when nobody needs them'),
  ],
});
