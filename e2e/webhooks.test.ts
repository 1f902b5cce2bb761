import { mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { openClusterAuthority } from '../apiserver/auth/cluster-authority';
import { systemClock } from '../shared/clock';
import { Cluster } from './harness/cluster';
import { manifestList, podManifest, shell } from './harness/manifests';

jest.setTimeout(180_000);

/** Marks every ConfigMap, and refuses those that say they are forbidden. */
const PROGRAM = `
const { createServer } = require('node:https');
const { readFileSync } = require('node:fs');
const read = (name) => readFileSync('/hook/' + name);
createServer({ key: read('apiserver.key'), cert: read('apiserver.crt') }, (request, response) => {
  if (request.url.startsWith('/healthz')) return response.end('well');
  let body = '';
  request.on('data', (part) => (body += part));
  request.on('end', () => {
    const review = JSON.parse(body);
    const { uid, object } = review.request;
    if (request.url.startsWith('/connect')) {
      const { kind, command } = object;
      const allowed = kind !== 'PodAttachOptions' && !command?.includes('secret');
      review.response = { uid, allowed, status: { message: kind + ' is not wanted' } };
      return response.end(JSON.stringify(review));
    }
    const isForbidden = object.data?.forbidden !== undefined;
    const patch = [{ op: 'add', path: '/metadata/labels', value: { ...object.metadata.labels, seen: 'yes' } }];
    review.response = isForbidden
      ? { uid, allowed: false, status: { message: 'this is forbidden' } }
      : { uid, allowed: true, patchType: 'JSONPatch', patch: Buffer.from(JSON.stringify(patch)).toString('base64') };
    response.end(JSON.stringify(review));
  });
}).listen(8443);
`;

/** A webhook as people run them: a pod behind a Service. */
describe('a webhook in the cluster', () => {
  let cluster: Cluster;
  let caBundle: string;

  beforeAll(async () => {
    cluster = await Cluster.start();
    await cluster.ok(['label', 'namespace', 'default', 'pod-security.kubernetes.io/enforce=privileged']);
    const folder = path.join(cluster.folder, 'hook');
    mkdirSync(folder);
    writeFileSync(path.join(folder, 'hook.js'), PROGRAM);
    const authority = await openClusterAuthority({ folder, clock: systemClock, names: ['hooks.default.svc'] });
    caBundle = Buffer.from(authority.caCertificatePem).toString('base64');
    const service = {
      apiVersion: 'v1',
      kind: 'Service',
      metadata: { name: 'hooks' },
      spec: { selector: { app: 'hooks' }, ports: [{ port: 443, targetPort: 8443 }] },
    };
    await cluster.ok(['apply', '-f', '-'], manifestList(hookPod(folder), JSON.stringify(service)));
    await cluster.ok(['wait', '--for=condition=Ready', 'pod/hooks', '--timeout=60s']);
    const configuration = {
      apiVersion: 'admissionregistration.k8s.io/v1',
      kind: 'MutatingWebhookConfiguration',
      metadata: { name: 'hooks' },
      webhooks: [
        {
          name: 'hooks.example.com',
          clientConfig: {
            service: { namespace: 'default', name: 'hooks', path: '/mutate' },
            caBundle,
          },
          rules: [
            { operations: ['CREATE', 'UPDATE'], apiGroups: [''], apiVersions: ['v1'], resources: ['configmaps'] },
          ],
          sideEffects: 'None',
          admissionReviewVersions: ['v1'],
        },
      ],
    };
    await cluster.ok(['apply', '-f', '-'], JSON.stringify(configuration));
  });
  afterAll(() => cluster.stop());

  /** Node.js of this machine, with the libraries it needs, in a container that has neither. */
  function hookPod(folder: string): string {
    const shared = { hook: folder, node: path.dirname(process.execPath), usr: '/usr', lib: '/lib', lib64: '/lib64' };
    const paths: Record<string, string> = { hook: '/hook', node: '/node', usr: '/usr', lib: '/lib', lib64: '/lib64' };
    const volumeMounts = Object.entries(paths).map(([name, mountPath]) => ({ name, mountPath, readOnly: true }));
    const volumes = Object.entries(shared).map(([name, hostPath]) => ({ name, hostPath: { path: hostPath } }));
    const readinessProbe = { httpGet: { port: 8443, path: '/healthz', scheme: 'HTTPS' }, periodSeconds: 1 };
    const container = shell('exec /node/node /hook/hook.js', { volumeMounts, readinessProbe });
    return podManifest('hooks', { containers: [container], volumes }, { labels: { app: 'hooks' } });
  }

  it('changes what is created', async () => {
    await cluster.ok(['create', 'configmap', 'settings', '--from-literal=a=1']);
    expect(await cluster.ok(['get', 'configmap', 'settings', '--show-labels', '--no-headers'])).toContain('seen=yes');
  });

  it('refuses, and the client is told why', async () => {
    const { status, stderr } = await cluster.kubectl(['create', 'configmap', 'bad', '--from-literal=forbidden=1']);
    expect([status, stderr]).toEqual([
      1,
      'error: failed to create configmap: admission webhook "hooks.example.com" denied the request: this is forbidden\n',
    ]);
  });

  it('is reached through the API too, as any service is', async () => {
    const at = '/api/v1/namespaces/default';
    expect(await cluster.ok(['get', '--raw', `${at}/services/https:hooks:443/proxy/healthz`])).toBe('well');
    expect(await cluster.ok(['get', '--raw', `${at}/pods/https:hooks:8443/proxy/healthz`])).toBe('well');
  });

  it('has a say in who is connected to what runs', async () => {
    const rule = {
      operations: ['CONNECT'],
      apiGroups: [''],
      apiVersions: ['v1'],
      resources: ['pods/attach', 'pods/exec'],
    };
    const webhook = {
      name: 'connections.example.com',
      clientConfig: { service: { namespace: 'default', name: 'hooks', path: '/connect' }, caBundle },
      rules: [rule],
      sideEffects: 'None',
      admissionReviewVersions: ['v1'],
    };
    const configuration = {
      apiVersion: 'admissionregistration.k8s.io/v1',
      kind: 'ValidatingWebhookConfiguration',
      metadata: { name: 'connections' },
      webhooks: [webhook],
    };
    await cluster.ok(['apply', '-f', '-'], JSON.stringify(configuration));
    await cluster.ok(['apply', '-f', '-'], podManifest('target', { containers: [shell('sleep 1000')] }));
    await cluster.ok(['wait', '--for=condition=Ready', 'pod/target', '--timeout=60s']);
    expect(await cluster.ok(['exec', 'target', '--', 'echo', 'open'])).toBe('open\n');
    for (const [args, kind] of [
      [['exec', 'target', '--', 'echo', 'secret'], 'PodExecOptions'],
      [['attach', 'target'], 'PodAttachOptions'],
    ] as const) {
      const { status, stderr } = await cluster.kubectl(args);
      expect(status).toBe(1);
      expect(stderr).toContain(`admission webhook "connections.example.com" denied the request: ${kind} is not wanted`);
    }
  });

  it('stands in the way when it is gone, since it does not say otherwise', async () => {
    await cluster.ok(['delete', 'pod', 'hooks', '--now']);
    const { stderr } = await cluster.kubectl(['create', 'configmap', 'late']);
    expect(stderr).toContain('failed calling webhook "hooks.example.com"');
    expect(stderr).toContain('no endpoints available for service "hooks"');
  });
});
