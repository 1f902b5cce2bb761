import { FakeClock } from '../../shared/testing/fake-clock';
import { LivenessMonitor, STARTUP_GRACE_MS } from './liveness';

const start = (): { clock: FakeClock; monitor: LivenessMonitor } => {
  const clock = new FakeClock();
  const monitor = new LivenessMonitor(clock);
  monitor.start();
  return { clock, monitor };
};

it('suspects a node at once when its connection closes, and gives it up after three beats', async () => {
  const { clock, monitor } = start();
  monitor.connected('n1', []);
  monitor.disconnected('n1');
  expect(monitor.of('n1').state).toBe('suspect');
  await clock.advance(5_900);
  expect(monitor.of('n1').state).toBe('suspect');
  await clock.advance(200);
  expect(monitor.of('n1').state).toBe('lost');
  monitor.connected('n1', []);
  expect(monitor.of('n1').state).toBe('connected');
});

it('does not give up a node whose beats are late while anything else comes from it', async () => {
  const { clock, monitor } = start();
  monitor.connected('n1', []);
  for (let second = 0; second < 20; second++) {
    await clock.advance(1_000);
    monitor.heard('n1');
  }
  expect(monitor.of('n1').state).toBe('connected');
  await clock.advance(2_600);
  monitor.heard('n1');
  expect(monitor.of('n1').state).toBe('suspect');
  await clock.advance(3_000);
  expect(monitor.of('n1').state).toBe('suspect');
  await clock.advance(2_000);
  expect(monitor.of('n1').state).toBe('lost');
});

it('takes nothing that comes late for a sign of a node whose connection is closed', async () => {
  const { clock, monitor } = start();
  monitor.connected('n1', []);
  monitor.disconnected('n1');
  await clock.advance(5_000);
  monitor.heard('n1');
  await clock.advance(1_100);
  expect(monitor.of('n1').state).toBe('lost');
});

it('does not hold its own start against the nodes for a while', async () => {
  const { clock, monitor } = start();
  expect(monitor.of('n1')).toMatchObject({ state: 'awaited', heard: false });
  await clock.advance(STARTUP_GRACE_MS - 1);
  expect(monitor.of('n1').state).toBe('awaited');
  await clock.advance(1_000);
  expect(monitor.of('n1').state).toBe('lost');
});

it('says so only when something changed', async () => {
  const { clock, monitor } = start();
  const told: string[] = [];
  monitor.onChange((name) => told.push(`${name} ${monitor.of(name).state}`));
  monitor.connected('n1', []);
  for (let beat = 0; beat < 10; beat++) {
    await clock.advance(2_000);
    monitor.beat('n1', []);
  }
  const down = { type: 'Ready', status: 'False', reason: 'EngineDown', message: 'no answer' } as const;
  monitor.beat('n1', [down]);
  monitor.beat('n1', [{ ...down }]);
  expect(told).toEqual(['n1 connected', 'n1 connected']);
});
