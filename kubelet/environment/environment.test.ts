import type { ConfigMap, Container, Secret } from '../../shared/api/objects';
import { qosClassOf } from '../../shared/pod/qos-class';
import { aPod } from '../../shared/testing/builders';
import type { ObjectRef } from '../../shared/wire/node-channel';
import type { ConfigSource } from './config-source';
import { environmentOf } from './environment';
import { expand } from './expansion';
import type { PodContext } from './field-ref';
import { oomScoreAdjOf, resourcesOf } from './resources';

const metadata = { namespace: 'default', uid: 'u', resourceVersion: '1', creationTimestamp: '' };
const objects: Readonly<Record<string, ConfigMap | Secret>> = {
  'ConfigMap/settings': {
    apiVersion: 'v1',
    kind: 'ConfigMap',
    metadata: { ...metadata, name: 'settings' },
    data: { color: 'blue', size: '3' },
  },
  'Secret/login': {
    apiVersion: 'v1',
    kind: 'Secret',
    metadata: { ...metadata, name: 'login' },
    data: { password: Buffer.from('s3cret').toString('base64') },
  },
};
const source: ConfigSource = {
  get: ({ kind, name }: ObjectRef) => Promise.resolve(objects[`${kind}/${name}`]),
};
const context: PodContext = {
  pod: aPod({ labels: { tier: 'front' }, node: 'n1' }),
  podIps: ['10.0.0.7'],
  hostIps: ['192.168.0.1'],
  services: [],
  nodeCapacity: { cpuMilli: 4000, memoryBytes: 8 * 2 ** 30, diskBytes: 2 ** 40 },
};
const environment = async (container: Partial<Container>): Promise<Record<string, string>> =>
  Object.fromEntries(await environmentOf(context, { name: 'app', ...container }, source));

describe('expansion', () => {
  const lookup = (name: string): string | undefined => ({ A: 'one', B: '' })[name];
  it.each([
    ['$(A)', 'one'],
    ['x$(A)$(B)y', 'xoney'],
    ['$(UNKNOWN)', '$(UNKNOWN)'],
    ['$$(A)', '$(A)'],
    ['$A $', '$A $'],
    ['$(A', '$(A'],
  ])('%s becomes %s', (text, expanded) => {
    expect(expand(text, lookup)).toBe(expanded);
  });
});

