import { createHash } from 'node:crypto';
import type { SystemContainerSpec } from './runtime';

/** What a node's own container was made from: a difference means that it must be made anew. */
export const specHashOf = ({ name, engineName, image, command, mounts, capabilities }: SystemContainerSpec): string =>
  createHash('sha256')
    .update(JSON.stringify([name, engineName, image, command, mounts, capabilities]))
    .digest('hex')
    .slice(0, 16);
