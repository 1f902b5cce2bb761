import type { Clock } from '../../../shared/clock';
import type { Random } from '../../../shared/random';

/** What an agent does with one pod; a new thing to do replaces what was under way. */
interface Care {
  isReady: boolean;
  readySinceMs?: number;
  stopping: 'for-good' | 'fence' | undefined;
  cancel: () => void;
}

/** How long something takes. */
interface Range {
  readonly least: number;
  readonly most: number;
}

/** What an agent is at with each of its pods, by uid. */
export class Cares {
  private readonly cares = new Map<string, Care>();

  constructor(
    private readonly clock: Clock,
    private readonly random: Random,
  ) {}

  of(uid: string): Care {
    const known = this.cares.get(uid);
    if (known !== undefined) return known;
    const care: Care = { isReady: false, stopping: undefined, cancel: () => undefined };
    this.cares.set(uid, care);
    return care;
  }

  after(uid: string, range: Range, task: () => void): void {
    const care = this.of(uid);
    care.cancel();
    care.cancel = this.clock.setTimeout(task, this.between(range));
  }

  between({ least, most }: Range): number {
    return least + this.random.next() * (most - least);
  }

  end(uid: string): void {
    this.cares.get(uid)?.cancel();
    this.cares.delete(uid);
  }
}
