import type { PolicyBlock, PolicyProtocol } from '../../../shared/wire/network-policy';

export type SetKind =
  /** Addresses. */
  | 'addresses'
  /** An address and a port, `10.1.2.3:80`. */
  | 'endpoints'
  /** Two addresses, `10.1.2.3>10.1.2.4`. */
  | 'pairs';

export interface RuleSet {
  readonly kind: SetKind;
  readonly elements: ReadonlySet<string>;
}

export type PeerMatch = { readonly set: string } | PolicyBlock;

export interface PortMatch {
  readonly protocol: PolicyProtocol;
  /** Of the receiver; both ends in it, apart from each other and ascending. Absent: any. */
  readonly ranges?: readonly (readonly [number, number])[];
}

export type Rule =
  | { readonly kind: 'jump'; readonly chain: string }
  | { readonly kind: 'drop' }
  /** Passes where all that is said matches. */
  | {
      readonly kind: 'accept';
      /** The other side: the sender of what comes in, the receiver of what goes out. */
      readonly peer?: PeerMatch;
      readonly ports?: PortMatch;
      /** The receiver's address and port are in this set. */
      readonly receiver?: { readonly set: string; readonly protocol: PolicyProtocol };
    };

export type Direction = 'ingress' | 'egress';

export interface Chain {
  readonly direction: Direction;
  readonly rules: readonly Rule[];
}

/**
 * What the kernel is to hold: a packet to (ingress) or from (egress) one of the addresses goes through that chain, where
 * nothing that passes is ended by `drop`; other packets pass.
 */
export interface Ruleset {
  readonly sets: ReadonlyMap<string, RuleSet>;
  readonly chains: ReadonlyMap<string, Chain>;
  readonly ingress: ReadonlyMap<string, string>;
  readonly egress: ReadonlyMap<string, string>;
}

/** Pairs of the same address: a pod may always reach itself. */
export const ITSELF = 'itself';

export const emptyRuleset: Ruleset = {
  sets: new Map([[ITSELF, { kind: 'pairs', elements: new Set<string>() }]]),
  chains: new Map(),
  ingress: new Map(),
  egress: new Map(),
};
