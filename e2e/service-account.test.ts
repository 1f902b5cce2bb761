import { createPublicKey, verify } from 'node:crypto';
import path from 'node:path';
import { Cluster } from './harness/cluster';
import { podManifest, shell } from './harness/manifests';
import type { Outcome } from './harness/programs';
import { realKubectl } from './harness/programs';

jest.setTimeout(180_000);

/** Programs in pods that use the API, with the credentials that every pod is given. */
describe('a service account', () => {
  let cluster: Cluster;

  beforeAll(async () => {
    cluster = await Cluster.start();
    await cluster.ok(['label', 'namespace', 'default', 'pod-security.kubernetes.io/enforce=privileged']);
    await cluster.ok(['create', 'serviceaccount', 'reader']);
    await cluster.ok(['create', 'role', 'reader', '--verb=get,list,watch', '--resource=pods']);
    await cluster.ok(['create', 'rolebinding', 'reader', '--role=reader', '--serviceaccount=default:reader']);
    await cluster.ok(['apply', '-f', '-'], await clientPod('client', { serviceAccountName: 'reader' }));
    await cluster.ok(
      ['apply', '-f', '-'],
      await clientPod('host-client', { serviceAccountName: 'reader', hostNetwork: true }),
    );
    await cluster.ok(['apply', '-f', '-'], await clientPod('bare', { automountServiceAccountToken: false }));
    await cluster.ok(['wait', '--for=condition=Ready', 'pod', '--all', '--timeout=60s']);
  });
  afterAll(() => cluster.stop());

  const clientPod = async (name: string, spec: object): Promise<string> => {
    const folder = path.dirname(await realKubectl());
    const volumeMounts = [{ name: 'kubectl', mountPath: '/kubectl', readOnly: true }];
    const volumes = [{ name: 'kubectl', hostPath: { path: folder } }];
    return podManifest(name, { containers: [shell('exec sleep 7654', { volumeMounts })], volumes, ...spec });
  };
  /** kubectl in the pod, which finds server and credentials by itself. */
  const inPod = (pod: string, ...args: readonly string[]): Promise<Outcome> =>
    cluster.kubectl(['exec', pod, '--', '/kubectl/kubectl', ...args]);
  const withToken = (token: string, ...args: readonly string[]): Promise<Outcome> =>
    cluster.kubectl([
      '--kubeconfig=/dev/null',
      `--server=https://127.0.0.1:${cluster.port}`,
      `--certificate-authority=${path.join(cluster.folder, 'server', 'pki', 'ca.crt')}`,
      `--token=${token}`,
      ...args,
    ]);

  it.each(['client', 'host-client'])(
    'gives a program in the pod %s what its account may have, and no more',
    async (pod) => {
      expect((await inPod(pod, 'get', 'pods', '-o', 'name')).stdout).toBe('pod/bare\npod/client\npod/host-client\n');
      expect((await inPod(pod, 'get', 'secrets')).stderr).toContain(
        'secrets is forbidden: User "system:serviceaccount:default:reader" cannot list resource "secrets"',
      );
      expect((await inPod(pod, 'auth', 'whoami', '-o', 'yaml')).stdout).toContain(`- ${pod}\n`);
    },
  );

  it('gives nothing to a pod that wants nothing', async () => {
    const { stderr } = await cluster.kubectl(['exec', 'bare', '--', 'ls', '/var/run/secrets/kubernetes.io']);
    expect(stderr).toContain('No such file or directory');
  });

  it('gives a token out to who asks, which others can check', async () => {
    const token = (await cluster.ok(['create', 'token', 'reader', '--duration=20m', '--audience=vault'])).trim();
    const [header = '', payload = '', signature = ''] = token.split('.');
    const keys = JSON.parse(await cluster.ok(['get', '--raw', '/openid/v1/jwks'])) as {
      keys: (Record<string, string> & { kid: string })[];
    };
    const { kid } = JSON.parse(Buffer.from(header, 'base64url').toString()) as { kid: string };
    const key = createPublicKey({ key: keys.keys.find((each) => each.kid === kid) ?? {}, format: 'jwk' });
    expect(verify('sha256', Buffer.from(`${header}.${payload}`), key, Buffer.from(signature, 'base64url'))).toBe(true);
    const claims = JSON.parse(Buffer.from(payload, 'base64url').toString()) as {
      iss: string;
      sub: string;
      iat: number;
      exp: number;
    };
    expect(claims).toMatchObject({ aud: ['vault'], sub: 'system:serviceaccount:default:reader' });
    expect(claims.exp - claims.iat).toBe(1_200);
    const configuration = JSON.parse(await cluster.ok(['get', '--raw', '/.well-known/openid-configuration'])) as object;
    expect(configuration).toMatchObject({
      issuer: claims.iss,
      jwks_uri: expect.stringMatching(/\/openid\/v1\/jwks$/) as string,
    });
    expect((await withToken(token, 'get', 'pods')).stderr).toContain('Unauthorized');
  });

  it('tells a server that asks whose a token is', async () => {
    const token = (await cluster.ok(['create', 'token', 'reader'])).trim();
    const review = (given: string): string =>
      JSON.stringify({ apiVersion: 'authentication.k8s.io/v1', kind: 'TokenReview', spec: { token: given } });
    const ask = (given: string): Promise<string> =>
      cluster.ok(['create', '-f', '-', '-o', 'jsonpath={.status}'], review(given));
    expect(JSON.parse(await ask(token))).toMatchObject({
      authenticated: true,
      user: { username: 'system:serviceaccount:default:reader' },
    });
    expect(JSON.parse(await ask(`${token}x`))).toEqual({ user: {}, error: 'invalid bearer token' });
  });

  it('loses its tokens when it goes', async () => {
    await cluster.ok(['create', 'serviceaccount', 'brief']);
    const token = (await cluster.ok(['create', 'token', 'brief'])).trim();
    expect((await withToken(token, 'auth', 'whoami')).stdout).toContain('system:serviceaccount:default:brief');
    await cluster.ok(['delete', 'serviceaccount', 'brief']);
    expect((await withToken(token, 'auth', 'whoami')).stderr).toContain('Unauthorized');
  });

  it('keeps its way to the API when the agent was away', async () => {
    await cluster.stopKubelet();
    await cluster.startKubelet();
    await cluster.kubelet().until(/connected to the server/);
    expect((await inPod('client', 'auth', 'can-i', 'list', 'pods')).stdout).toBe('yes\n');
  });
});
