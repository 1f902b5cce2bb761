import path from 'node:path';
import { manifestList } from '../harness/manifests';
import { selfSigned } from '../harness/self-signed';
import { ensureNginxImage } from '../machines/nginx-image';
import type { Asker } from './echo-pods';
import {
  ECHO_PORTS,
  askHttp,
  askUdp,
  echoPod,
  echoService,
  expectAnswersByAll,
  outsideOf,
  startEchoes,
} from './echo-pods';
import { eventually } from './eventually';
import { HostCluster } from './host-cluster';
import { must } from './must';

jest.setTimeout(300_000);

/** A client that is no node, nodes that it dials, and pods that are on others; by VXLAN between them. */
describe('from outside', () => {
  let cluster: HostCluster;
  let outside: Asker;

  beforeAll(async () => {
    const image = await ensureNginxImage();
    cluster = await HostCluster.start({
      workers: [{}, {}],
      serverArgs: ['--pod-network', 'vxlan'],
      agentArgs: ['--ingress-image', image],
    });
    outside = outsideOf(cluster);
    await bring(image);
    const [http, udp] = ECHO_PORTS;
    const sticky = (timeoutSeconds: number) => ({
      ...{ selector: { app: 'web' }, type: 'NodePort', sessionAffinity: 'ClientIP' },
      sessionAffinityConfig: { clientIP: { timeoutSeconds } },
    });
    await cluster.ok(
      ['apply', '-f', '-'],
      manifestList(
        ...['one', 'two'].map((name, at) => echoPod(name, cluster.worker(at + 1), { app: 'web' })),
        echoService('one', { selector: { name: 'one' } }),
        echoService('two', { selector: { name: 'two' }, type: 'NodePort' }),
        echoService('balanced', {
          ...{ selector: { app: 'web' }, type: 'LoadBalancer' },
          ports: [
            { ...http, port: 8099 },
            { ...udp, port: 9099 },
          ],
        }),
        echoService('faithful', sticky(3_600)),
        echoService('fickle', sticky(1)),
      ),
    );
    await startEchoes(cluster, 'one', 'two');
  });
  afterAll(() => cluster.stop());

  /** An image of this machine's engine, on those of all workers. */
  const bring = async (image: string): Promise<void> => {
    const file = path.join(cluster.network.folder, 'more-images.tar');
    await must('docker', ['save', '--output', file, image]);
    await Promise.all(cluster.workers.map((host) => host.loadImage(file)));
  };
  const field = (kind: string, name: string, jsonpath: string): Promise<string> =>
    cluster.ok(['get', kind, name, '-o', `jsonpath={${jsonpath}}`]);
  const nodePort = async (service: string, at = 0): Promise<number> =>
    Number(await field('service', service, `.spec.ports[${at}].nodePort`));

  it('node ports of every host lead to the pod, wherever it is, by TCP and UDP', async () => {
    for (const { address } of cluster.workers) {
      expect(await askHttp(outside, address, await nodePort('two'))).toMatch(/^two heard /);
      expect(await askUdp(outside, address, await nodePort('two', 1))).toMatch(/^two heard /);
    }
  });

  it('load balancers have the address of a node, and answer there, by TCP and UDP', async () => {
    await cluster.until(['get', 'service', 'balanced'], ({ stdout }) => !stdout.includes('<pending>'));
    const ip = await field('service', 'balanced', '.status.loadBalancer.ingress[0].ip');
    expect(cluster.workers.map(({ address }) => address)).toContain(ip);
    await expectAnswersByAll(['one', 'two'], () => askHttp(outside, ip, 8099));
    await expectAnswersByAll(['one', 'two'], () => askUdp(outside, ip, 9099));
  });

  it('a client stays with its pod where the Service says so, on whichever host that is', async () => {
    const port = await nodePort('faithful');
    for (const { address } of cluster.workers) {
      const first = await askHttp(outside, address, port);
      expect(first).toMatch(/^(one|two) heard /);
      for (let times = 0; times < 15; times++) expect(await askHttp(outside, address, port)).toBe(first);
    }
  });

  it('and no longer than it says after the last time', async () => {
    const [host, port] = [cluster.worker(1), await nodePort('fickle')];
    const heard = new Set<string>();
    await eventually('another pod answers', async () => {
      heard.add((await askHttp(outside, host.address, port)).split(' ')[0] ?? '');
      if (heard.size > 1) return true;
      // Each time begins the pod's second anew.
      await new Promise((resolve) => setTimeout(resolve, 1_100));
      return false;
    });
    expect([...heard].sort()).toEqual(['one', 'two']);
  });

  it('a node port that stays local tells who asks', async () => {
    await cluster.ok(['patch', 'service', 'two', '-p', '{"spec":{"externalTrafficPolicy":"Local"}}']);
    const port = await nodePort('two');
    await eventually('it tells', async () => {
      const said = await askHttp(outside, cluster.worker(2).address, port);
      if (said !== `two heard ${cluster.serverHost.address}`) throw new Error(said);
      return true;
    });
  });

  it('Ingresses are served by every node, by host and path, and tell the pod who asks', async () => {
    const path = (at: string, service: string): object => ({
      ...{ path: at, pathType: 'Prefix' },
      backend: { service: { name: service, port: { name: 'http' } } },
    });
    const { cert, key } = await selfSigned('shop.example');
    await cluster.ok(
      ['apply', '-f', '-'],
      manifestList(
        ...[
          {
            ...{ apiVersion: 'v1', kind: 'Secret', type: 'kubernetes.io/tls', metadata: { name: 'shop' } },
            stringData: { 'tls.crt': cert, 'tls.key': key },
          },
          {
            ...{ apiVersion: 'networking.k8s.io/v1', kind: 'Ingress' },
            metadata: {
              name: 'shop',
              annotations: {
                'nginx.ingress.kubernetes.io/ssl-redirect': 'false',
                'nginx.ingress.kubernetes.io/rewrite-target': '/',
              },
            },
            spec: {
              tls: [{ hosts: ['shop.example'], secretName: 'shop' }],
              rules: [{ host: 'shop.example', http: { paths: [path('/', 'one'), path('/cart', 'two')] } }],
            },
          },
        ].map((each) => JSON.stringify(each)),
      ),
    );
    const client = cluster.serverHost.address;
    for (const { address } of cluster.workers) {
      const ask = async (scheme: 'http' | 'https', at: string, host = 'shop.example'): Promise<string> => {
        const port = scheme === 'http' ? 80 : 443;
        const way = ['-sSk', '-m', '20', '--resolve', `${host}:${port}:${address}`, '-w', ' %{http_code}'];
        const { stdout, stderr } = await outside.run('curl', ...way, `${scheme}://${host}${at}`);
        return (stdout || stderr).replace(/\s+/g, ' ').trim();
      };
      const answer = (pod: string): RegExp => new RegExp(`^${pod} heard \\S+ for ${client} 200$`);
      await eventually(`${address} serves`, async () => {
        const said = await ask('https', '/');
        if (!answer('one').test(said)) throw new Error(said);
        return true;
      });
      expect(await ask('http', '/')).toMatch(answer('one'));
      expect(await ask('http', '/cart')).toMatch(answer('two'));
      expect(await ask('https', '/cart')).toMatch(answer('two'));
      expect(await ask('http', '/', 'nobody.example')).toMatch(/ 404$/);
    }
  });
});
