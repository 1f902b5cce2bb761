import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import type { AddressInfo, Server, Socket } from 'node:net';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { formatJoinToken } from '../shared/wire/join-token';
import { AGENT, start } from './harness/programs';

/** A server that takes connections and never answers: an agent that joins it is in the middle of its start. */
let server: Server;
let dataDir: string;
const connections = new Set<Socket>();

beforeEach(async () => {
  dataDir = await mkdtemp(path.join(tmpdir(), 'kubelet-signals-'));
  server = createServer((socket) => {
    connections.add(socket);
    socket.on('error', () => undefined);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
});

afterEach(async () => {
  connections.forEach((socket) => socket.destroy());
  connections.clear();
  server.close();
  await rm(dataDir, { recursive: true, force: true });
});

it.each(['SIGTERM', 'SIGINT'] as const)('an agent told to stop by %s while it joins ends with 0', async (signal) => {
  const { port } = server.address() as AddressInfo;
  const token = formatJoinToken({ caHash: 'a'.repeat(64), id: 'abcdef', secret: 'a'.repeat(16) });
  const joining = once(server, 'connection');
  const kubelet = start(process.execPath, [
    AGENT,
    ...['--server', `https://127.0.0.1:${port}`, '--token', token, '--data-dir', dataDir, '--node-name', 'n1'],
  ]);
  await joining;
  kubelet.kill(signal);
  expect(await kubelet.exit).toBe(0);
  expect(kubelet.output()).toContain('stopping, containers run on');
});
