import type { Pod } from '../../shared/api/objects';
import type { Clock } from '../../shared/clock';
import type { Logger } from '../../shared/logger';
import { isRunning } from '../plan/observed-pod';
import type { InFlight } from '../pod-worker/in-flight';
import type { PodEnvironment } from '../pod-worker/pod-environment';
import { PodWorker } from '../pod-worker/pod-worker';
import type { Observed, Runtime } from '../runtime/runtime';
import type { DesiredPods } from './desired-pods';
import { forgottenPod } from './forgotten-pod';
import type { Refusal } from '../pod-worker/refusal';

/** How long new pods wait for those that end when the node returns; as long as pods have to end, where they say nothing. */
const ROOM_LIMIT_MS = 30_000;

export interface PodWorkersOptions {
  readonly desired: DesiredPods;
  readonly runtime: Runtime;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly inFlight: InFlight;
  readonly environment: PodEnvironment;
  /** Whether a pod of which nothing runs may be started now. */
  readonly mayStart: (pod: Pod) => boolean;
  /** Why the node takes no new pod such as this; undefined where it does. */
  readonly refusal: (pod: Pod) => Refusal | undefined;
  /** What must be done with what runs before any worker looks after it. */
  readonly beforeAdoption: (observed: Observed) => Promise<void>;
  /** Called once whatever the engine had at first is claimed or disowned. */
  readonly onAllClaimed: () => void;
}

/**
 * One worker for each pod of the node: employed when the server assigns the pod, or when the engine still runs something
 * of it, and let go when nothing is left. What the engine has and nobody claims is removed.
 */
export class PodWorkers {
  private readonly workers = new Map<string, PodWorker>();
  /**
   * What the engine had when it was first listed, until the server has claimed or disowned all of it; undefined
   * before, when nothing may be started yet.
   */
  private adopted: Observed | undefined;
  /** The server has said all that this node is to run, so that anything else is an orphan. */
  private isFullyTold = false;

  constructor(private readonly options: PodWorkersOptions) {}

  all(): readonly PodWorker[] {
    return [...this.workers.values()];
  }

  get(uid: string): PodWorker | undefined {
    return this.workers.get(uid);
  }

  /** A pod of which nothing runs yet begins when there is `room`. */
  assign(pod: Pod, room?: Promise<void>): void {
    const worker = this.workers.get(pod.metadata.uid);
    if (worker !== undefined) {
      worker.update(pod);
      return;
    }
    if (this.adopted === undefined || !this.mayEmploy(pod, this.adopted)) return;
    const employed = this.employ(pod, ofPod(this.adopted, pod.metadata.uid), room);
    const isNew = pod.status?.startTime === undefined && employed.containers.length === 0;
    const refusal = isNew ? this.options.refusal(pod) : undefined;
    if (refusal !== undefined) employed.refuse(refusal);
  }

  unassign(uid: string): void {
    this.workers.get(uid)?.remove();
  }

  /** The server has named every pod of this node. The uids of those that nobody claims, which go. */
  claimAll(): readonly string[] {
    this.isFullyTold = true;
    return this.disownOrphans();
  }

  /** All that the engine has: at first what runs is adopted and what does not is started, later no event may be missing. */
  async onListed(observed: Observed): Promise<void> {
    if (this.adopted !== undefined) {
      await Promise.all(this.all().map((worker) => worker.relist(ofPod(observed, worker.pod.metadata.uid))));
      this.employWaiting(observed);
      return;
    }
    this.adopted = observed;
    await this.options.beforeAdoption(observed);
    const room = this.isFullyTold ? this.roomAfter(new Set(this.disownOrphans())) : undefined;
    for (const pod of this.options.desired.all())
      if (this.mayEmploy(pod, observed)) this.employ(pod, ofPod(observed, pod.metadata.uid), room);
    if (this.isFullyTold) this.forgetAdopted();
    this.options.logger.info({ pods: this.workers.size, containers: observed.containers.length }, 'adopted what runs');
  }

