import { testSigningKeys } from '../auth/service-account/testing/test-tokens';
import { loadSchemas } from '../openapi/schemas';
import { simulate } from './simulate';
import { aStatefulSet } from './workload/manifests';
import { World } from './world/world';

const shared = { schemas: loadSchemas(), keys: testSigningKeys() };
/** A cluster's nine minutes take two seconds, and many times that where others want the machine too. */
const PATIENCE_MS = 240_000;

it.each([1, 2, 3, 4, 5])(
  'holds all invariants under the faults of seed %i',
  async (seed) => {
    const { violation } = await simulate(seed, shared);
    expect(violation).toBeUndefined();
  },
  PATIENCE_MS,
);

it(
  'tells the same of the same seed',
  async () => {
    const [one, other] = [await simulate(6, shared), await simulate(6, shared)];
    expect(other.trace).toEqual(one.trace);
    expect(one.trace.length).toBeGreaterThan(100);
  },
  2 * PATIENCE_MS,
);

/** A StatefulSet's pod whose machine loses the network for two minutes. */
async function loseTheNetwork(agentsFence: boolean): Promise<World> {
  const world = new World(1, shared);
  world.agentsFence = agentsFence;
  await Promise.all([world.startServer(), world.clock.advance(100)]);
  for (const name of ['n1', 'n2', 'n3']) world.addMachine(name, { cpu: '2', memory: '4Gi', pods: '30' });
  await world.clock.advance(10_000);
  const set = aStatefulSet('default', 'db', world.chance('set'));
  await Promise.all([world.server?.client.create('StatefulSet', set), world.clock.advance(20_000)]);
  const machine = world.machines.find((each) => each.running().length > 0);
  machine?.link.sever('toServer');
  machine?.link.sever('toAgent');
  await world.clock.advance(120_000);
  machine?.link.mend();
  await world.clock.advance(60_000);
  world.stop();
  return world;
}

it(
  'sees an identity run twice where agents do not stop what they must',
  async () => {
    const { violation, trace } = await loseTheNetwork(false);
    expect(violation?.invariant).toBe('one-of-each-identity');
    expect(trace.join('\n')).toContain('VIOLATED one-of-each-identity: default/db-');
  },
  PATIENCE_MS,
);

it(
  'sees it run elsewhere, once, where they do',
  async () => {
    const { violation, trace } = await loseTheNetwork(true);
    expect(violation).toBeUndefined();
    expect(trace.filter((line) => line.includes(' + default/db-0')).length).toBeGreaterThan(1);
  },
  PATIENCE_MS,
);
