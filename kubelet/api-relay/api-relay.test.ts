import { mkdtemp, rm } from 'node:fs/promises';
import net from 'node:net';
import os from 'node:os';
import path from 'node:path';
import { text } from 'node:stream/consumers';
import { systemClock } from '../../shared/clock';
import { silentLogger } from '../../shared/logger';
import { FakeClock } from '../../shared/testing/fake-clock';
import { ApiRelay } from './api-relay';

let dataDir: string;
const ends: (() => Promise<unknown>)[] = [];
beforeEach(async () => (dataDir = await mkdtemp(path.join(os.tmpdir(), 'relay-'))));
afterEach(async () => {
  for (const end of ends.splice(0).reverse()) await end();
  await rm(dataDir, { recursive: true });
});

/** A server that answers what it was sent, backwards, when the sender is done. */
async function startServer(): Promise<string> {
  const server = net.createServer({ allowHalfOpen: true }, (socket) => {
    let sent = '';
    socket.on('data', (bytes: Buffer) => (sent += bytes.toString()));
    socket.on('end', () => socket.end([...sent].reverse().join('')));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  ends.push(() => new Promise((resolve) => server.close(resolve)));
  return `https://127.0.0.1:${(server.address() as net.AddressInfo).port}`;
}

async function startRelay(serverUrls: readonly string[]): Promise<ApiRelay> {
  const hostAddress = (): Promise<string> => Promise.resolve('127.0.0.1');
  const relay = new ApiRelay({ dataDir, serverUrls, hostAddress, clock: systemClock, logger: silentLogger });
  await relay.start();
  ends.push(() => relay.stop());
  return relay;
}

async function send(relay: ApiRelay, message: string): Promise<string> {
  const { ip = '', port = 0 } = relay.address ?? {};
  const socket = net.connect({ host: ip, port, allowHalfOpen: true });
  socket.end(message);
  return text(socket);
}

it('passes on what a pod sends, and what the server answers', async () => {
  const relay = await startRelay([await startServer()]);
  expect(relay.address).toMatchObject({ host: 'kubernetes.default.svc', ip: '127.0.0.1' });
  expect(await send(relay, 'hello')).toBe('olleh');
});

it('turns to the next server when one does not answer', async () => {
  const relay = await startRelay(['https://127.0.0.1:1', await startServer()]);
  expect(await send(relay, 'lost')).toBe('');
  expect(await send(relay, 'found')).toBe('dnuof');
});

it('listens on the same port after a restart, which containers were told', async () => {
  const url = await startServer();
  const first = await startRelay([url]);
  const { port } = first.address ?? {};
  await first.stop();
  expect((await startRelay([url])).address?.port).toBe(port);
});

it('takes another port where that one is held by somebody else', async () => {
  const url = await startServer();
  const [first, second] = [await startRelay([url]), await startRelay([url])];
  expect(second.address?.port).not.toBe(first.address?.port);
  expect(await send(second, 'abc')).toBe('cba');
});

it('opens as soon as the engine says how pods reach this machine', async () => {
  const clock = new FakeClock();
  let ip: string | undefined;
  const hostAddress = (): Promise<string | undefined> => Promise.resolve(ip);
  const relay = new ApiRelay({ dataDir, serverUrls: [], hostAddress, clock, logger: silentLogger });
  ends.push(() => relay.stop());
  await relay.start();
  expect(relay.address).toBeUndefined();
  ip = '127.0.0.1';
  await clock.advance(5_000);
  await relay.opened;
  expect(relay.address?.ip).toBe('127.0.0.1');
});
