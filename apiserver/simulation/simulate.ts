import type { Invariant } from './invariants/invariant';
import { isUnderWay } from './invariants/everything-converges';
import { Faults } from './faults/faults';
import type { Shared, Violation } from './world/world';
import { World } from './world/world';
import { Users } from './workload/users';

export interface Outcome {
  readonly seed: number;
  /** The first that was seen; undefined: all held. */
  readonly violation: Violation | undefined;
  /** What happened, a line each, in true time. */
  readonly trace: readonly string[];
}

export interface SimulationOptions {
  readonly invariants?: readonly Invariant[];
  /** Called with the world before anything happens in it. */
  readonly prepare?: (world: World) => void;
}

const MACHINES = 5;
const CAPACITY = { cpu: '2', memory: '4Gi', pods: '30' };
/** How long users and faults are at work. */
const BUSY_MS = 240_000;
/** How long everything has to come to rest when no more goes wrong. */
const REST_MS = 300_000;
/** A Job waits no longer than that between one pod and the next. */
const JOB_WAIT_MS = 600_000;
const STEP_MS = 1_000;

/** One cluster's life, all of it drawn from the seed: the same seed gives the same trace. */
export async function simulate(seed: number, shared: Shared, options: SimulationOptions = {}): Promise<Outcome> {
  const world = new World(seed, shared, options.invariants);
  options.prepare?.(world);
  const users = new Users(world);
  const faults = new Faults(world, users);
  try {
    await settling(world, world.startServer());
    for (let index = 1; index <= MACHINES; index += 1) world.addMachine(`n${index}`, CAPACITY);
    await busy(world, users, faults);
    if (world.violation === undefined) {
      await settling(world, faults.mendAll());
      await rest(world, users);
      world.judgeEnd();
    }
  } finally {
    world.stop();
  }
  return { seed, violation: world.violation, trace: world.trace };
}

async function busy(world: World, users: Users, faults: Faults): Promise<void> {
  const chance = world.chance('pace');
  const calm = chance.between(2, 20) / 100;
  await world.clock.advance(5_000);
  while (world.nowMs() < BUSY_MS && world.violation === undefined) {
    if (chance.is(0.25)) void users.act();
    if (chance.is(calm)) void faults.strike();
    await world.clock.advance(STEP_MS);
  }
}

/**
 * Faults that were under way mend themselves in the first part; then users mend what they broke. Jobs take what their pods
 * take, one after the other, and wait after each that fails: those that get on have the time that they need.
 */
async function rest(world: World, users: Users): Promise<void> {
  await world.clock.advance(REST_MS / 3);
  await settling(world, users.mend());
  const endMs = world.nowMs() + (REST_MS * 2) / 3;
  while (world.nowMs() < endMs && world.violation === undefined) await world.clock.advance(STEP_MS);
  let seen = jobsUnderWay(world);
  let movedMs = world.nowMs();
  while (seen !== '' && world.nowMs() < movedMs + JOB_WAIT_MS && world.violation === undefined) {
    await world.clock.advance(STEP_MS);
    const now = jobsUnderWay(world);
    if (now !== seen) movedMs = world.nowMs();
    seen = now;
  }
}

const jobsUnderWay = ({ store }: World): string =>
  store
    .all('Job')
    .filter(isUnderWay)
    .map(({ metadata }) => `${metadata.uid} ${metadata.resourceVersion}`)
    .join();

/** Lets time pass until it is done. */
async function settling(world: World, work: Promise<unknown>): Promise<void> {
  let isDone = false;
  const done = work.finally(() => (isDone = true));
  for (let step = 0; step < 60_000 && !isDone; step += 1) await world.clock.advance(10);
  await done;
}
