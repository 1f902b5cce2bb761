import { createHash } from 'node:crypto';
import { readFile, stat } from 'node:fs/promises';
import { createServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import path from 'node:path';
import { TestAuthority } from '../../apiserver/node-channel/testing/test-authority';
import { certificateRequestFor } from '../../kubelet/session/certificate-request';
import type { NodeCredential } from '../../kubelet/session/node-credential';
import { ensureJoined } from '../../kubelet/session/join';
import { systemClock } from '../../shared/clock';
import { silentLogger } from '../../shared/logger';
import { ChannelHarness, registrationOf, until } from './channel-harness';

let harness: ChannelHarness;
beforeEach(async () => {
  harness = await ChannelHarness.start();
});
afterEach(() => harness.stop());

const join = (
  options: {
    readonly joinToken?: string;
    readonly url?: string;
    readonly nodeName?: string;
    readonly folder?: string;
  } = {},
): Promise<NodeCredential> =>
  ensureJoined({
    serverUrls: [options.url ?? harness.url],
    nodeName: options.nodeName ?? 'n1',
    folder: path.join(harness.folder, options.folder ?? 'node'),
    ...(options.joinToken === undefined ? {} : { joinToken: options.joinToken }),
    clock: systemClock,
    logger: silentLogger,
  });

it('trades the token for a credential that the channel accepts, and needs no token afterwards', async () => {
  const credential = await join({ joinToken: await harness.joinToken() });
  const again = await join();
  expect(again).toEqual(credential);
  const key = path.join(harness.folder, 'node', 'node-key.pem');
  expect((await stat(key)).mode & 0o777).toBe(0o600);
  expect(await readFile(key, 'utf8')).toBe(credential.key);

  const agent = await harness.agent('n1', credential);
  agent.session.start();
  await until(() => agent.all('connected').length === 1);
});

it('refuses a name that another key holds, and says what to do', async () => {
  const joinToken = await harness.joinToken();
  const agent = await harness.agent('n1', await join({ joinToken }));
  agent.session.start();
  await until(() => agent.all('connected').length === 1);

  await expect(join({ joinToken, folder: 'impostor' })).rejects.toMatchObject({
    code: 409,
    message: expect.stringContaining('delete node n1') as string,
  });
  await harness.client.delete('Node', { name: 'n1' });
  await join({ joinToken, folder: 'impostor' });
});

it('recognises a server that is not the one of the token before it sends anything', async () => {
  const other = createHash('sha256').update('another CA').digest('hex');
  const [, , ...secret] = (await harness.joinToken()).split('.');
  await expect(join({ joinToken: ['pinsetter1', other, ...secret].join('.') })).rejects.toMatchObject({
    reason: 'Forbidden',
    message: expect.stringContaining('not the one the join token is for') as string,
  });
});

it.each([
  ['unknown', async () => (await harness.joinToken()).slice(0, -1) + '0', /does not know it/],
  ['expired', () => harness.joinToken(-1_000), /expired at/],
])('says that the token is %s', async (_what, token, message) => {
  await expect(join({ joinToken: await token() })).rejects.toMatchObject({
    reason: 'Unauthorized',
    message: expect.stringMatching(message) as string,
  });
});

it('says that there is no server, or no token, or only part of one', async () => {
  const joinToken = await harness.joinToken();
  await expect(join({ joinToken, url: 'https://127.0.0.1:1' })).rejects.toMatchObject({
    reason: 'ServiceUnavailable',
    message: expect.stringContaining('no server answers at 127.0.0.1:1') as string,
  });
  await expect(join()).rejects.toMatchObject({ reason: 'Unauthorized' });
  await expect(join({ joinToken: joinToken.slice(0, 60) })).rejects.toMatchObject({ reason: 'BadRequest' });
});

it('names the clocks when the certificate of the server is not valid yet', async () => {
  const authority = await TestAuthority.create(Date.now());
  const validity = { fromMs: Date.now() + 3_600_000, toMs: Date.now() + 7_200_000 };
  const server = createServer(await authority.serverCredential(validity));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const url = `https://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const [, , ...secret] = (await harness.joinToken()).split('.');
  const joinToken = ['pinsetter1', authority.caFingerprintSha256, ...secret].join('.');
  await expect(join({ joinToken, url })).rejects.toMatchObject({
    message: expect.stringContaining('compare the clocks') as string,
  });
  server.closeAllConnections();
  await new Promise((resolve) => server.close(resolve));
});

it('lets no one onto the channel without a certificate of the cluster', async () => {
  const stranger = await TestAuthority.create(Date.now());
  const credential = await harness.credential('n1');
  const forged = await stranger.signNodeCertificate(await certificateRequestFor('n1', credential.key), 'n1');
  const agent = await harness.agent('n1', { ...credential, certificate: forged });
  let asked = 0;
  agent.registration = () => {
    asked += 1;
    return Promise.resolve(registrationOf('n1'));
  };
  agent.session.start();
  await until(() => harness.proxy.connections > 0);
  await until(() => harness.proxy.connections === 0);
  expect(asked).toBe(0);
  expect(harness.client.view('Node').list()).toEqual([]);
});
