import 'reflect-metadata';
import { X509Certificate, webcrypto } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import * as x509 from '@peculiar/x509';
import type { CertificateSigningRequest } from '../../../shared/api/objects';
import { systemClock } from '../../../shared/clock';
import { FakeClock } from '../../../shared/testing/fake-clock';
import { certificateRequests } from '../../auth/certificates/certificate-requests';
import { openClusterAuthority } from '../../auth/cluster-authority';
import type { ClusterAuthority } from '../../auth/cluster-authority';
import { mastersOnly } from '../../auth/authorizer';
import type { User } from '../../auth/user';
import { startRegistry } from '../../registry/testing/test-registry';
import type { TestControllers } from '../testing/test-controllers';
import { startControllers } from '../testing/test-controllers';

const folder = mkdtempSync(path.join(tmpdir(), 'pinsetter-csr-'));
const CLIENT = 'kubernetes.io/kube-apiserver-client';
const NODE = 'kubernetes.io/kube-apiserver-client-kubelet';

let authority: ClusterAuthority;
let cluster: TestControllers;
beforeAll(async () => {
  authority = await openClusterAuthority({ folder, clock: systemClock, names: ['localhost'] });
});
afterAll(() => rmSync(folder, { recursive: true }));
beforeEach(async () => {
  cluster = await startControllers(undefined, authority);
});
afterEach(() => cluster.stop());

/** A request for a subject, base64 of its PEM. */
async function requestFor(name: string): Promise<string> {
  const algorithm = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' };
  const keys = await webcrypto.subtle.generateKey(algorithm, true, ['sign', 'verify']);
  const request = await x509.Pkcs10CertificateRequestGenerator.create({ name, keys, signingAlgorithm: algorithm });
  return Buffer.from(request.toString('pem')).toString('base64');
}

async function create(spec: object): Promise<void> {
  const usages = ['client auth'];
  await cluster.client.create('CertificateSigningRequest', { metadata: { name: 'ann' }, spec: { usages, ...spec } });
}
async function decide(type: 'Approved' | 'Denied'): Promise<void> {
  const lastUpdateTime = new Date(cluster.clock.now()).toISOString();
  await cluster.client.modify(
    'CertificateSigningRequest',
    { name: 'ann' },
    (request) => ({
      ...request,
      status: {
        ...request.status,
        conditions: [...(request.status?.conditions ?? []), { type, status: 'True', lastUpdateTime }],
      },
    }),
    { subresource: 'approval' },
  );
  await settled();
}
const found = () => cluster.client.view('CertificateSigningRequest').get({ name: 'ann' });
/** Signing takes real time, of which virtual time knows nothing. */
async function settled(): Promise<void> {
  await cluster.idle();
  for (let turns = 0; turns < 50 && found()?.status?.certificate === undefined; turns += 1) {
    await new Promise((resolve) => setImmediate(resolve));
  }
  await cluster.idle();
}

it('signs what was approved, for the subject and the time that were asked', async () => {
  await create({ request: await requestFor('CN=ann, O=devs'), signerName: CLIENT, expirationSeconds: 3_600 });
  await settled();
  expect(found()?.status?.certificate).toBeUndefined();
  await decide('Approved');
  const certificate = new X509Certificate(Buffer.from(found()?.status?.certificate ?? '', 'base64'));
  expect(certificate.subject.split('\n').sort()).toEqual(['CN=ann', 'O=devs']);
  expect(certificate.verify(new X509Certificate(authority.caCertificatePem).publicKey)).toBe(true);
  const hours = (Date.parse(certificate.validTo) - Date.now()) / 3_600_000;
  expect(hours).toBeGreaterThan(0.9);
  expect(hours).toBeLessThan(1.1);
});

it.each<[string, string, object]>([
  ['a usage of servers', CLIENT, { usages: ['server auth'] }],
  ['more usages than a client has', CLIENT, { usages: ['client auth', 'server auth'] }],
  ['a node of another name', NODE, {}],
])('fails what no such signer signs: %s', async (_what, signerName, more) => {
  await create({ request: await requestFor('CN=ann, O=devs'), signerName, ...more });
  await decide('Approved');
  expect(found()?.status?.certificate).toBeUndefined();
  expect(found()?.status?.conditions).toMatchObject([
    { type: 'Approved' },
    { type: 'Failed', reason: 'SignerValidationFailure' },
  ]);
});

it('leaves alone what is denied, or meant for another signer', async () => {
  await create({ request: await requestFor('CN=ann'), signerName: 'example.com/own' });
  await decide('Approved');
  expect(found()?.status?.certificate).toBeUndefined();
  await expect(decide('Denied')).rejects.toMatchObject({ code: 422 });
});

