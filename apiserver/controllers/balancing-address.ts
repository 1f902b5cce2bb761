import net from 'node:net';
import type { Node } from '../../shared/api/objects';

const EXCLUDED = 'node.kubernetes.io/exclude-from-external-load-balancers';

/** Where a node is dialled from outside; undefined: it is not to be. */
export function balancingAddress({ metadata, status }: Node): string | undefined {
  if (metadata.labels?.[EXCLUDED] !== undefined || metadata.deletionTimestamp !== undefined) return undefined;
  const addresses = status?.addresses ?? [];
  const found = ['ExternalIP', 'InternalIP'].flatMap((type) => addresses.filter((each) => each.type === type));
  return found.map(({ address }) => address).find((address) => net.isIPv4(address));
}
