import http from 'node:http';
import { createSocket } from 'node:dgram';
import { isIPv4 } from 'node:net';
import { Cluster, freePort } from './harness/cluster';
import { run } from './harness/programs';
import { manifestList, podManifest, shell } from './harness/manifests';

jest.setTimeout(180_000);

const SERVE = 'mkdir -p /tmp/www; hostname > /tmp/www/index.html; exec httpd -f -p 8080 -h /tmp/www';
const labels = { app: 'web' };

/** Services as they are dialled: from a pod by name, and from the machine itself. */
describe('services', () => {
  let cluster: Cluster;
  const service = (name: string, spec: object): string =>
    JSON.stringify({ apiVersion: 'v1', kind: 'Service', metadata: { name }, spec });
  const ports = [{ name: 'http', port: 80, targetPort: 'http' }];

  beforeAll(async () => {
    // A range of its own: clusters beside each other on one machine are dialled by its processes alike.
    const block = 64 + Math.floor(Math.random() * 128);
    cluster = await Cluster.start({ serverArgs: ['--service-cluster-ip-range', `10.${block}.0.0/16`] });
    const template = {
      metadata: { labels },
      spec: {
        terminationGracePeriodSeconds: 1,
        containers: [
          shell(SERVE, {
            ports: [{ name: 'http', containerPort: 8080 }],
            readinessProbe: { httpGet: { path: '/', port: 8080 }, periodSeconds: 1 },
          }),
        ],
      },
    };
    const deployment = {
      apiVersion: 'apps/v1',
      kind: 'Deployment',
      metadata: { name: 'web' },
      spec: { replicas: 3, selector: { matchLabels: labels }, template },
    };
    await cluster.ok(
      ['apply', '-f', '-'],
      manifestList(
        JSON.stringify(deployment),
        service('web', { selector: labels, ports }),
        service('balanced', {
          type: 'LoadBalancer',
          selector: labels,
          ports: [{ ...ports[0], port: await freePort() }],
        }),
        service('headless', { clusterIP: 'None', selector: labels, ports }),
        service('sticky', { selector: labels, sessionAffinity: 'ClientIP', ports }),
        service('nobody', { selector: { app: 'none' }, ports }),
        service('elsewhere', { type: 'ExternalName', externalName: 'web.default.svc.cluster.local' }),
        podManifest('client', { containers: [shell('exec sleep 3600')] }),
      ),
    );
    await cluster.ok(['rollout', 'status', 'deployment/web', '--timeout=60s']);
    await cluster.ok(['wait', '--for=condition=Ready', 'pod/client', '--timeout=60s']);
  });
  afterAll(() => cluster.stop());

  /** The first address that the pod finds of that name. */
  const found = async (name: string): Promise<readonly string[]> => {
    const { stdout, stderr } = await cluster.kubectl(['exec', 'client', '--', 'nslookup', '-type=a', name]);
    const ips = [...stdout.matchAll(/Address: (\S+)$/gm)].map(([, ip = '']) => ip);
    if (ips.length === 0) throw new Error(`${name} is not found: ${stdout}${stderr}`);
    return ips;
  };
  // In the pod's network by a program of this machine: that of busybox ends by a fault of its own where it resolves.
  const inNetworkOf = async (pod: string, url: string): Promise<string> => {
    const [id = ''] = await cluster.containers(`name=${pod}`, 'label=io.pinsetter.type=sandbox');
    const { stdout: pid } = await run('docker', ['inspect', '-f', '{{.State.Pid}}', id]);
    const { stdout, stderr } = await run('nsenter', ['-t', pid.trim(), '-n', 'curl', '-sSk', '-m', '5', url]);
    // What went wrong is shown in place of the answer.
    return stdout.trim() || stderr.trim();
  };
  const fromPod = async (url: string): Promise<string> => {
    const { hostname, port } = new URL(url);
    const [ip = hostname] = isIPv4(hostname) ? [hostname] : await found(hostname);
    return inNetworkOf('client', `http://${ip}:${port === '' ? 80 : port}`);
  };
  const fromHost = async (url: string): Promise<string> => (await run('curl', ['-sS', '-m', '5', url])).stdout.trim();
  const field = (name: string, jsonpath: string): Promise<string> =>
    cluster.ok(['get', 'service', name, '-o', `jsonpath={${jsonpath}}`]);
  const pods = async (): Promise<readonly string[]> =>
    (await cluster.ok(['get', 'pods', '-l', 'app=web', '-o', 'jsonpath={.items[*].metadata.name}'])).split(' ').sort();
  /** A few at a time: what is asked is the network, not how many programs the machine can start at once. */
  const many = async (ask: () => Promise<string>, times = 30): Promise<readonly string[]> => {
    const answers = new Set<string>();
    let left = times;
    const one = async (): Promise<void> => {
      while (left-- > 0) answers.add(await ask());
    };
    await Promise.all([one(), one(), one()]);
    return [...answers].sort();
  };

  it('answer a pod by name, each connection by any of the pods', async () => {
    const [ip] = await found('web');
    expect(await many(() => inNetworkOf('client', `http://${ip}`))).toEqual(await pods());
  });

  it.each(['http://web.default.svc.cluster.local', 'http://web.default.svc.cluster.local.', 'http://elsewhere'])(
    'answer a pod at %s',
    async (url) => {
      expect(await pods()).toContain(await fromPod(url));
    },
  );

  it('answer the machine itself at their address', async () => {
    const ip = await field('web', '.spec.clusterIP');
    expect(await many(() => fromHost(`http://${ip}`))).toEqual(await pods());
  });

  it('answer by UDP, also of what is no pod', async () => {
    const echo = createSocket('udp4');
    echo.on('message', (bytes, from) => echo.send(`heard ${bytes.toString()}`, from.port, from.address));
    const address = await cluster.ok(['get', 'nodes', '-o', 'jsonpath={.items[0].status.addresses[0].address}']);
    await new Promise<void>((resolve) => echo.bind(0, address, resolve));
    const udp = { name: 'echo', port: 90, targetPort: echo.address().port, protocol: 'UDP' };
    const endpoints = {
      apiVersion: 'v1',
      kind: 'Endpoints',
      metadata: { name: 'echo' },
      subsets: [{ addresses: [{ ip: address }], ports: [{ name: 'echo', port: udp.targetPort, protocol: 'UDP' }] }],
    };
    await cluster.ok(['apply', '-f', '-'], manifestList(service('echo', { ports: [udp] }), JSON.stringify(endpoints)));
    await cluster.until(['get', 'endpointslices', '-l', 'kubernetes.io/service-name=echo'], ({ stdout }) =>
      stdout.includes(address),
    );
    const ip = await field('echo', '.spec.clusterIP');
    const client = createSocket('udp4');
    const answer = await new Promise<string>((resolve, reject) => {
      client.once('error', reject);
      client.once('message', (bytes) => resolve(bytes.toString()));
      client.send('hello', 90, ip);
    });
    client.close();
    echo.close();
    expect(answer).toBe('heard hello');
  });

  it('answer at a node port, as tutorials have it', async () => {
    await cluster.ok(['expose', 'deployment', 'web', '--type=NodePort', '--name=exposed', '--port=8080']);
    const port = await field('exposed', '.spec.ports[0].nodePort');
    const address = await cluster.ok(['get', 'nodes', '-o', 'jsonpath={.items[0].status.addresses[0].address}']);
    await cluster.until(['get', 'endpoints', 'exposed'], ({ stdout }) => stdout.includes(':8080'));
    for (const host of [address, 'localhost']) expect(await pods()).toContain(await fromHost(`http://${host}:${port}`));
    expect(await pods()).toContain(await fromPod(`http://${address}:${port}`));
  });

  it('answer at the address of the load balancer, which is a node', async () => {
    await cluster.until(['get', 'service', 'balanced'], ({ stdout }) => !stdout.includes('<pending>'));
    const [ip, port] = await Promise.all([
      field('balanced', '.status.loadBalancer.ingress[0].ip'),
      field('balanced', '.spec.ports[0].port'),
    ]);
    expect(await pods()).toContain(await fromHost(`http://${ip}:${port}`));
  });

  it('keep a client with its pod where they are told to', async () => {
    const [ip] = await found('sticky');
    const answers = await many(() => inNetworkOf('client', `http://${ip}`));
    expect(answers).toHaveLength(1);
    expect(await pods()).toContain(answers[0]);
  });

  it('refuse at once where nobody stands behind', async () => {
    const ip = await field('nobody', '.spec.clusterIP');
    const { stderr } = await run('curl', ['-sS', '-m', '5', `http://${ip}`]);
    expect(stderr).toMatch(/refused|Couldn't connect/);
  });

  it('of a headless one a pod finds every pod', async () => {
    const ips = await cluster.ok(['get', 'pods', '-l', 'app=web', '-o', 'jsonpath={.items[*].status.podIP}']);
    expect([...(await found('headless'))].sort()).toEqual(ips.split(' ').sort());
  });

  it('answer a pod that dials itself', async () => {
    const [pod = ''] = await pods();
    await cluster.ok(['label', 'pod', pod, 'only=me']);
    await cluster.ok(['apply', '-f', '-'], service('self', { selector: { only: 'me' }, ports }));
    await cluster.until(['get', 'endpoints', 'self'], ({ stdout }) => stdout.includes(':8080'));
    const ip = await field('self', '.spec.clusterIP');
    expect(await inNetworkOf(pod, `http://${ip}`)).toBe(pod);
  });

  it('the API answers pods under its name', async () => {
    const [ip = ''] = await found('kubernetes.default.svc.cluster.local');
    expect(await inNetworkOf('client', `https://${ip}/version`)).toContain('gitVersion');
  });

  it('lose no request while all pods are replaced', async () => {
    const ip = await field('web', '.spec.clusterIP');
    const before = await pods();
    let isOver = false;
    const outcomes = { answered: 0, failed: [] as string[] };
    const client = async (): Promise<void> => {
      while (!isOver) {
        const { status, stderr } = await get(ip);
        if (status === 200) outcomes.answered += 1;
        else outcomes.failed.push(stderr);
      }
    };
    const clients = [client(), client(), client(), client()];
    for (let round = 0; round < 2; round++) {
      await cluster.ok(['rollout', 'restart', 'deployment/web']);
      await cluster.ok(['rollout', 'status', 'deployment/web', '--timeout=60s']);
    }
    await cluster.until(['get', 'pods', '-l', 'app=web', '-o', 'name'], ({ stdout }) =>
      before.every((pod) => !stdout.includes(pod)),
    );
    isOver = true;
    await Promise.all(clients);
    expect(outcomes.failed).toEqual([]);
    expect(outcomes.answered).toBeGreaterThan(200);
  });
});

/** One request on a connection of its own. */
const get = (host: string): Promise<{ readonly status: number; readonly stderr: string }> =>
  new Promise((resolve) => {
    const request = http.get({ host, port: 80, agent: false, timeout: 10_000 }, (response) => {
      response.resume();
      response.once('close', () => resolve({ status: response.complete ? (response.statusCode ?? 0) : 0, stderr: '' }));
    });
    request.once('timeout', () => request.destroy(new Error('no answer in time')));
    request.once('error', (error) => resolve({ status: 0, stderr: error.message }));
  });