it.each<[string, boolean, number]>([
  ['a day', false, 24],
  ['an hour after it was decided', true, 1],
])('clears a request away after %s', async (_when, isDecided, hours) => {
  await create({ request: await requestFor('CN=ann'), signerName: 'example.com/own' });
  if (isDecided) await decide('Denied');
  await cluster.idle();
  await cluster.clock.advance(hours * 3_600_000 - 1_000);
  await cluster.idle();
  expect(found()).toBeDefined();
  await cluster.clock.advance(1_000);
  await cluster.idle();
  expect(found()).toBeUndefined();
});

describe('who asks, and who decides', () => {
  const ann: User = { name: 'ann', uid: '7', groups: ['devs'] };

  it('is what the server knows, not what the request says', async () => {
    const { registry } = await startRegistry({ morePlugins: [certificateRequests(() => mastersOnly, cluster.clock)] });
    const kind = registry.kinds.require('CertificateSigningRequest');
    const create = async (name: string, user: User) =>
      registry.create(
        kind,
        undefined,
        {
          metadata: { name: 'x', generateName: 'x' },
          spec: {
            request: await requestFor(name),
            signerName: CLIENT,
            usages: ['client auth'],
            username: 'root',
            groups: ['system:masters'],
          },
        },
        { user },
      );
    expect((await create('CN=ann', ann)).object['spec']).toMatchObject({ username: 'ann', uid: '7', groups: ['devs'] });
    await expect(create('CN=ann, O=system:masters', ann)).rejects.toMatchObject({
      code: 403,
      message: expect.stringContaining('signer with system:masters group is not allowed') as string,
    });
    const approve = (user: User) =>
      registry.patch(
        kind,
        { name: 'x' },
        { type: 'merge', body: { status: { conditions: [{ type: 'Approved', status: 'True' }] } } },
        { user, subresource: 'approval' },
      );
    await expect(approve(ann)).rejects.toMatchObject({
      code: 403,
      message: expect.stringContaining(`user not permitted to approve requests with signerName "${CLIENT}"`) as string,
    });
    await expect(approve({ name: 'root', groups: ['system:masters'] })).resolves.toBeDefined();
    await registry.close();
  });
});

it('keeps decisions to their door, what was signed, and the dates of what is said', async () => {
  const clock = new FakeClock();
  const { registry } = await startRegistry({ morePlugins: [certificateRequests(() => mastersOnly, clock)] });
  const kind = registry.kinds.require('CertificateSigningRequest');
  const user: User = { name: 'root', groups: ['system:masters'] };
  const metadata = { name: 'own' };
  const spec = { request: await requestFor('CN=ann'), signerName: 'example.com/own', usages: ['server auth'] };
  await registry.create(kind, undefined, { metadata, spec }, { user });
  const write = async (subresource: 'approval' | 'status', status: object) => {
    const patch = { type: 'merge', body: { status } } as const;
    const { object } = await registry.patch(kind, metadata, patch, { user, subresource });
    return (object as unknown as CertificateSigningRequest).status;
  };
  const said = { type: 'Checked', status: 'True', reason: 'e2e' };
  const approved = { type: 'Approved', status: 'True' };
  const first = new Date(clock.now()).toISOString().replace('.000', '');
  const dates = { lastUpdateTime: first, lastTransitionTime: first };
  expect(await write('approval', { conditions: [said] })).toEqual({ conditions: [{ ...said, ...dates }] });

  await clock.advance(60_000);
  const decided = await write('approval', { conditions: [said, approved] });
  expect(decided?.conditions?.map(({ lastUpdateTime }) => lastUpdateTime === first)).toEqual([true, false]);
  await expect(write('status', { conditions: [] })).rejects.toThrow('may not remove a condition of type \"Approved\"');
  await expect(write('status', { conditions: [approved, { ...approved, type: 'Denied' }] })).rejects.toThrow(
    'updates may not add a condition of type \"Denied\"',
  );
  await expect(write('status', { certificate: Buffer.from('no').toString('base64') })).rejects.toThrow(
    'status.certificate: Invalid value: \"<certificate data>\": must contain at least one CERTIFICATE PEM block',
  );
  const noted = await write('status', { conditions: [...(decided?.conditions ?? []), { ...said, type: 'Noted' }] });
  expect(noted?.conditions?.map(({ type }) => type)).toEqual(['Checked', 'Approved', 'Noted']);
  await registry.close();
});
