import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { certificateRequest, newKey } from '../kubelet/session/certificate-request';
import { Cluster } from './harness/cluster';
import type { Outcome } from './harness/programs';

jest.setTimeout(120_000);

/** What roles allow, as the real kubectl finds it with a token of its own. */
describe('access', () => {
  const folder = mkdtempSync(path.join(tmpdir(), 'pinsetter-access-'));
  let cluster: Cluster;
  beforeAll(async () => {
    const tokens = path.join(folder, 'tokens.csv');
    writeFileSync(tokens, 'ann-token,ann,1,"devs,testers"\n', { mode: 0o600 });
    cluster = await Cluster.start({ workers: 0, serverArgs: ['--token-auth-file', tokens] });
  });
  afterAll(async () => {
    await cluster.stop();
    rmSync(folder, { recursive: true, force: true });
  });

  const asAnn = (...args: string[]): Promise<Outcome> =>
    cluster.kubectl([
      '--kubeconfig=/dev/null',
      `--server=https://127.0.0.1:${cluster.port}`,
      `--certificate-authority=${path.join(cluster.folder, 'server', 'pki', 'ca.crt')}`,
      '--token=ann-token',
      ...args,
    ]);

  it('tells who one is', async () => {
    const { stdout } = await asAnn('auth', 'whoami');
    expect(stdout).toMatch(/Username +ann/);
    expect(stdout).toContain('devs');
  });

  it('refuses what no role allows, in words that say what is missing', async () => {
    const { status, stderr } = await asAnn('get', 'pods');
    expect(status).toBe(1);
    expect(stderr).toContain(
      'pods is forbidden: User "ann" cannot list resource "pods" in API group "" in the namespace "default"',
    );
    expect((await asAnn('auth', 'can-i', 'list', 'pods')).stdout).toBe('no\n');
  });

  it('allows what a role allows, at once, and there only', async () => {
    await cluster.ok(['create', 'role', 'reader', '--verb=get,list,watch', '--resource=pods']);
    await cluster.ok(['create', 'rolebinding', 'readers', '--role=reader', '--group=devs']);
    expect((await asAnn('get', 'pods')).status).toBe(0);
    expect((await asAnn('auth', 'can-i', 'list', 'pods')).stdout).toBe('yes\n');
    expect((await asAnn('auth', 'can-i', 'list', 'pods', '-n', 'kube-system')).stdout).toBe('no\n');
    expect((await asAnn('delete', 'pod', 'any')).stderr).toContain('cannot delete resource "pods"');
    expect((await asAnn('auth', 'can-i', '--list')).stdout).toMatch(/pods +\[\] +\[\] +\[get list watch\]/);
  });

  it('lets nobody take more than they have', async () => {
    await cluster.ok(['create', 'clusterrole', 'role-writer', '--verb=create,get', '--resource=roles,rolebindings']);
    await cluster.ok(['create', 'rolebinding', 'writers', '--clusterrole=role-writer', '--user=ann']);
    const grown = await asAnn('create', 'role', 'more', '--verb=delete', '--resource=pods');
    expect(grown.stderr).toContain('attempting to grant RBAC permissions not currently held');
    const bound = await asAnn('create', 'rolebinding', 'mine', '--clusterrole=cluster-admin', '--user=ann');
    expect(bound.stderr).toContain('attempting to grant RBAC permissions not currently held');
  });

  it('lets who may impersonate speak for another', async () => {
    const { stdout } = await cluster.kubectl(['auth', 'whoami', '--as=bob', '--as-group=ops']);
    expect(stdout).toMatch(/Username +bob/);
    expect((await cluster.kubectl(['auth', 'can-i', 'list', 'pods', '--as=bob', '--as-group=devs'])).stdout).toBe(
      'yes\n',
    );
    expect((await asAnn('get', 'pods', '--as=bob')).stderr).toContain('cannot impersonate resource "users"');
  });

  it('gives a certificate to who asks for one, once somebody approves it', async () => {
    const key = newKey();
    const request = await certificateRequest({ commonName: 'carol', organization: 'devs' }, key);
    const manifest = {
      apiVersion: 'certificates.k8s.io/v1',
      kind: 'CertificateSigningRequest',
      metadata: { name: 'carol' },
      spec: {
        request: Buffer.from(request).toString('base64'),
        signerName: 'kubernetes.io/kube-apiserver-client',
        usages: ['client auth'],
      },
    };
    await cluster.ok(['create', '-f', '-'], JSON.stringify(manifest));
    expect(await cluster.ok(['get', 'csr', 'carol', '--no-headers'])).toMatch(/kubernetes-admin +<none> +Pending/);
    await cluster.ok(['certificate', 'approve', 'carol']);
    const { stdout } = await cluster.until(
      ['get', 'csr', 'carol', '-o', 'jsonpath={.status.certificate}'],
      (outcome) => outcome.stdout !== '',
    );
    expect(await cluster.ok(['get', 'csr', 'carol', '--no-headers'])).toMatch(/Approved,Issued/);
    const files = { crt: path.join(folder, 'carol.crt'), key: path.join(folder, 'carol.key') };
    writeFileSync(files.crt, Buffer.from(stdout, 'base64'));
    writeFileSync(files.key, key, { mode: 0o600 });
    const who = await cluster.kubectl([
      '--kubeconfig=/dev/null',
      `--server=https://127.0.0.1:${cluster.port}`,
      `--certificate-authority=${path.join(cluster.folder, 'server', 'pki', 'ca.crt')}`,
      `--client-certificate=${files.crt}`,
      `--client-key=${files.key}`,
      ...['auth', 'whoami'],
    ]);
    expect(who.stdout).toMatch(/Username +carol/);
    expect((await cluster.kubectl(['certificate', 'approve', 'carol', '--as=bob'])).stderr).toContain('forbidden');
  });

  it('refuses a token that nobody gave out', async () => {
    const { stderr } = await cluster.kubectl([
      '--kubeconfig=/dev/null',
      `--server=https://127.0.0.1:${cluster.port}`,
      `--certificate-authority=${path.join(cluster.folder, 'server', 'pki', 'ca.crt')}`,
      '--token=invented',
      'get',
      'pods',
    ]);
    expect(stderr).toMatch(/Unauthorized|must be logged in/);
  });
});