  /** Starts what waited for the server's word. */
  async startWaiting(): Promise<void> {
    if (this.adopted === undefined) return;
    if (this.options.desired.all().every(({ metadata }) => this.workers.has(metadata.uid))) return;
    try {
      this.employWaiting(await this.options.runtime.list());
    } catch (error) {
      this.options.logger.debug({ err: error }, 'pods start when the engine is back');
    }
  }

  /** Removes what the engine has of pods that nobody knows, as what was made while nobody could be told. */
  async removeStrays(): Promise<void> {
    if (this.adopted === undefined || !this.isFullyTold) return;
    this.adopted = await this.options.runtime.list();
    this.disownOrphans();
    this.forgetAdopted();
  }

  /** Whatever the engine had at first is claimed or disowned. */
  forgetAdopted(): void {
    if (this.adopted === undefined) return;
    this.adopted = { sandboxes: [], containers: [] };
    this.options.onAllClaimed();
  }

  /** Resolves when nothing of these pods is left here, or after a while: some take their time. Undefined where none runs. */
  roomAfter(uids: ReadonlySet<string>): Promise<void> | undefined {
    const alive = this.all().filter(({ pod, isAlive }) => isAlive && uids.has(pod.metadata.uid));
    if (alive.length === 0) return undefined;
    return new Promise((resolve) => {
      const left = new Set(alive);
      const cancel = this.options.clock.setTimeout(resolve, ROOM_LIMIT_MS);
      for (const worker of alive) {
        const { gone } = worker;
        gone.addEventListener('abort', () => {
          left.delete(worker);
          if (left.size > 0) return;
          cancel();
          resolve();
        });
      }
    });
  }

  /** Lets go of everything; containers run on. */
  release(): void {
    for (const worker of this.workers.values()) worker.release();
  }

  /** What must not run twice and does not run now waits for the server's word. */
  private mayEmploy(pod: Pod, observed: Observed): boolean {
    const runs = ofPod(observed, pod.metadata.uid).containers.some(isRunning);
    return runs || isDeleted(pod) || this.options.mayStart(pod);
  }

  private employWaiting(observed: Observed): void {
    for (const pod of this.options.desired.all()) {
      const { uid } = pod.metadata;
      if (!this.workers.has(uid) && this.mayEmploy(pod, observed)) this.employ(pod, ofPod(observed, uid));
    }
  }

  /** Pods that were deleted while this agent was away: what the engine has of them goes. Their uids. */
  private disownOrphans(): readonly string[] {
    const { desired, logger } = this.options;
    const { sandboxes, containers } = this.adopted ?? { sandboxes: [], containers: [] };
    const uids: string[] = [];
    for (const { pod } of [...sandboxes, ...containers]) {
      if (this.workers.has(pod.uid) || desired.get(pod.uid) !== undefined) continue;
      const orphan = ofPod({ sandboxes, containers }, pod.uid);
      logger.info({ pod: `${pod.namespace}/${pod.name}`, uid: pod.uid }, 'orphan found, removing it');
      this.employ(forgottenPod(pod, orphan), orphan).remove();
      uids.push(pod.uid);
    }
    return uids;
  }

  private employ(pod: Pod, observed: Observed, room?: Promise<void>): PodWorker {
    const worker = new PodWorker({
      env: this.options.environment,
      pod,
      observed,
      onGone: ({ metadata }) => {
        this.workers.delete(metadata.uid);
        this.options.desired.delete(metadata.uid);
      },
    });
    this.workers.set(pod.metadata.uid, worker);
    const isNew = observed.sandboxes.length + observed.containers.length === 0;
    if (room === undefined || !isNew) void worker.start();
    else void room.then(() => (worker.gone.aborted ? undefined : worker.start()));
    return worker;
  }
}

/** Whether its deletion has been asked for. */
export const isDeleted = ({ metadata }: Pod): boolean => metadata.deletionTimestamp !== undefined;

const ofPod = (observed: Observed, uid: string): Observed => ({
  sandboxes: observed.sandboxes.filter(({ pod }) => pod.uid === uid),
  containers: observed.containers.filter(({ pod }) => pod.uid === uid),
});
