import { existsSync, mkdirSync, readdirSync } from 'node:fs';
import path from 'node:path';
import { Cluster } from './harness/cluster';
import { manifestList, podManifest, shell } from './harness/manifests';

jest.setTimeout(180_000);

describe('persistent volumes', () => {
  let cluster: Cluster;
  let folder: string;
  beforeAll(async () => {
    cluster = await Cluster.start();
    folder = path.join(cluster.folder, 'volumes');
    mkdirSync(folder);
    await cluster.ok(['label', 'namespace', 'default', 'pod-security.kubernetes.io/enforce=privileged']);
    const storageClass = {
      apiVersion: 'storage.k8s.io/v1',
      kind: 'StorageClass',
      metadata: { name: 'here' },
      provisioner: 'pinsetter.io/local-path',
      parameters: { path: folder },
      volumeBindingMode: 'WaitForFirstConsumer',
    };
    await cluster.ok(['apply', '-f', '-'], JSON.stringify(storageClass));
  });
  afterAll(() => cluster.stop());

  const CLAIM = {
    accessModes: ['ReadWriteOnce'],
    storageClassName: 'here',
    resources: { requests: { storage: '10Mi' } },
  };
  const mount = { volumeMounts: [{ name: 'data', mountPath: '/data' }], securityContext: { runAsUser: 1000 } };
  const statefulSet = (replicas: number, retention: object = {}): string =>
    JSON.stringify({
      apiVersion: 'apps/v1',
      kind: 'StatefulSet',
      metadata: { name: 'db' },
      spec: {
        serviceName: 'db',
        replicas,
        selector: { matchLabels: { app: 'db' } },
        ...retention,
        template: {
          metadata: { labels: { app: 'db' } },
          spec: {
            terminationGracePeriodSeconds: 1,
            containers: [shell('hostname >> /data/starts; sleep 100000', mount)],
          },
        },
        volumeClaimTemplates: [{ metadata: { name: 'data' }, spec: CLAIM }],
      },
    });
  const starts = async (pod: string): Promise<string> => cluster.ok(['exec', pod, '--', 'cat', '/data/starts']);

  it('are made for each pod of a StatefulSet, and survive it, the agent, and going down and up', async () => {
    await cluster.ok(['apply', '-f', '-'], statefulSet(2));
    await cluster.ok(['rollout', 'status', 'statefulset/db', '--timeout=60s']);
    expect(await cluster.ok(['get', 'pvc', '--no-headers'])).toMatch(
      /^data-db-0 +Bound +pvc-\S+ +10Mi +RWO +here +<unset> +\S+\ndata-db-1 +Bound /,
    );
    expect(await cluster.ok(['get', 'pv', '--no-headers'])).toMatch(
      /^pvc-\S+ +10Mi +RWO +Delete +Bound +default\/data-db-\d +here/,
    );
    await cluster.ok(['delete', 'pod', 'db-0']);
    await cluster.ok(['rollout', 'status', 'statefulset/db', '--timeout=60s']);
    expect(await starts('db-0')).toBe('db-0\ndb-0\n');
    await cluster.stopKubelet(undefined, 'SIGKILL');
    await cluster.startKubelet();
    await cluster.ok(['scale', 'statefulset/db', '--replicas=1']);
    await cluster.ok(['wait', '--for=delete', 'pod/db-1', '--timeout=60s']);
    await cluster.ok(['scale', 'statefulset/db', '--replicas=2']);
    await cluster.ok(['rollout', 'status', 'statefulset/db', '--timeout=60s']);
    expect(await starts('db-1')).toBe('db-1\ndb-1\n');
  });

  it('go with their claim, and the claim not before its pod', async () => {
    expect(readdirSync(folder)).toHaveLength(2);
    await cluster.ok(['delete', 'pvc', 'data-db-0', 'data-db-1', '--wait=false']);
    expect(await cluster.ok(['get', 'pvc', 'data-db-0', '--no-headers'])).toContain('Terminating');
    expect(await starts('db-0')).toContain('db-0');
    await cluster.ok(['delete', 'statefulset', 'db']);
    await cluster.ok(['wait', '--for=delete', 'pvc', '--all', '--timeout=60s']);
    await cluster.until(['get', 'pv', '-o=name'], ({ stdout }) => stdout === '');
    expect(readdirSync(folder)).toEqual([]);
  });

  it('say why a pod waits for them', async () => {
    const volumes = [{ name: 'data', persistentVolumeClaim: { claimName: 'nowhere' } }];
    await cluster.ok(['apply', '-f', '-'], podManifest('lost', { containers: [shell('sleep 1000', mount)], volumes }));
    await cluster.until(['get', 'pod', 'lost', '-o=jsonpath={.status.conditions[0].message}'], ({ stdout }) =>
      stdout.includes('persistentvolumeclaim "nowhere" not found'),
    );
    expect((await cluster.lite(['why', 'pod/lost'])).stdout).toContain('persistentvolumeclaim "nowhere" not found');
    const claim = { apiVersion: 'v1', kind: 'PersistentVolumeClaim', metadata: { name: 'nowhere' }, spec: CLAIM };
    await cluster.ok(['apply', '-f', '-'], JSON.stringify(claim));
    await cluster.ok(['wait', '--for=condition=Ready', 'pod/lost', '--timeout=60s']);
    await cluster.ok(['delete', 'pod/lost', 'pvc/nowhere', '--now']);
  });

  it('made by hand are bound by claims of the same class, and stay with what is in them', async () => {
    const hostPath = path.join(cluster.folder, 'by-hand');
    mkdirSync(hostPath, { mode: 0o777 });
    const volume = {
      apiVersion: 'v1',
      kind: 'PersistentVolume',
      metadata: { name: 'by-hand' },
      spec: {
        capacity: { storage: '1Gi' },
        accessModes: ['ReadWriteOnce'],
        storageClassName: 'manual',
        hostPath: { path: hostPath },
      },
    };
    const claim = {
      apiVersion: 'v1',
      kind: 'PersistentVolumeClaim',
      metadata: { name: 'mine' },
      spec: { ...CLAIM, storageClassName: 'manual' },
    };
    const volumes = [{ name: 'data', persistentVolumeClaim: { claimName: 'mine' } }];
    const container = shell('echo kept > /data/file; sleep 1000', { volumeMounts: mount.volumeMounts });
    const pod = podManifest('user', { containers: [container], volumes });
    await cluster.ok(['apply', '-f', '-'], manifestList(JSON.stringify(volume), JSON.stringify(claim), pod));
    await cluster.ok(['wait', '--for=condition=Ready', 'pod/user', '--timeout=60s']);
    await cluster.ok(['delete', 'pod/user', 'pvc/mine', '--now']);
    await cluster.until(['get', 'pv', 'by-hand', '-o=jsonpath={.status.phase}'], ({ stdout }) => stdout === 'Released');
    expect(existsSync(path.join(hostPath, 'file'))).toBe(true);
  });
});
