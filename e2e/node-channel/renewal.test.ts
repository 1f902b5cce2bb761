import path from 'node:path';
import { CertificateSigningController } from '../../apiserver/controllers/certificates/certificate-signing';
import { keyOfRequest } from '../../apiserver/node-channel/node-certificates';
import { CERTIFICATE_ENDS_ANNOTATION } from '../../apiserver/node-channel/node-registrar';
import { createRenewal } from '../../apiserver/node-channel/renewal';
import { certificateRequestFor, newKey } from '../../kubelet/session/certificate-request';
import { RenewedCredential } from '../../kubelet/session/certificate-renewal';
import { tryToJoin } from '../../kubelet/session/join';
import { certificateEndMs, storeCertificates, storeKey } from '../../kubelet/session/node-credential';
import { systemClock, toTimestamp } from '../../shared/clock';
import { silentLogger } from '../../shared/logger';
import { FakeClock } from '../../shared/testing/fake-clock';
import { ChannelHarness, until } from './channel-harness';

const HOUR_MS = 3_600_000;
let harness: ChannelHarness;
afterEach(() => harness.stop());

it('renews a certificate in the last third of its life, for the same key, and tries again when that fails', async () => {
  const clock = new FakeClock(Math.floor(Date.now() / 1_000) * 1_000);
  harness = await ChannelHarness.start();
  const { client, authority } = harness;
  await client.create('Node', { metadata: { name: 'n1' } });
  const fromMs = clock.now();
  const old = await harness.credential('n1', { fromMs, toMs: fromMs + 30 * HOUR_MS });
  const keyFingerprint = await keyOfRequest(await certificateRequestFor('n1', old.key));
  const renew = createRenewal({ client, authority, logger: silentLogger });
  const asked: number[] = [];
  const kept: string[] = [];
  const credential = new RenewedCredential(old, {
    nodeName: 'n1',
    clock,
    logger: silentLogger,
    keep: ({ certificate }) => Promise.resolve(void kept.push(certificate)),
  });
  const stop = credential.renewOver((renewal) => {
    asked.push((clock.now() - fromMs) / HOUR_MS);
    if (asked.length === 1) return Promise.reject(new Error('no server'));
    return renew({ nodeName: 'n1', keyFingerprint, certificateEndsMs: 0 }, renewal);
  });
  for (let hour = 0; hour < 29; hour++) {
    await clock.advance(HOUR_MS);
    // Keys are made by the platform, in real time: an attempt is over before the next hour strikes.
    await until(() => !credential.isBusy);
  }
  stop();
  expect(asked).toEqual([21, 22]);
  expect(kept).toEqual([credential.current.certificate]);
  expect(credential.current.key).toBe(old.key);
  expect(certificateEndMs(credential.current)).toBeGreaterThan(fromMs + 100 * HOUR_MS);
});

it('renews over the channel what is short of its end, and the Node says until when it serves', async () => {
  harness = await ChannelHarness.start();
  const validity = { fromMs: Date.now() - 2 * HOUR_MS, toMs: Date.now() + HOUR_MS / 2 };
  const agent = await harness.agent('n1', await harness.credential('n1', validity));
  agent.session.start();
  await until(() => agent.kept.length === 1);
  const [fresh] = agent.kept;
  const node = harness.client.view('Node').get({ name: 'n1' });
  const ends = node?.metadata.annotations?.[CERTIFICATE_ENDS_ANNOTATION] ?? '';
  expect(fresh === undefined ? '' : toTimestamp(certificateEndMs(fresh))).toBe(ends);
});

it('signs for the key of the node alone', async () => {
  harness = await ChannelHarness.start();
  const renew = createRenewal({ client: harness.client, authority: harness.authority, logger: silentLogger });
  const certificateRequest = await certificateRequestFor('n1', newKey());
  const identity = { nodeName: 'n1', keyFingerprint: 'SHA256:00', certificateEndsMs: 0 };
  await expect(renew(identity, { certificateRequest })).rejects.toMatchObject({ reason: 'Forbidden' });
});

describe('a node that was away when its certificate ended', () => {
  const join = async (joinToken?: string) =>
    tryToJoin({
      serverUrls: [harness.url],
      nodeName: 'n1',
      folder: path.join(harness.folder, 'node'),
      ...(joinToken === undefined ? {} : { joinToken }),
      clock: systemClock,
      logger: silentLogger,
    });
  beforeEach(async () => {
    harness = await ChannelHarness.start();
    const over = await harness.credential('n1', { fromMs: Date.now() - 2 * HOUR_MS, toMs: Date.now() - HOUR_MS });
    await storeKey(path.join(harness.folder, 'node'), over.key);
    await storeCertificates(path.join(harness.folder, 'node'), over);
  });

  it('says so, and how to get a token', async () => {
    await expect(join()).rejects.toMatchObject({
      message: expect.stringMatching(/away when its certificate ended .* token create --print-join-command/) as string,
    });
  });

  it('comes back by a token, with the key it had', async () => {
    const { key } = await harness.credential('other');
    const back = await join(await harness.joinToken());
    expect(back).toMatchObject({ certificate: expect.stringContaining('BEGIN CERTIFICATE') as string });
    expect(back).not.toMatchObject({ key });
  });
});

describe('where nodes are approved', () => {
  const join = async (nodeName: string) =>
    tryToJoin({
      serverUrls: [harness.url],
      nodeName,
      folder: path.join(harness.folder, nodeName),
      joinToken: await harness.joinToken(),
      clock: systemClock,
      logger: silentLogger,
    });
  const decide = async (type: 'Approved' | 'Denied'): Promise<void> => {
    const { client } = harness;
    const [request] = client.view('CertificateSigningRequest').list();
    const name = request?.metadata.name ?? '';
    const conditions = [{ type, status: 'True', reason: 'Test', message: 'not one of ours' }];
    await client.modify(
      'CertificateSigningRequest',
      { name },
      (current) => ({ ...current, status: { ...current.status, conditions } }),
      { subresource: 'status' },
    );
    const signer = {
      signClientCertificate: (pem: string) => harness.authority.signNodeCertificate(pem, 'n1'),
    };
    await new CertificateSigningController({ client, clock: systemClock, signer }).reconcile({ name });
  };
  beforeEach(async () => {
    harness = await ChannelHarness.start(systemClock, 'manual');
  });

  it('asks once for a node and its key, and lets it in when it was approved', async () => {
    const [first, second] = [await join('n1'), await join('n1')];
    expect(first).toMatchObject({
      pending: { nodeName: 'n1', keyFingerprint: expect.stringMatching(/^SHA256:/) as string },
    });
    expect(second).toEqual(first);
    expect(harness.client.view('CertificateSigningRequest').list()).toHaveLength(1);

    await decide('Approved');
    const credential = await join('n1');
    if ('pending' in credential) throw new Error('still pending');
    const agent = await harness.agent('n1', credential);
    agent.session.start();
    await until(() => agent.all('connected').length === 1);
  });

  it('tells a node that it was denied, and why', async () => {
    await join('n1');
    await decide('Denied');
    await expect(join('n1')).rejects.toMatchObject({
      reason: 'Forbidden',
      message: expect.stringContaining('node "n1" was not let in: not one of ours') as string,
    });
  });
});