describe('the environment', () => {
  it('takes envFrom with its prefix first, and lets env override it and refer to it', async () => {
    expect(
      await environment({
        envFrom: [{ prefix: 'CFG_', configMapRef: { name: 'settings' } }, { secretRef: { name: 'login' } }],
        env: [
          { name: 'CFG_size', value: '9' },
          { name: 'LINE', value: '$(CFG_color)-$(CFG_size)' },
        ],
      }),
    ).toEqual({ CFG_color: 'blue', CFG_size: '9', password: 's3cret', LINE: 'blue-9' });
  });

  it('tells of Services, which its own variables may refer to and replace', async () => {
    const port = { port: 80, protocol: 'TCP' };
    const services = [{ name: 'db', clusterIp: '10.96.0.7', ports: [port], isCluster: false }];
    const env = [
      { name: 'URL', value: 'http://$(DB_SERVICE_HOST)/' },
      { name: 'DB_PORT', value: 'own' },
    ];
    const found = await environmentOf({ ...context, services }, { name: 'app', env }, source);
    expect([found.get('URL'), found.get('DB_PORT')]).toEqual(['http://10.96.0.7/', 'own']);
  });

  it.each([
    ['metadata.name', 'web'],
    ['metadata.namespace', 'default'],
    ['metadata.uid', 'uid-web'],
    ["metadata.labels['tier']", 'front'],
    ["metadata.annotations['none']", ''],
    ['spec.nodeName', 'n1'],
    ['status.podIP', '10.0.0.7'],
    ['status.hostIP', '192.168.0.1'],
  ])('knows %s', async (fieldPath, value) => {
    expect(await environment({ env: [{ name: 'X', valueFrom: { fieldRef: { fieldPath } } }] })).toEqual({ X: value });
  });

  it.each([
    ['limits.cpu', undefined, '2'],
    ['limits.cpu', '1m', '1500'],
    ['requests.memory', '1Mi', '64'],
    ['limits.memory', '1Gi', '8'],
    ['requests.cpu', '1m', '0'],
  ])('gives %s in units of %s as %s', async (resource, divisor, value) => {
    const resources = { limits: { cpu: '1500m' }, requests: { memory: '64Mi' } };
    const resourceFieldRef = { resource, ...(divisor === undefined ? {} : { divisor }) };
    expect(await environment({ resources, env: [{ name: 'X', valueFrom: { resourceFieldRef } }] })).toEqual({
      X: value,
    });
  });

  it.each([
    [{ configMapKeyRef: { name: 'none', key: 'k' } }, 'configmap "none" not found'],
    [{ secretKeyRef: { name: 'none', key: 'k' } }, 'secret "none" not found'],
    [{ configMapKeyRef: { name: 'settings', key: 'k' } }, "couldn't find key k in ConfigMap default/settings"],
  ])('cannot be put together from %j: %s', async (valueFrom, message) => {
    await expect(environment({ env: [{ name: 'X', valueFrom }] })).rejects.toThrow(message);
  });

  it('leaves out what is optional and missing', async () => {
    const valueFrom = { secretKeyRef: { name: 'none', key: 'k', optional: true } };
    expect(await environment({ env: [{ name: 'X', valueFrom }] })).toEqual({});
  });
});

describe('resources', () => {
  const sized = (requests: Record<string, string>, limits?: Record<string, string>) =>
    aPod({ containers: [{ name: 'app', image: 'x', resources: { requests, ...(limits ? { limits } : {}) } }] });
  const node = { memoryBytes: 8 * 2 ** 30, pidsLimit: 100 };

  it.each([
    [sized({}), 'BestEffort', 1000],
    [sized({ cpu: '1', memory: '4Gi' }), 'Burstable', 500],
    [sized({ cpu: '1', memory: '1Mi' }), 'Burstable', 999],
    [sized({ cpu: '1', memory: '1Gi' }, { cpu: '1', memory: '1Gi' }), 'Guaranteed', -997],
  ])('of %# are %s with score %i', (pod, qos, score) => {
    const [container] = pod.spec.containers;
    expect(qosClassOf(pod.spec)).toBe(qos);
    expect(oomScoreAdjOf(pod, container ?? { name: '' }, node.memoryBytes)).toBe(score);
  });

  it('of the pod as a whole limit a container without limits, and are shared against its being killed', () => {
    const pod = sized({ memory: '1Gi' });
    const [container] = pod.spec.containers;
    pod.spec.resources = { requests: { memory: '4Gi' }, limits: { cpu: '2', memory: '6Gi' } };
    expect(resourcesOf(pod, container ?? { name: '' }, node)).toMatchObject({
      cpuLimitMilli: 2000,
      memoryLimitBytes: 6 * 2 ** 30,
      oomScoreAdj: 500,
    });
    const limited = { name: 'b', resources: { limits: { memory: '1Gi' } } };
    expect(resourcesOf(pod, limited, node)).toMatchObject({ cpuLimitMilli: 2000, memoryLimitBytes: 2 ** 30 });
  });

  it('become shares, a quota and a limit in bytes', () => {
    const pod = sized({ cpu: '250m' }, { cpu: '1500m', memory: '64Mi' });
    expect(resourcesOf(pod, pod.spec.containers[0] ?? { name: '' }, node)).toMatchObject({
      cpuShares: 256,
      cpuLimitMilli: 1500,
      memoryLimitBytes: 64 * 2 ** 20,
      pidsLimit: 100,
    });
  });
});
