import type { TestControllers } from '../testing/test-controllers';
import { startControllers } from '../testing/test-controllers';

let cluster: TestControllers;
beforeEach(async () => {
  cluster = await startControllers();
});
afterEach(() => cluster.stop());

const KEY = { namespace: 'default', name: 'web' };

const node = async (name: string, address: string, serves: 'True' | 'False'): Promise<void> => {
  await cluster.client.create('Node', { metadata: { name } });
  await cluster.client.modify(
    'Node',
    { name },
    (current) => ({
      ...current,
      status: {
        addresses: [{ type: 'InternalIP', address }],
        conditions: [
          { type: 'Ready', status: 'True' },
          { type: 'IngressReady', status: serves },
        ],
      },
    }),
    { subresource: 'status' },
  );
};
const web = (spec: object = {}, annotations: Record<string, string> = {}): Promise<unknown> =>
  cluster.client.create('Ingress', {
    metadata: { ...KEY, annotations },
    spec: { defaultBackend: { service: { name: 'web', port: { number: 80 } } }, ...spec },
  });
const service = (): Promise<unknown> =>
  cluster.client.create('Service', { metadata: KEY, spec: { ports: [{ port: 80 }] } });
const addresses = async (): Promise<readonly string[]> => {
  await cluster.idle();
  const { status } = await cluster.client.get('Ingress', KEY);
  return (status?.loadBalancer?.ingress ?? []).map(({ ip }) => ip ?? '');
};
const events = async (): Promise<readonly string[]> => {
  await cluster.idle();
  return cluster.client
    .view('Event')
    .list({ where: ({ involvedObject: { kind } }) => kind === 'Ingress' || kind === 'ConfigMap' })
    .map(({ reason, message }) => `${reason}: ${message}`);
};

it('gives an Ingress the addresses of the nodes that serve', async () => {
  await node('a', '192.0.2.1', 'True');
  await node('b', '192.0.2.2', 'False');
  await service();
  await web();
  expect(await addresses()).toEqual(['192.0.2.1']);
  await cluster.client.modify(
    'Node',
    { name: 'a' },
    (current) => ({ ...current, status: { ...current.status, conditions: [{ type: 'Ready', status: 'Unknown' }] } }),
    { subresource: 'status' },
  );
  expect(await addresses()).toEqual([]);
});

it('gives an Ingress without a class the default one, and leaves those of other classes alone', async () => {
  await node('a', '192.0.2.1', 'True');
  await cluster.client.create('IngressClass', {
    metadata: { name: 'other' },
    spec: { controller: 'example.com/other' },
  });
  await web({ ingressClassName: 'other' });
  expect(await addresses()).toEqual([]);
  expect(await events()).toEqual([]);
  await cluster.client.delete('Ingress', KEY);
  await web();
  expect((await cluster.client.get('Ingress', KEY)).spec?.ingressClassName).toBe('pinsetter');
  expect(await addresses()).toEqual(['192.0.2.1']);
});

it('says what keeps an Ingress from being served as it asks, once', async () => {
  await web(
    { tls: [{ hosts: ['a.example'], secretName: 'cert' }] },
    { 'nginx.ingress.kubernetes.io/proxy-body-size': 'big' },
  );
  const said = await events();
  expect(said).toEqual([
    'Sync: Scheduled for sync',
    'InvalidAnnotation: annotation nginx.ingress.kubernetes.io/proxy-body-size: "big" must be a size such as "8m", or "0" for any; it is ignored',
    'ServiceNotFound: Service "default/web" does not exist',
    'InvalidCertificate: Secret "default/cert" does not exist: the default certificate is shown',
  ]);
  await cluster.client.create('Secret', { metadata: { name: 'unrelated', namespace: 'default' } });
  expect(await events()).toEqual(said);
});

it('says of a ConfigMap of plain ports which of them are not served', async () => {
  await service();
  const data = { 9000: 'default/web:80', 9001: 'default/gone:80', 9002: 'web' };
  await cluster.client.create('ConfigMap', { metadata: { name: 'tcp-services', namespace: 'kube-system' }, data });
  expect(await events()).toEqual([
    'ServiceNotFound: TCP port "9001" is not served: Service "default/gone" does not exist',
    'InvalidPort: TCP port "9002" is not served: "web" must be like "default/example-go:8080" or with ":PROXY"',
  ]);
});
