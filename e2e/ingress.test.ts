import dgram from 'node:dgram';
import http from 'node:http';
import https from 'node:https';
import net from 'node:net';
import tls from 'node:tls';
import { WebSocket, WebSocketServer } from 'ws';
import { Cluster, freePort } from './harness/cluster';
import { manifestList, shell } from './harness/manifests';
import { selfSigned } from './harness/self-signed';
import { ensureNginxImage } from './machines/nginx-image';

jest.setTimeout(400_000);

interface Answer {
  readonly code: number;
  readonly headers: http.IncomingHttpHeaders;
  readonly body: string;
}
interface Echo {
  readonly name: string;
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
}

/** Ingresses of the API served by a real nginx, to real clients; what stands behind most Services are servers of this test. */
describe('ingresses', () => {
  let cluster: Cluster;
  let httpPort = 0;
  let httpsPort = 0;
  let tcpPort = 0;
  let udpPort = 0;
  const closing: (() => void)[] = [];

  beforeAll(async () => {
    const block = 64 + Math.floor(Math.random() * 128);
    [httpPort, httpsPort, tcpPort, udpPort] = [await freePort(), await freePort(), await freePort(), await freePort()];
    const image = await ensureNginxImage();
    cluster = await Cluster.start({
      workers: 2,
      serverArgs: ['--service-cluster-ip-range', `10.${block}.0.0/16`],
      agentArgs: [
        ...['--ingress-image', image, '--ingress-http-port', String(httpPort)],
        ...['--ingress-https-port', String(httpsPort)],
      ],
    });
    const address = await cluster.ok(['get', 'nodes', '-o', 'jsonpath={.items[0].status.addresses[0].address}']);
    const objects = await Promise.all(
      [
        ...['one', 'two', 'three'].map((name) => ({ name, server: echoServer(name, http.createServer()) })),
        { name: 'secure', server: echoServer('secure', https.createServer(await selfSigned('backend'))) },
        { name: 'lines', server: net.createServer((socket) => socket.on('data', (data) => socket.write(data))) },
      ].map(async ({ name, server }) => {
        await new Promise<void>((resolve) => server.listen(0, '0.0.0.0', resolve));
        closing.push(() => server.close());
        return behind(name, { address, port: portOf(server.address()), protocol: 'TCP' });
      }),
    );
    const datagrams = dgram.createSocket('udp4');
    datagrams.on('message', (message, from) => datagrams.send(`echo ${message.toString()}`, from.port, from.address));
    await new Promise<void>((resolve) => datagrams.bind(0, '0.0.0.0', resolve));
    closing.push(() => datagrams.close());
    const udp = behind('datagrams', { address, port: datagrams.address().port, protocol: 'UDP' });
    await apply(...objects.flat(), ...udp);
  });
  afterAll(async () => {
    for (const close of closing) close();
    await cluster.stop();
  });

  const apply = (...objects: readonly object[]): Promise<string> =>
    cluster.ok(['apply', '-f', '-'], manifestList(...objects.map((each) => JSON.stringify(each))));
  const ingress = (name: string, spec: object, annotations: Record<string, string> = {}): object => ({
    apiVersion: 'networking.k8s.io/v1',
    kind: 'Ingress',
    metadata: {
      name,
      annotations: Object.fromEntries(
        Object.entries(annotations).map(([key, value]) => [`nginx.ingress.kubernetes.io/${key}`, value]),
      ),
    },
    spec,
  });
  const to = (name: string): object => ({ service: { name, port: { number: 80 } } });
  const path = (pathType: string, at: string, name: string): object => ({ path: at, pathType, backend: to(name) });
  const rule = (host: string, ...paths: readonly object[]): object => ({ host, http: { paths } });
  const get = (host: string, at = '/', headers: http.OutgoingHttpHeaders = {}): Promise<Answer> =>
    ask(http.request({ host: '127.0.0.1', port: httpPort, path: at, headers: { host, ...headers }, agent: false }));
  const getSecurely = (host: string, at = '/'): Promise<Answer> =>
    ask(
      https.request({
        ...{ host: '127.0.0.1', port: httpsPort, path: at, servername: host, agent: false },
        ...{ headers: { host }, rejectUnauthorized: false },
      }),
    );
  /** Who has answered: the name of a server, or a status code. */
  const who = async (host: string, at = '/'): Promise<string> => {
    const { code, body } = await get(host, at);
    return code === 200 ? (JSON.parse(body) as Echo).name : String(code);
  };
  const until = async (look: () => Promise<boolean>, what: string): Promise<void> => {
    const deadline = Date.now() + 180_000;
    while (!(await look().catch(() => false))) {
      if (Date.now() > deadline) throw new Error(`${what}\n${await cluster.ok(['describe', 'nodes,ingresses'])}`);
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
  };
  const conditions = async (): Promise<readonly string[]> => {
    const filter = '{range .items[*]}{.status.conditions[?(@.type=="IngressReady")].reason}{"\\n"}{end}';
    return (await cluster.ok(['get', 'nodes', '-o', `jsonpath=${filter}`])).trim().split('\n');
  };
  const shownName = (servername: string): Promise<string> =>
    new Promise((resolve, reject) => {
      const socket = tls.connect({ host: '127.0.0.1', port: httpsPort, servername, rejectUnauthorized: false }, () => {
        resolve(String(socket.getPeerCertificate().subject.CN));
        socket.destroy();
      });
      socket.once('error', reject);
    });
  const secret = async (name: string, commonName: string): Promise<object> => {
    const { cert, key } = await selfSigned(commonName);
    return {
      apiVersion: 'v1',
      kind: 'Secret',
      type: 'kubernetes.io/tls',
      metadata: { name },
      stringData: { 'tls.crt': cert, 'tls.key': key },
    };
  };

  it('are nothing that listens where there are none', async () => {
    await until(async () => (await conditions()).join() === 'NothingToServe,NothingToServe', 'a node serves');
    expect(await cluster.containers('label=io.pinsetter.type=system')).toEqual([]);
    await expect(get('a.example')).rejects.toThrow('ECONNREFUSED');
  });

  it('lead requests by host and path to Services, from one of the nodes that share a machine', async () => {
    await apply(
      ingress('general', { defaultBackend: to('three') }),
      ingress('web', {
        rules: [
          rule(
            'a.example',
            path('Prefix', '/foo', 'one'),
            path('Exact', '/foo', 'two'),
            path('Prefix', '/foo/bar/', 'two'),
          ),
          rule('*.wild.example', path('ImplementationSpecific', '/', 'one')),
          rule('b.wild.example', path('Prefix', '/', 'two')),
          rule('gone.example', path('Prefix', '/', 'nobody')),
        ],
      }),
    );
    await until(async () => (await who('a.example', '/foo')) === 'two', 'a.example/foo is not served');
    const answers = await Promise.all(
      [
        ['a.example', '/foo'],
        ['a.example', '/foo/'],
        ['a.example', '/foo/baz?x=1'],
        ['a.example', '/foobar'],
        ['a.example', '/foo/bar'],
        ['a.example', '/foo/bar/x'],
        ['a.example', '/foo/barn'],
        ['A.Example:8080', '/foo/'],
        ['x.wild.example', '/'],
        ['b.wild.example', '/'],
        ['x.y.wild.example', '/'],
        ['wild.example', '/'],
        ['gone.example', '/'],
      ].map(async ([host = '', at = '']) => `${host}${at} ${await who(host, at)}`),
    );
    expect(answers).toEqual([
      'a.example/foo two',
      'a.example/foo/ one',
      'a.example/foo/baz?x=1 one',
      'a.example/foobar three',
      'a.example/foo/bar two',
      'a.example/foo/bar/x two',
      'a.example/foo/barn one',
      'A.Example:8080/foo/ one',
      'x.wild.example/ one',
      'b.wild.example/ two',
      'x.y.wild.example/ three',
      'wild.example/ three',
      'gone.example/ 503',
    ]);
    await until(
      async () => JSON.stringify((await conditions()).toSorted()) === '["ServedByOtherNode","Serving"]',
      'not one of two nodes serves',
    );
  });

  it('say where they are reached, and what keeps them from it', async () => {
    const address = await cluster.ok(['get', 'nodes', '-o', 'jsonpath={.items[0].status.addresses[0].address}']);
    await cluster.until(['get', 'ingress', 'web'], ({ stdout }) => stdout.includes(address));
    expect(await cluster.ok(['get', 'ingress', 'web', '--no-headers'])).toMatch(
      /^web +pinsetter +a\.example,\*\.wild\.example,b\.wild\.example \+ 1 more\.\.\. +[0-9.]+ +80 +/,
    );
    const { stdout } = await cluster.until(['describe', 'ingress', 'web'], (outcome) =>
      outcome.stdout.includes('Sync'),
    );
    expect(stdout).toContain('Service "default/nobody" does not exist');
    expect(stdout).toContain(`Address:          ${address}`);
  });

  it('tell backends who the client is, whatever it says of itself', async () => {
    const { body } = await get('a.example', '/foo', { 'x-forwarded-for': '192.0.2.66', 'x-real-ip': '192.0.2.66' });
    expect((JSON.parse(body) as Echo).headers).toMatchObject({
      host: 'a.example',
      'x-forwarded-for': '127.0.0.1',
      'x-real-ip': '127.0.0.1',
      'x-forwarded-proto': 'http',
      'x-forwarded-host': 'a.example',
    });
  });

  it('pass websockets on', async () => {
    const socket = new WebSocket(`ws://127.0.0.1:${httpPort}/foo/`, { headers: { host: 'a.example' } });
    const answer = new Promise<string>((resolve, reject) => {
      socket.once('message', (data: Buffer) => resolve(data.toString()));
      socket.once('error', reject);
    });
    socket.once('open', () => socket.send('hello'));
    expect(await answer).toBe('one: hello');
    socket.terminate();
  });

  it('show the certificate of the name, redirect to it, and show a new one as soon as the Secret has it', async () => {
    await apply(
      await secret('cert', 'first'),
      ingress('secure', {
        tls: [{ hosts: ['tls.example'], secretName: 'cert' }],
        rules: [rule('tls.example', path('Prefix', '/', 'one'))],
      }),
      ingress(
        'open',
        {
          tls: [{ hosts: ['open.example'], secretName: 'cert' }],
          rules: [rule('open.example', path('Prefix', '/', 'one'))],
        },
        { 'ssl-redirect': 'false' },
      ),
    );
    await until(async () => (await shownName('tls.example')) === 'first', 'the certificate is not shown');
    expect(await shownName('else.example')).toBe('Pinsetter Ingress Default Certificate');
    // Processes of nginx that leave may still take a connection while new ones take others.
    const isRedirected = async (): Promise<boolean> => (await get('tls.example', '/x?y=1')).code === 308;
    await until(isRedirected, 'plain HTTP is not redirected');
    const { headers } = await get('tls.example', '/x?y=1');
    expect(headers.location).toBe(`https://tls.example:${httpsPort}/x?y=1`);
    expect(await who('open.example')).toBe('one');
    const echo = JSON.parse((await getSecurely('tls.example')).body) as Echo;
    expect([echo.name, echo.headers['x-forwarded-proto']]).toEqual(['one', 'https']);
    await apply(await secret('cert', 'second'));
    await until(async () => (await shownName('tls.example')) === 'second', 'the new certificate is not shown');
  });

  it('do as the annotations of the well-known controller ask', async () => {
    const host = (name: string): object => ({ rules: [rule(`${name}.example`, path('Prefix', '/', 'one'))] });
    await apply(
      ingress(
        'rewritten',
        { rules: [rule('rewritten.example', path('ImplementationSpecific', '/api(/|$)(.*)', 'one'))] },
        { 'rewrite-target': '/$2' },
      ),
      ingress('closed', host('closed'), { 'whitelist-source-range': '10.0.0.0/8' }),
      ingress('small', host('small'), { 'proxy-body-size': '10' }),
      ingress(
        'inner',
        { rules: [rule('inner.example', path('Prefix', '/', 'secure'))] },
        { 'backend-protocol': 'HTTPS' },
      ),
      ingress('slip', host('slip'), { 'proxy-read-timeout': 'soon' }),
      // What the proxy alone refuses: everybody else is served all the same.
      ingress(
        'refused',
        { rules: [rule('refused.example', path('ImplementationSpecific', '/[[:nothing:]]', 'one'))] },
        { 'use-regex': 'true' },
      ),
    );
    await until(async () => (await who('slip.example')) === 'one', 'slip.example is not served');
    const { body } = await get('rewritten.example', '/api/v1/things?x=1');
    expect((JSON.parse(body) as Echo).url).toBe('/v1/things?x=1');
    expect(await who('closed.example')).toBe('403');
    const large = http.request({
      ...{ host: '127.0.0.1', port: httpPort, method: 'POST', agent: false },
      headers: { host: 'small.example', 'content-length': 20 },
    });
    large.write('x'.repeat(20));
    expect((await ask(large)).code).toBe(413);
    expect(await who('inner.example')).toBe('secure');
    await cluster.until(['describe', 'ingress', 'slip'], ({ stdout }) => stdout.includes('InvalidAnnotation'));
    await cluster.until(['describe', 'nodes'], ({ stdout }) => stdout.includes('default/refused is left out'));
    await cluster.until(['describe', 'ingress', 'refused'], ({ stdout }) =>
      /Rejected .*left out: nginx refuses it: pcre2?_compile\(\) failed/.test(stdout),
    );
  });

  it('lose no request while all pods behind them are replaced', async () => {
    const labels = { app: 'rolling' };
    const container = shell('mkdir -p /tmp/www; echo ok > /tmp/www/index.html; exec httpd -f -p 8080 -h /tmp/www', {
      readinessProbe: { httpGet: { path: '/', port: 8080 }, periodSeconds: 1 },
    });
    const template = { metadata: { labels }, spec: { terminationGracePeriodSeconds: 1, containers: [container] } };
    await apply(
      {
        apiVersion: 'apps/v1',
        kind: 'Deployment',
        metadata: { name: 'rolling' },
        spec: { replicas: 2, selector: { matchLabels: labels }, template },
      },
      {
        apiVersion: 'v1',
        kind: 'Service',
        metadata: { name: 'rolling' },
        spec: { selector: labels, ports: [{ port: 80, targetPort: 8080 }] },
      },
      ingress('rolling', { rules: [rule('rolling.example', path('Prefix', '/', 'rolling'))] }),
    );
    await cluster.ok(['rollout', 'status', 'deployment/rolling', '--timeout=150s']);
    await until(async () => (await get('rolling.example')).code === 200, 'rolling.example is not served');
    const answers = new Map<string, number>();
    let isRolling = true;
    const client = async (): Promise<void> => {
      while (isRolling) {
        const answer = await get('rolling.example').then(
          ({ code }) => String(code),
          (error: Error) => error.message,
        );
        answers.set(answer, (answers.get(answer) ?? 0) + 1);
      }
    };
    const clients = [client(), client()];
    await cluster.ok(['rollout', 'restart', 'deployment/rolling']);
    await cluster.ok(['rollout', 'status', 'deployment/rolling', '--timeout=150s']);
    isRolling = false;
    await Promise.all(clients);
    expect([...answers.keys()]).toEqual(['200']);
    expect(answers.get('200')).toBeGreaterThan(50);
  });

  it('pass plain ports on, as ConfigMaps of the well-known names ask', async () => {
    const map = (name: string, data: Record<string, string>): object => ({
      apiVersion: 'v1',
      kind: 'ConfigMap',
      metadata: { name, namespace: 'kube-system' },
      data,
    });
    await apply(
      map('tcp-services', { [String(tcpPort)]: 'default/lines:80::PROXY', 99999: 'default/lines:80' }),
      map('udp-services', { [String(udpPort)]: 'default/datagrams:80' }),
    );
    await until(async () => (await exchange(tcpPort, 'hello\n')).endsWith('hello\n'), 'the TCP port is not served');
    expect(await exchange(tcpPort, 'hello\n')).toMatch(/^PROXY TCP4 127\.0\.0\.1 127\.0\.0\.1 \d+ \d+\r\nhello\n$/);
    expect(await datagram(udpPort, 'hi')).toBe('echo hi');
    await cluster.until(['-n', 'kube-system', 'get', 'events'], ({ stdout }) =>
      stdout.includes('TCP port "99999" is not served'),
    );
  });

  it('are served while the agent is away and when it is back, by the same proxy', async () => {
    const before = await cluster.containers('label=io.pinsetter.type=system');
    const [inspected = ''] = before;
    expect(inspected).not.toBe('');
    for (const worker of cluster.workers) await cluster.stopKubelet(worker);
    expect(await who('a.example', '/foo')).toBe('two');
    for (const worker of cluster.workers) await cluster.startKubelet(worker);
    await apply(ingress('later', { rules: [rule('later.example', path('Prefix', '/', 'two'))] }));
    await until(async () => (await who('later.example')) === 'two', 'later.example is not served');
    expect(await cluster.containers('label=io.pinsetter.type=system')).toEqual(before);
  });

  it('leave nothing that listens when they are gone', async () => {
    await cluster.ok(['delete', 'ingress', '--all']);
    await cluster.ok(['-n', 'kube-system', 'delete', 'configmap', 'tcp-services', 'udp-services']);
    await cluster.untilNoContainers('label=io.pinsetter.type=system');
    await expect(get('a.example')).rejects.toThrow('ECONNREFUSED');
    await until(async () => (await conditions()).every((each) => each === 'NothingToServe'), 'a node still serves');
  });
});

/** A Service by that name, and what stands behind it. */
function behind(
  name: string,
  { address, port, protocol }: { readonly address: string; readonly port: number; readonly protocol: 'TCP' | 'UDP' },
): readonly object[] {
  return [
    {
      apiVersion: 'v1',
      kind: 'Service',
      metadata: { name },
      spec: { ports: [{ port: 80, targetPort: port, protocol }] },
    },
    {
      apiVersion: 'discovery.k8s.io/v1',
      kind: 'EndpointSlice',
      metadata: { name: `${name}-1`, labels: { 'kubernetes.io/service-name': name } },
      addressType: 'IPv4',
      ports: [{ name: '', port, protocol }],
      endpoints: [{ addresses: [address] }],
    },
  ];
}

/** Tells its name and what it was asked; says over a websocket what it hears. */
function echoServer<T extends http.Server | https.Server>(name: string, server: T): T {
  server.on('request', ({ url = '', headers }: http.IncomingMessage, response: http.ServerResponse) => {
    response.setHeader('content-type', 'application/json');
    response.end(JSON.stringify({ name, url, headers }));
  });
  new WebSocketServer({ server }).on('connection', (socket) =>
    socket.on('message', (data: Buffer) => socket.send(`${name}: ${data.toString()}`)),
  );
  return server;
}

const portOf = (address: ReturnType<net.Server['address']>): number =>
  typeof address === 'object' && address !== null ? address.port : 0;

function ask(request: http.ClientRequest): Promise<Answer> {
  return new Promise((resolve, reject) => {
    request.once('error', reject);
    request.once('response', (response) => {
      let body = '';
      response.on('data', (chunk: Buffer) => (body += chunk.toString()));
      response.on('end', () => resolve({ code: response.statusCode ?? 0, headers: response.headers, body }));
      response.on('error', reject);
    });
    request.end();
  });
}

/** What comes back for a line. */
function exchange(port: number, line: string): Promise<string> {
  return new Promise((resolve, reject) => {
    const socket = net.connect({ host: '127.0.0.1', port }, () => socket.write(line));
    let text = '';
    socket.setTimeout(5_000, () => socket.destroy(new Error('no answer')));
    socket.on('data', (data) => {
      text += data.toString();
      if (!text.endsWith(line)) return;
      resolve(text);
      socket.destroy();
    });
    socket.once('error', reject);
    socket.once('close', () => reject(new Error('closed without an answer')));
  });
}

/** Asked again until somebody answers: a datagram may be lost. */
function datagram(port: number, text: string): Promise<string> {
  return new Promise((resolve, reject) => {
    const socket = dgram.createSocket('udp4');
    let left = 100;
    const again = setInterval(() => {
      left -= 1;
      if (left === 0) settle(() => reject(new Error('no datagram came back')));
      else socket.send(text, port, '127.0.0.1');
    }, 200);
    const settle = (act: () => void): void => {
      clearInterval(again);
      socket.close();
      act();
    };
    socket.once('message', (message) => settle(() => resolve(message.toString())));
    // Nobody listens there yet.
    socket.on('error', () => undefined);
  });
}
