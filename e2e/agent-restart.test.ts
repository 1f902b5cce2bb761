import net from 'node:net';
import { Cluster } from './harness/cluster';
import { manifestList, shell } from './harness/manifests';

jest.setTimeout(180_000);

const SERVE = 'mkdir -p /tmp/www; exec httpd -f -p 8080 -h /tmp/www';
/** Between two connections of a client. */
const PAUSE_MS = 5;
/** Connections to each Service once the agent is back. */
const ENOUGH = 300;
/** What the engine and the kernel do may lose a packet, which its sender sends again. */
const DIAL_LIMIT_MS = 10_000;

/** The agent goes and comes, as in an upgrade; its pods run on. */
describe('a Service while the agent of its pods is away', () => {
  let cluster: Cluster;
  // So slow that an agent which knows nothing has to say something before it is through.
  const readinessProbe = { exec: { command: ['sleep', '1'] }, timeoutSeconds: 10, periodSeconds: 2 };
  const names = ['probed', 'plain'];

  beforeAll(async () => {
    // A range of its own: clusters beside each other on one machine are dialled by its processes alike.
    const block = 64 + Math.floor(Math.random() * 128);
    cluster = await Cluster.start({ serverArgs: ['--service-cluster-ip-range', `10.${block}.0.0/16`] });
    const served = names.flatMap((app) => [
      deployment(app, shell(SERVE, app === 'probed' ? { readinessProbe } : {})),
      service(app),
    ]);
    await cluster.ok(['apply', '-f', '-'], manifestList(...served));
    for (const name of names) await cluster.ok(['rollout', 'status', `deployment/${name}`, '--timeout=60s']);
  });
  afterAll(() => cluster.stop());

  const nodeReady = (status: string): Promise<unknown> =>
    cluster.until(
      ['get', 'node', cluster.workers[0] ?? '', '-o', 'jsonpath={.status.conditions[?(@.type=="Ready")].status}'],
      ({ stdout }) => stdout === status,
    );
  const endpointsReady = (status: string): Promise<unknown> =>
    cluster.until(
      ['get', 'endpointslices', '-o', 'jsonpath={.items[?(@.ports[0].port==8080)].endpoints[*].conditions.ready}'],
      ({ stdout }) => stdout === names.flatMap(() => [status, status]).join(' '),
    );

  /** Connects to all Services without a pause. */
  async function clients(): Promise<{ connections(): number; end(): Promise<readonly string[]> }> {
    const refusals: string[] = [];
    const counts = new Map(names.map((name) => [name, 0]));
    let isOver = false;
    const dialAll = async (name: string): Promise<void> => {
      const host = await cluster.ok(['get', 'service', name, '-o', 'jsonpath={.spec.clusterIP}']);
      while (!isOver) {
        const failure = await dial(host);
        counts.set(name, (counts.get(name) ?? 0) + 1);
        if (failure !== undefined) refusals.push(`${name}: ${failure}`);
        await new Promise((resolve) => setTimeout(resolve, PAUSE_MS));
      }
    };
    const dialling = names.map(dialAll);
    return {
      /** With the Service that has fewest. */
      connections: () => Math.min(...counts.values()),
      end: async () => {
        isOver = true;
        await Promise.all(dialling);
        return refusals;
      },
    };
  }

  it.each([
    ['killed and started at once', 'SIGKILL', false],
    ['killed and away until its node is given up', 'SIGKILL', true],
    ['ended and started at once', 'SIGTERM', false],
    ['ended and away until its node is given up', 'SIGTERM', true],
  ] as const)('refuses no connection: agent %s', async (_how, signal, isGivenUp) => {
    await endpointsReady('true');
    const dialling = await clients();
    let refusals: readonly string[];
    try {
      await untilTrue(() => dialling.connections() > 0);
      await cluster.stopKubelet(undefined, signal);
      if (isGivenUp) {
        await nodeReady('Unknown');
        await endpointsReady('false');
      }
      await cluster.startKubelet();
      await untilTrue(() => cluster.kubelet().output().includes('connected to the server'));
      const before = dialling.connections();
      await nodeReady('True');
      await endpointsReady('true');
      // Whatever it tells of its pods, and is told, it has by then.
      await untilTrue(() => dialling.connections() > before + ENOUGH);
    } finally {
      refusals = await dialling.end();
    }
    expect(refusals).toEqual([]);
  });
});

async function untilTrue(holds: () => boolean, timeoutMs = 60_000): Promise<void> {
  const deadline = Date.now() + timeoutMs;
  while (!holds()) {
    if (Date.now() > deadline) throw new Error(`not in ${timeoutMs} ms`);
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

/** What went wrong, if anything did. */
const dial = (host: string): Promise<string | undefined> =>
  new Promise((resolve) => {
    const socket = net.connect({ host, port: 80 });
    const settle = (failure?: string): void => {
      socket.destroy();
      resolve(failure);
    };
    socket.setTimeout(DIAL_LIMIT_MS, () => settle('no answer'));
    socket.on('connect', () => settle());
    socket.on('error', ({ message }) => settle(message));
  });

const deployment = (app: string, container: object): string =>
  JSON.stringify({
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: { name: app },
    spec: {
      replicas: 2,
      selector: { matchLabels: { app } },
      template: { metadata: { labels: { app } }, spec: { terminationGracePeriodSeconds: 1, containers: [container] } },
    },
  });

const service = (app: string): string =>
  JSON.stringify({
    apiVersion: 'v1',
    kind: 'Service',
    metadata: { name: app },
    spec: { selector: { app }, ports: [{ port: 80, targetPort: 8080 }] },
  });
