import type { User } from '../user';
import { NODES } from '../user';

export const NODE_USER_PREFIX = 'system:node:';

/** The node whose credentials a user shows; undefined for anybody else. */
export const nodeOf = ({ name, groups }: User): string | undefined =>
  name.startsWith(NODE_USER_PREFIX) && groups.includes(NODES) ? name.slice(NODE_USER_PREFIX.length) : undefined;
