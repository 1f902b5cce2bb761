import { Cluster } from './harness/cluster';
import { configMapManifest, podManifest, shell } from './harness/manifests';

jest.setTimeout(180_000);

/** What a pod promises, seen through the API on a real engine. */
describe('pods on a real engine', () => {
  let cluster: Cluster;
  const apply = (manifest: string): Promise<string> => cluster.ok(['apply', '-f', '-'], manifest);
  const field = (name: string, jsonpath: string): Promise<string> =>
    cluster.ok(['get', 'pod', name, '-o', `jsonpath=${jsonpath}`]);

  beforeAll(async () => {
    cluster = await Cluster.start();
  });
  afterAll(() => cluster.stop());

  it('lets the containers of a pod share localhost and a volume', async () => {
    const volumeMounts = [{ name: 'shared', mountPath: '/data' }];
    await apply(
      podManifest('pair', {
        restartPolicy: 'Never',
        volumes: [{ name: 'shared', emptyDir: {} }],
        containers: [
          shell(
            'echo from-server > /data/index.html; httpd -p 127.0.0.1:8099 -h /data; until [ -f /data/done ]; do sleep 0.1; done',
            { name: 'server', volumeMounts },
          ),
          shell(
            'until wget -q -O /data/got http://127.0.0.1:8099/ 2>/dev/null; do sleep 0.1; done; cat /data/got; touch /data/done',
            { name: 'client', volumeMounts },
          ),
        ],
      }),
    );
    await cluster.untilPod('pair', '{.status.phase}', (phase) => phase === 'Succeeded');
    expect(await cluster.ok(['logs', 'pair', '-c', 'client'])).toBe('from-server\n');
  });

  it('runs init containers in order before the others, and says Completed at the end', async () => {
    const volumeMounts = [{ name: 'out', mountPath: '/out' }];
    await apply(
      podManifest('ordered', {
        restartPolicy: 'Never',
        volumes: [{ name: 'out', emptyDir: { medium: 'Memory' } }],
        initContainers: [
          shell('echo one >> /out/log', { name: 'first', volumeMounts }),
          shell('echo two >> /out/log', { name: 'second', volumeMounts }),
        ],
        containers: [shell('cat /out/log', { volumeMounts })],
      }),
    );
    await cluster.untilPod('ordered', '{.status.phase}', (phase) => phase === 'Succeeded');
    expect(await cluster.ok(['logs', 'ordered'])).toBe('one\ntwo\n');
    expect(await cluster.ok(['get', 'pod', 'ordered', '--no-headers'])).toMatch(/0\/1 +Completed/);
  });

  it('knows itself by its whole name, and shares processes where it asks for that', async () => {
    await apply(
      podManifest('named', {
        hostname: 'one',
        subdomain: 'group',
        shareProcessNamespace: true,
        restartPolicy: 'Never',
        hostAliases: [{ ip: '192.0.2.7', hostnames: ['foo', 'bar'] }],
        containers: [shell('hostname; hostname -f; cat /etc/hosts; tr "\\0" " " < /proc/1/cmdline')],
      }),
    );
    await cluster.untilPod('named', '{.status.phase}', (phase) => phase === 'Succeeded');
    const text = await cluster.ok(['logs', 'named']);
    const address = await field('named', '{.status.podIP}');
    expect(text).toMatch(/^one\none\.group\.default\.svc\.cluster\.local\n# Kubernetes-managed hosts file\.\n/);
    expect(text).toContain(`\n${address}\tone.group.default.svc.cluster.local\tone\n`);
    expect(text).toContain('\n# Entries added by HostAliases.\n192.0.2.7\tfoo\tbar\n');
    // The first of the shared processes is the sandbox's, not the shell.
    expect(text).not.toContain('sh -c');
  });

  it('is ready once its readiness gates are met too', async () => {
    await apply(
      podManifest('gated', {
        readinessGates: [{ conditionType: 'example.com/gate' }],
        containers: [shell('sleep 600')],
      }),
    );
    const why = '{.status.conditions[?(@.type=="Ready")].reason}';
    await cluster.untilPod('gated', why, (reason) => reason === 'ReadinessGatesNotReady');
    const patch = JSON.stringify({ status: { conditions: [{ type: 'example.com/gate', status: 'True' }] } });
    await cluster.ok(['patch', 'pod', 'gated', '--subresource=status', '-p', patch]);
    await cluster.ok(['wait', '--for=condition=Ready', 'pod/gated', '--timeout=20s']);
  });

  it('backs off from a container that keeps crashing, and keeps its last log', async () => {
    await apply(podManifest('crash', { containers: [shell('echo attempt; exit 7')] }));
    await cluster.untilPod(
      'crash',
      '{.status.containerStatuses[0].state.waiting.reason}',
      (reason) => reason === 'CrashLoopBackOff',
    );
    expect(await field('crash', '{.status.containerStatuses[0].lastState.terminated.exitCode}')).toBe('7');
    expect(await cluster.ok(['logs', 'crash', '--previous'])).toBe('attempt\n');
    await cluster.until(['get', 'events', '--field-selector', 'involvedObject.name=crash'], ({ stdout }) =>
      /BackOff +pod\/crash +Back-off restarting failed container/.test(stdout),
    );
    await cluster.ok(['delete', 'pod', 'crash']);
  });

  it('names the kernel as the killer when memory runs out', async () => {
    await apply(
      podManifest('hungry', {
        restartPolicy: 'Never',
        containers: [
          shell('head -c 200m /dev/zero | tail -c 200m > /dev/null; sleep 5', {
            resources: { limits: { memory: '16Mi' } },
            command: ['tail', '/dev/zero'],
          }),
        ],
      }),
    );
    await cluster.untilPod(
      'hungry',
      '{.status.containerStatuses[0].state.terminated.reason}',
      (reason) => reason === 'OOMKilled',
    );
    expect(await field('hungry', '{.status.containerStatuses[0].state.terminated.exitCode}')).toBe('137');
  });

  it('takes a pod out of readiness when its probe fails and restarts it when it is not alive', async () => {
    const probe = (file: string) => ({
      exec: { command: ['test', '-f', file] },
      periodSeconds: 1,
      failureThreshold: 1,
    });
    await apply(
      podManifest('probed', {
        containers: [
          shell('touch /tmp/ready /tmp/alive; exec sleep 3600', {
            readinessProbe: probe('/tmp/ready'),
            livenessProbe: { ...probe('/tmp/alive'), initialDelaySeconds: 2 },
          }),
        ],
      }),
    );
    const ready = '{.status.containerStatuses[0].ready}';
    await cluster.untilPod('probed', ready, (value) => value === 'true');
    await cluster.ok(['exec', 'probed', '--', 'rm', '/tmp/ready']);
    await cluster.untilPod('probed', ready, (value) => value === 'false');
    await cluster.ok(['exec', 'probed', '--', 'rm', '/tmp/alive']);
    await cluster.untilPod('probed', '{.status.containerStatuses[0].restartCount}', (count) => count === '1');
    await cluster.until(['get', 'events', '--field-selector', 'involvedObject.name=probed'], ({ stdout }) =>
      stdout.includes('Liveness probe failed'),
    );
    await cluster.ok(['delete', 'pod', 'probed']);
  });

  it('gives a container its environment from everywhere Kubernetes allows', async () => {
    await apply(configMapManifest('settings', { COLOR: 'blue' }));
    await cluster.ok(['create', 'secret', 'generic', 'keys', '--from-literal=KEY=sesame']);
    const { stdout } = await (async () => {
      await apply(
        podManifest('env', {
          restartPolicy: 'Never',
          containers: [
            shell('echo $COLOR $KEY $POD $CPU $GREETING; cat /etc/settings/COLOR', {
              envFrom: [{ configMapRef: { name: 'settings' } }],
              env: [
                { name: 'KEY', valueFrom: { secretKeyRef: { name: 'keys', key: 'KEY' } } },
                { name: 'POD', valueFrom: { fieldRef: { fieldPath: 'metadata.name' } } },
                { name: 'CPU', valueFrom: { resourceFieldRef: { resource: 'limits.cpu' } } },
                { name: 'GREETING', value: 'hi-$(POD)' },
              ],
              resources: { limits: { cpu: '2' } },
              volumeMounts: [{ name: 'settings', mountPath: '/etc/settings' }],
            }),
          ],
          volumes: [{ name: 'settings', configMap: { name: 'settings' } }],
        }),
      );
      await cluster.untilPod('env', '{.status.phase}', (phase) => phase === 'Succeeded');
      return { stdout: await cluster.ok(['logs', 'env']) };
    })();
    expect(stdout).toBe('blue sesame env 2 hi-env\nblue');
  });

  it('says which ConfigMap is missing, and starts when it comes', async () => {
    await apply(
      podManifest('waits', { containers: [shell('sleep 3600', { envFrom: [{ configMapRef: { name: 'later' } }] })] }),
    );
    await cluster.untilPod('waits', '{.status.containerStatuses[0].state.waiting.message}', (message) =>
      message.includes('configmap "later" not found'),
    );
    await apply(configMapManifest('later', { A: 'b' }));
    await cluster.untilPod('waits', '{.status.phase}', (phase) => phase === 'Running');
    await cluster.ok(['delete', 'pod', 'waits']);
  });

  it('shows a changed ConfigMap in the mounted file', async () => {
    await apply(configMapManifest('live', { text: 'before' }));
    await apply(
      podManifest('reader', {
        containers: [shell('sleep 3600', { volumeMounts: [{ name: 'live', mountPath: '/live' }] })],
        volumes: [{ name: 'live', configMap: { name: 'live' } }],
      }),
    );
    await cluster.untilPod('reader', '{.status.phase}', (phase) => phase === 'Running');
    await apply(configMapManifest('live', { text: 'after' }));
    await cluster.until(['exec', 'reader', '--', 'cat', '/live/text'], ({ stdout }) => stdout === 'after');
    await cluster.ok(['delete', 'pod', 'reader']);
  });

  it('sends SIGTERM, and lets a container end in its own time within the grace period', async () => {
    await apply(
      podManifest('polite', {
        terminationGracePeriodSeconds: 30,
        containers: [shell('trap "echo bye; exit 0" TERM; echo up; while :; do sleep 0.1; done')],
      }),
    );
    await cluster.until(['logs', 'polite'], ({ stdout }) => stdout === 'up\n');
    const logs = cluster.kubectlRunning(['logs', '-f', 'polite']);
    await logs.until(/up/);
    await cluster.ok(['delete', 'pod', 'polite', '--timeout=20s']);
    await logs.exit;
    expect(logs.output()).toContain('bye');
  });

  it('names every node and its rule when a pod fits nowhere, and places it once it does', async () => {
    const node = cluster.workers[0] ?? '';
    await apply(podManifest('picky', { nodeSelector: { disk: 'ssd' }, containers: [shell('sleep 3600')] }));
    const message = await cluster.untilPod(
      'picky',
      '{.status.conditions[?(@.type=="PodScheduled")].message}',
      (text) => text !== '',
    );
    expect(message).toContain("0/1 nodes are available: 1 node(s) didn't match Pod's node affinity/selector.");
    expect(message).toContain(`${node}: label disk=ssd is missing`);
    const why = await cluster.lite(['why', 'pod/picky']);
    expect(why.stdout).toContain(node);
    expect(why.stdout).toContain('disk=ssd');
    await cluster.ok(['label', 'node', node, 'disk=ssd']);
    await cluster.untilPod('picky', '{.status.phase}', (phase) => phase === 'Running');
    await cluster.ok(['delete', 'pod', 'picky']);
  });

  it('runs 30 pods at once', async () => {
    const names = Array.from({ length: 30 }, (_, index) => `many-${index}`);
    const items = names.map((name): unknown =>
      JSON.parse(podManifest(name, { containers: [shell('sleep 3600')] }, { labels: { set: 'many' } })),
    );
    await apply(JSON.stringify({ apiVersion: 'v1', kind: 'List', items }));
    await cluster.until(
      ['get', 'pods', '-l', 'set=many', '--field-selector', 'status.phase=Running', '-o', 'name'],
      ({ stdout }) => stdout.trim().split('\n').length === 30,
      120_000,
    );
    await cluster.ok(['delete', 'pods', '-l', 'set=many', '--timeout=120s']);
    await cluster.untilNoContainers('name=many-');
  });

  it('tells containers of the Services of their namespace', async () => {
    const spec = { ports: [{ name: 'sql', port: 5432 }] };
    const service = { apiVersion: 'v1', kind: 'Service', metadata: { name: 'my-db' }, spec };
    await cluster.ok(['apply', '-f', '-'], JSON.stringify(service));
    const address = await cluster.ok(['get', 'service', 'my-db', '-o', 'jsonpath={.spec.clusterIP}']);
    const ask = shell('echo "$MY_DB_SERVICE_HOST:$MY_DB_SERVICE_PORT_SQL $MY_DB_PORT"');
    await cluster.ok(['apply', '-f', '-'], podManifest('linked', { containers: [ask], restartPolicy: 'Never' }));
    await cluster.untilPod('linked', '{.status.phase}', (phase) => phase === 'Succeeded');
    expect(await cluster.ok(['logs', 'linked'])).toBe(`${address}:5432 tcp://${address}:5432\n`);
  });
});
