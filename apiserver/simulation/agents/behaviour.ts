import type { Pod } from '../../../shared/api/objects';
import type { Random } from '../../../shared/random';

/** What a container of an image does: the simulation's images, by name. */
export interface Behaviour {
  /** Ends by itself after so long; absent: never. */
  readonly runMs?: number;
  readonly exitCode: number;
  /** Whether it ever answers its readiness probe. */
  readonly becomesReady: boolean;
}

export const GOOD_IMAGE = 'app:v';
export const BROKEN_IMAGE = 'broken:v';
/** Ends well after some seconds, or now and then badly. */
export const JOB_IMAGE = 'job:v';
/** Always ends badly. */
export const FAILING_IMAGE = 'failing-job:v';

const FAILING_SHARE = 0.15;

export function behaviourOf(pod: Pod, random: Random): Behaviour {
  const image = pod.spec.containers[0]?.image ?? '';
  if (image.startsWith(FAILING_IMAGE)) {
    return { runMs: 1_000 + random.next() * 5_000, exitCode: 1, becomesReady: true };
  }
  if (image.startsWith(JOB_IMAGE)) {
    return {
      runMs: 1_000 + random.next() * 15_000,
      exitCode: random.next() < FAILING_SHARE ? 1 : 0,
      becomesReady: true,
    };
  }
  return { exitCode: 1, becomesReady: !image.startsWith(BROKEN_IMAGE) };
}
