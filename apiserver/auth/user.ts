/** Who makes a request, after authentication. */
export interface User {
  readonly name: string;
  readonly uid?: string;
  readonly groups: readonly string[];
  /** What else is known of who makes the request: for reviews and logs, decisions do not rest on it. */
  readonly extra?: Readonly<Record<string, readonly string[]>>;
}

/** Group whose members may do everything. */
export const MASTERS = 'system:masters';
/** Group of node credentials; the user is `system:node:NAME`. */
export const NODES = 'system:nodes';
/** Group of join tokens. */
export const BOOTSTRAPPERS = 'system:bootstrappers';

/** The server's own loops: scheduler, controllers, node channel. */
export const SYSTEM_USER: User = { name: 'system:apiserver', groups: [MASTERS] };
