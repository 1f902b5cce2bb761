/** A relay device sends to the agent from one of these, which only root has beside it. */
export const RELAY_SOURCE_PORTS = { first: 512, last: 1_023 } as const;
