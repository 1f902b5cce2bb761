export interface Removal {
  readonly revision: number;
  readonly nodeName: string;
  readonly uid: string;
  readonly namespace: string;
  readonly name: string;
}

const MAX_REMOVALS = 20_000;

/** Pods that left their node, as far back as it reaches: what a returning agent's difference is made of. */
export class RemovalLog {
  private removals: Removal[] = [];

  /** @param floor complete for everything after this revision. */
  constructor(private floor: number) {}

  add(removal: Removal): void {
    this.removals.push(removal);
    if (this.removals.length <= MAX_REMOVALS) return;
    const forgotten = this.removals.splice(0, MAX_REMOVALS / 2);
    this.floor = Math.max(this.floor, ...forgotten.map(({ revision }) => revision));
  }

  /** Whether everything that happened after `revision` is still known. */
  reaches(revision: number): boolean {
    return revision >= this.floor;
  }

  since(nodeName: string, revision: number): readonly Removal[] {
    return this.removals.filter((removal) => removal.nodeName === nodeName && removal.revision > revision);
  }

  has(nodeName: string, uid: string): boolean {
    return this.removals.some((removal) => removal.nodeName === nodeName && removal.uid === uid);
  }
}
