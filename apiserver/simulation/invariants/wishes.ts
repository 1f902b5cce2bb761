import type { Deployment } from '../../../shared/api/objects';
import type { Committed } from '../world/observer';
import { NEWS_MS } from './invariant';

interface Wish {
  readonly deployment: Deployment;
  /** When, in true time, its controller had taken note of it; undefined: not yet. */
  observedMs: number | undefined;
}

/** What Deployments ask for, and have asked for before: a wish counts until its controller has long heard of the next one. */
export class Wishes {
  private readonly seen = new Map<string, readonly Wish[]>();

  note({ resource, object }: Committed, nowMs: number): void {
    if (resource !== 'deployments.apps') return;
    const deployment = object as unknown as Deployment;
    const { uid, generation = 0 } = deployment.metadata;
    const known = this.seen.get(uid) ?? [];
    const isNew = known.at(-1)?.deployment.metadata.generation !== generation;
    const wishes = isNew ? [...known, { deployment, observedMs: undefined }] : known;
    const observed = deployment.status?.observedGeneration ?? 0;
    for (const wish of wishes) {
      if ((wish.deployment.metadata.generation ?? 0) <= observed) wish.observedMs ??= nowMs;
    }
    this.seen.set(uid, stillCounting(wishes, nowMs));
  }

  /** All that it has asked for of late. */
  of({ metadata: { uid } }: Deployment, nowMs: number): readonly Deployment[] {
    return stillCounting(this.seen.get(uid) ?? [], nowMs).map(({ deployment }) => deployment);
  }
}

const stillCounting = (wishes: readonly Wish[], nowMs: number): readonly Wish[] => {
  const isOld = ({ observedMs }: Wish): boolean => observedMs !== undefined && observedMs < nowMs - NEWS_MS;
  const last = wishes.findLastIndex(isOld);
  return wishes.slice(Math.max(0, last));
};
