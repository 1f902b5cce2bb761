/** Marks routes as the pod network's, of whichever node and cluster (a number that nobody has a name for). */
export const ROUTE_PROTOCOL = 113;
/** Its bridges, and the devices of its ways. */
export const isPodNetworkDevice = (name: string): boolean => /^pns[bvrw]-/.test(name);

/** Where servers take the addresses of pods from unless they are told otherwise. */
export const DEFAULT_CLUSTER_CIDR = '10.244.0.0/16';
