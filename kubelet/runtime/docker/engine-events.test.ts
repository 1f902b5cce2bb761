import type { ServerResponse } from 'node:http';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { silentLogger } from '../../../shared/logger';
import { FakeClock } from '../../../shared/testing/fake-clock';
import type { RuntimeEvent } from '../runtime';
import { EngineCalls } from './engine-calls';
import { engineEvents, toEvent } from './engine-events';

const attributes = {
  'io.pinsetter.type': 'container',
  'io.kubernetes.pod.uid': 'u',
  'io.kubernetes.pod.namespace': 'default',
  'io.kubernetes.pod.name': 'web',
  'io.kubernetes.container.name': 'app',
};
const message = (action: string, id = 'abc') => ({
  Type: 'container',
  Action: action,
  Actor: { ID: id, Attributes: attributes },
});

/** As much of an engine as its event stream needs. */
async function anEngine() {
  const streams: ServerResponse[] = [];
  const queries: URLSearchParams[] = [];
  let onStream: () => void = () => undefined;
  let onPing: () => void = () => undefined;
  const server = createServer((request, response) => {
    const url = new URL(request.url ?? '', 'http://engine');
    if (url.pathname === '/_ping') return void onPing(); // Never answered: it hangs.
    queries.push(url.searchParams);
    streams.push(response);
    response.writeHead(200).flushHeaders();
    onStream();
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    host: `tcp://127.0.0.1:${(server.address() as AddressInfo).port}`,
    queries,
    streams,
    untilListened: () => new Promise<void>((resolve) => (onStream = resolve)),
    untilPinged: () => new Promise<void>((resolve) => (onPing = resolve)),
    close: () => {
      server.closeAllConnections();
      server.close();
    },
  };
}

describe('the engine’s events', () => {
  const clock = new FakeClock();
  let engine: Awaited<ReturnType<typeof anEngine>>;
  let stopping: AbortController;
  let events: AsyncIterator<RuntimeEvent>;

  beforeEach(async () => {
    engine = await anEngine();
    stopping = new AbortController();
    const calls = new EngineCalls({ host: engine.host });
    const listened = engine.untilListened();
    const owner = { nodeName: 'n1', clusterId: 'c1', labels: {} };
    events = engineEvents({ calls, owner, clock, logger: silentLogger }, stopping.signal)[Symbol.asyncIterator]();
    await listened;
  });
  afterEach(() => {
    stopping.abort();
    engine.close();
  });

  const next = async (): Promise<RuntimeEvent | undefined> => (await events.next()).value as RuntimeEvent | undefined;

  it('are asked for by our labels alone, from the moment of the call', () => {
    const [query] = engine.queries;
    expect(JSON.parse(query?.get('filters') ?? '')).toMatchObject({
      label: ['io.pinsetter.node=n1', 'io.pinsetter.cluster=c1'],
    });
    expect(Number(query?.get('since'))).toBe(clock.now() / 1000);
  });

  it('are read wherever the stream is cut', async () => {
    const bytes = Buffer.from(`${JSON.stringify(message('start'))}\n${JSON.stringify(message('die'))}\n`);
    const [stream] = engine.streams;
    for (const half of [bytes.subarray(0, 90), bytes.subarray(90, 401), bytes.subarray(401)]) {
      stream?.write(half);
      await new Promise((resolve) => setImmediate(resolve));
    }
    const pod = { uid: 'u', namespace: 'default', name: 'web' };
    expect(await next()).toEqual({ type: 'container', action: 'started', id: 'abc', pod, name: 'app' });
    expect(await next()).toEqual({ type: 'container', action: 'died', id: 'abc', pod, name: 'app' });
  });

  it('say once that the engine is lost, and that it is restored when it listens again', async () => {
    engine.streams[0]?.end();
    expect(await next()).toMatchObject({ type: 'engine', action: 'lost' });
    const listened = engine.untilListened();
    await clock.advance(100);
    await listened;
    expect(await next()).toMatchObject({ type: 'engine', action: 'restored' });
  });

  it('notice an engine that keeps its connection and does not answer', async () => {
    // The stream's answer has to reach us before its timer is set.
    while (clock.pending === 0) await new Promise((resolve) => setImmediate(resolve));
    const pinged = engine.untilPinged();
    await clock.advance(10_000);
    await pinged;
    await clock.advance(5_000);
    expect(await next()).toMatchObject({ action: 'lost', message: 'the Docker engine does not answer a ping' });
  });

  it('end when they are no longer wanted, and leave no timer', async () => {
    const end = events.next();
    stopping.abort();
    expect((await end).done).toBe(true);
    while (clock.pending > 0) await new Promise((resolve) => setImmediate(resolve));
  });

  it.each([
    ['of another kind', { Type: 'network', Action: 'connect', Actor: { ID: 'x', Attributes: {} } }],
    ['that concern nobody', message('exec_start')],
    ['without an actor', { Action: 'die' }],
    ['that are no objects', 'die'],
  ])('%s are passed over', (_sentence, other) => {
    expect(toEvent(other)).toBeUndefined();
  });
});
