import type { Running } from '../harness/programs';
import { podManifest, manifestList, shell } from '../harness/manifests';
import { eventually } from './eventually';
import type { Host } from './host';
import { HostCluster } from './host-cluster';

jest.setTimeout(300_000);

/** Of what containers of pods do on a host, from its first moment on: every line is the moment in nanoseconds, what happened, and to which pod. */
const FORMAT = '{{.TimeNano}} {{.Action}} {{index .Actor.Attributes "io.kubernetes.pod.name"}}';
const EVENTS = [
  'events',
  '--since',
  '1',
  '--filter',
  'type=container',
  '--filter',
  'label=io.kubernetes.container.name=main',
];

interface Deed {
  readonly at: bigint;
  readonly action: string;
}

/** A machine that loses its server while it runs a pod whose identity must never be there twice. */
describe('a node without its server', () => {
  let cluster: HostCluster;
  let lost: Host;
  let other: Host;
  let watched: ReadonlyMap<Host, Running>;
  beforeAll(async () => {
    const patience = ['not-ready', 'unreachable'].flatMap((each) => [`--default-${each}-toleration-seconds`, '2']);
    cluster = await HostCluster.start({
      workers: [{}, {}],
      serverArgs: [...patience, '--fence-after-seconds', '10'],
    });
    watched = new Map(
      cluster.workers.map((host) => [host, host.start('docker', [...EVENTS, '--format', FORMAT])] as const),
    );
    const labels = { app: 'db' };
    const spec = { terminationGracePeriodSeconds: 1, containers: [shell('exec sleep 3600')] };
    const db = {
      apiVersion: 'apps/v1',
      kind: 'StatefulSet',
      metadata: { name: 'db' },
      spec: {
        replicas: 1,
        serviceName: 'db',
        selector: { matchLabels: labels },
        template: { metadata: { labels }, spec },
      },
    };
    await cluster.ok(['apply', '-f', '-'], JSON.stringify(db));
    await cluster.ok(['rollout', 'status', 'statefulset/db', '--timeout=120s']);
    lost = cluster.workerOf(await placeOf());
    other = cluster.worker(lost === cluster.worker(1) ? 2 : 1);
    // Has no identity to guard, and tolerates whatever becomes of its node.
    const steady = { nodeName: lost.name, tolerations: [{ operator: 'Exists' }], containers: spec.containers };
    await cluster.ok(['apply', '-f', '-'], manifestList(podManifest('plain', { ...steady, restartPolicy: 'Always' })));
    await cluster.ok(['wait', '--for=condition=Ready', 'pod/plain', '--timeout=120s']);
  });
  afterAll(() => cluster.stop());

  const placeOf = (): Promise<string> => cluster.ok(['get', 'pod', 'db-0', '-o', 'jsonpath={.spec.nodeName}']);
  const uidOf = (): Promise<string> => cluster.ok(['get', 'pod', 'db-0', '-o', 'jsonpath={.metadata.uid}']);
  const deeds = (host: Host, pod: string): readonly Deed[] =>
    (watched.get(host)?.output() ?? '').split('\n').flatMap((line) => {
      const [at = '', action = '', name] = line.split(' ');
      return name === pod ? [{ at: BigInt(at), action }] : [];
    });
  const last = (host: Host, pod: string, action: string): Deed | undefined =>
    deeds(host, pod).findLast((deed) => deed.action === action);

  it('stops such a pod by itself, and only then does it run elsewhere', async () => {
    const before = await uidOf();
    await lost.cut();
    await eventually('the cut node has stopped the pod', () =>
      Promise.resolve(last(lost, 'db-0', 'die') !== undefined),
    );
    await eventually('the pod runs elsewhere', async () => {
      const ready = [
        'get',
        'pod',
        'db-0',
        '-o',
        'jsonpath={.spec.nodeName} {.status.conditions[?(@.type=="Ready")].status}',
      ];
      return (await cluster.ok(ready)) === `${other.name} True`;
    });
    expect(await uidOf()).not.toBe(before);
    const [stopped, started] = [last(lost, 'db-0', 'die'), last(other, 'db-0', 'start')];
    // Both engines read the clock of this machine.
    expect(started?.at).toBeGreaterThan(stopped?.at ?? 0n);
  });

  it('lets everything else run on', () => {
    expect(deeds(lost, 'plain').map(({ action }) => action)).toContain('start');
    expect(last(lost, 'plain', 'die')).toBeUndefined();
  });

  it('does not start it again when it is back', async () => {
    const uid = await uidOf();
    const starts = (): number => deeds(lost, 'db-0').filter(({ action }) => action === 'start').length;
    const before = starts();
    await lost.heal();
    await cluster.untilReady(lost);
    await eventually('what was replaced is forgotten', async () => {
      const left = await lost.docker('ps', '-aq', '--filter', 'label=io.kubernetes.pod.name=db-0');
      return left.trim() === '';
    });
    expect([await uidOf(), await placeOf(), starts()]).toEqual([uid, other.name, before]);
    expect(last(lost, 'plain', 'die')).toBeUndefined();
  });
});
