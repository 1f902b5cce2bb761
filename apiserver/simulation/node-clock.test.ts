import { testSigningKeys } from '../auth/service-account/testing/test-tokens';
import { loadSchemas } from '../openapi/schemas';
import { World } from './world/world';

it('tells of a node whose clock is wrong in its conditions and an Event, until it is right again, also over a restart of the server', async () => {
  const world = new World(1, { schemas: loadSchemas(), keys: testSigningKeys() });
  await Promise.all([world.startServer(), world.clock.advance(100)]);
  for (const name of ['n1', 'n2']) world.addMachine(name, { cpu: '2', memory: '4Gi', pods: '30' });
  const clockOf = (name: string): string | undefined => {
    const node = world.server?.client.view('Node').get({ name });
    const found = node?.status?.conditions?.find(({ type }) => type === 'ClockSkew');
    return found === undefined ? undefined : `${found.status} ${found.reason ?? ''}`;
  };
  await world.clock.advance(30_000);
  expect([clockOf('n1'), clockOf('n2')]).toEqual([undefined, undefined]);

  const [first] = world.machines;
  if (first !== undefined) first.wall.offsetMs = 30_000;
  await world.clock.advance(20_000);
  expect([clockOf('n1'), clockOf('n2')]).toEqual(['True ClockDiffers', undefined]);
  const told = world.server?.client.view('Event').list({ where: ({ reason }) => reason === 'ClockDiffers' }) ?? [];
  expect(told.map(({ involvedObject, type, count }) => [involvedObject.name, type, count])).toEqual([
    ['n1', 'Warning', 1],
  ]);

  world.server?.crash();
  world.server = undefined;
  if (first !== undefined) first.wall.offsetMs = 0;
  await Promise.all([world.startServer(), world.clock.advance(30_000)]);
  expect([clockOf('n1'), clockOf('n2')]).toEqual(['False ClockAgrees', undefined]);
  world.stop();
}, 120_000);
