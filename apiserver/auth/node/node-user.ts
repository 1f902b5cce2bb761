import type { User } from '../user';
import { NODES } from '../user';

export const NODE_USER_PREFIX = 'system:node:';
/** The namespace of the nodes' leases, each named for its node. */
export const NODE_LEASES = 'kube-node-lease';

/** The node whose credentials a user shows; undefined for anybody else. */
export const nodeOf = ({ name, groups }: User): string | undefined =>
  name.startsWith(NODE_USER_PREFIX) && groups.includes(NODES) ? name.slice(NODE_USER_PREFIX.length) : undefined;
