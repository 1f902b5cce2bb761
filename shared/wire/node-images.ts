/** What a node says of the images on its engine, and what it is asked to do with them. */
import type { NodeImageNames, NodeImages } from './node-channel';
import { asArray, asBoolean, asNumber, asOptional, asRecord, asString, field } from './parse-value';

export interface NodeImage {
  readonly id: string;
  /** Tags, then digests; empty for an image that lost its name. */
  readonly names: readonly string[];
  /** Layers that it shares with others count too. */
  readonly sizeBytes: number;
  /** Absent: the agent did not pull it. */
  readonly pulledAtMs?: number;
  readonly lastUsedAtMs?: number;
  readonly isPinned: boolean;
  /** Why it stays; absent: nobody needs it. */
  readonly kept?: string;
}

/** What became of one image that nobody needed. */
export interface PrunedImage {
  readonly image: NodeImage;
  /** Absent: it is gone. */
  readonly problem?: string;
}

const MAX_IMAGES = 10_000;
const MAX_IMAGES_IN_STATUS = 50;
const MAX_NAMES = 1_000;
const MAX_TEXT = 4_096;

const textOf = (value: unknown, path: string): string => asString(value, path, MAX_TEXT);

/** Each of these throws BadRequest naming the bad field. */
export const parseImageNames = (value: unknown): readonly string[] => asArray(value, 'names', textOf, MAX_IMAGES);

export const parseReferredImages = (value: unknown): NodeImageNames => ({
  names: parseImageNames(asRecord(value, 'referredImages')['names']),
});

export const parseImagesInStatus = (value: unknown): NodeImages => ({
  images: asArray(
    asRecord(value, 'nodeImages')['images'],
    'images',
    (item, path) => {
      const image = asRecord(item, path);
      return {
        names: asArray(image['names'], `${path}.names`, textOf, MAX_NAMES),
        sizeBytes: asNumber(image['sizeBytes'], `${path}.sizeBytes`),
      };
    },
    MAX_IMAGES_IN_STATUS,
  ),
});

export const parseNodeImages = (value: unknown): readonly NodeImage[] =>
  asArray(value, 'images', parseNodeImage, MAX_IMAGES);

export const parsePrunedImages = (value: unknown): readonly PrunedImage[] =>
  asArray(
    value,
    'pruned',
    (item, path) => {
      const pruned = asRecord(item, path);
      return {
        image: parseNodeImage(pruned['image'], `${path}.image`),
        ...field('problem', asOptional(pruned['problem'], `${path}.problem`, textOf)),
      };
    },
    MAX_IMAGES,
  );

function parseNodeImage(value: unknown, path: string): NodeImage {
  const image = asRecord(value, path);
  return {
    id: asString(image['id'], `${path}.id`),
    names: asArray(image['names'], `${path}.names`, textOf, MAX_NAMES),
    sizeBytes: asNumber(image['sizeBytes'], `${path}.sizeBytes`),
    isPinned: asBoolean(image['isPinned'], `${path}.isPinned`),
    ...field('pulledAtMs', asOptional(image['pulledAtMs'], `${path}.pulledAtMs`, asNumber)),
    ...field('lastUsedAtMs', asOptional(image['lastUsedAtMs'], `${path}.lastUsedAtMs`, asNumber)),
    ...field('kept', asOptional(image['kept'], `${path}.kept`, textOf)),
  };
}
