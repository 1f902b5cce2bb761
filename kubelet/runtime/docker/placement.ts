/** Where a sandbox gets its address and its interface. */
export interface Placement {
  readonly network: string;
  readonly address: string;
  /** Who makes the interface. */
  readonly by: 'agent' | 'engine';
}
