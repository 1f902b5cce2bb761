import { Cluster } from './harness/cluster';
import { podManifest, shell } from './harness/manifests';

jest.setTimeout(120_000);

const DEFINITION = JSON.stringify({
  apiVersion: 'apiextensions.k8s.io/v1',
  kind: 'CustomResourceDefinition',
  metadata: { name: 'crontabs.stable.example.com' },
  spec: {
    group: 'stable.example.com',
    scope: 'Namespaced',
    names: { plural: 'crontabs', kind: 'CronTab', shortNames: ['ct'] },
    versions: [
      {
        name: 'v1',
        served: true,
        storage: true,
        schema: {
          openAPIV3Schema: {
            type: 'object',
            properties: {
              spec: {
                type: 'object',
                required: ['schedule'],
                properties: {
                  schedule: { type: 'string', description: 'When it runs.' },
                  replicas: { type: 'integer', minimum: 0, default: 1 },
                },
              },
              status: { type: 'object', properties: { replicas: { type: 'integer' } } },
            },
          },
        },
        subresources: {
          status: {},
          scale: { specReplicasPath: '.spec.replicas', statusReplicasPath: '.status.replicas' },
        },
        additionalPrinterColumns: [{ name: 'Schedule', type: 'string', jsonPath: '.spec.schedule' }],
      },
    ],
  },
});
const tab = (spec: object): string =>
  JSON.stringify({ apiVersion: 'stable.example.com/v1', kind: 'CronTab', metadata: { name: 'tab' }, spec });

/** The real kubectl on what needs no node. */
describe("kubectl's session with the API", () => {
  let cluster: Cluster;
  beforeAll(async () => {
    cluster = await Cluster.start({ workers: 0 });
  });
  afterAll(() => cluster.stop());
  const get = (type: string, name: string, jsonpath: string): Promise<string> =>
    cluster.ok(['get', type, name, '-o', `jsonpath=${jsonpath}`]);

  it('tells which APIs it serves, and how its parts are', async () => {
    const services = await cluster.ok(['get', 'apiservices']);
    expect(services).toMatch(/^NAME +SERVICE +AVAILABLE +AGE\n/);
    expect(services).toMatch(/^v1\.apps +Local +True +\d+s$/m);
    expect(await cluster.ok(['get', 'apiservice', 'v1.', '-o', 'jsonpath={.spec.version}'])).toBe('v1');
    expect(await cluster.ok(['get', 'componentstatuses'])).toMatch(/^scheduler +Healthy +ok/m);
  });

  describe('server-side apply', () => {
    const settings = (data: object): string =>
      JSON.stringify({ apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'shared' }, data });
    const apply = (manager: string, data: object, ...flags: string[]) =>
      cluster.kubectl(['apply', '--server-side', `--field-manager=${manager}`, ...flags, '-f', '-'], settings(data));

    it('shares an object between managers, names conflicts, and takes over by force', async () => {
      expect((await apply('one', { a: '1' })).stdout).toBe('configmap/shared serverside-applied\n');
      await apply('two', { b: '2' });
      const refused = await apply('two', { a: '9', b: '2' });
      expect(refused.status).toBe(1);
      expect(refused.stderr).toContain('Apply failed with 1 conflict: conflict with "one": .data.a');
      await apply('two', { a: '9', b: '2' }, '--force-conflicts');
      expect(JSON.parse(await get('configmap', 'shared', '{.data}'))).toEqual({ a: '9', b: '2' });
    });

    it('removes what its manager no longer says', async () => {
      await apply('two', { b: '2' });
      expect(JSON.parse(await get('configmap', 'shared', '{.data}'))).toEqual({ b: '2' });
    });

    it('takes over from client-side apply without losing anything', async () => {
      const pod = podManifest('migrated', { containers: [shell('true')] });
      await cluster.ok(['apply', '-f', '-'], pod);
      const { status, stderr } = await cluster.kubectl(['apply', '--server-side', '-f', '-'], pod);
      expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
      const managers = await get('pod', 'migrated', '{.metadata.managedFields[*].manager}');
      expect(managers).not.toContain('client-side');
    });

    it('is not persisted by a dry run, and diff shows what would change', async () => {
      await apply('two', { b: '3' }, '--dry-run=server');
      expect(await get('configmap', 'shared', '{.data.b}')).toBe('2');
      const diff = await cluster.kubectl(
        ['diff', '--server-side', '--field-manager=two', '-f', '-'],
        settings({ b: '3' }),
      );
      expect(diff.status).toBe(1);
      expect(diff.stdout).toMatch(/-\s+b: "2"\n\+\s+b: "3"/);
    });
  });

  describe('custom resources', () => {
    it('are served as soon as their definition is established', async () => {
      await cluster.ok(['apply', '-f', '-'], DEFINITION);
      await cluster.ok(['wait', '--for=condition=Established', 'crd/crontabs.stable.example.com', '--timeout=10s']);
      expect(await cluster.ok(['apply', '-f', '-'], tab({ schedule: '* * * * *' }))).toContain('created');
      expect(await cluster.ok(['get', 'ct'])).toMatch(/NAME +SCHEDULE\ntab +\* \* \* \* \*/);
      expect(await cluster.ok(['explain', 'crontab.spec.schedule'])).toContain('When it runs.');
      expect(await cluster.ok(['api-resources', '--api-group=stable.example.com'])).toContain('crontabs');
    });

    it('are checked against their schema', async () => {
      const invalid = await cluster.kubectl(['apply', '-f', '-'], tab({ schedule: 'x', replicas: -1 }));
      expect(invalid.stderr).toContain('spec.replicas in body should be greater than or equal to 0');
      const unknown = await cluster.kubectl(['apply', '-f', '-'], tab({ schedule: 'x', bad: 1 }));
      expect(unknown.stderr).toContain('unknown field "spec.bad"');
    });

    it('are patched, scaled, labelled and applied by the server as built-in kinds are', async () => {
      await cluster.ok(['patch', 'ct', 'tab', '--type=merge', '-p', '{"spec":{"schedule":"@daily"}}']);
      await cluster.ok(['scale', 'ct/tab', '--replicas=4']);
      await cluster.ok(['label', 'ct', 'tab', 'a=b']);
      expect(await get('ct', 'tab', '{.spec.schedule} {.spec.replicas} {.metadata.labels.a}')).toBe('@daily 4 b');
      const refused = await cluster.kubectl(
        ['apply', '--server-side', '--field-manager=me', '-f', '-'],
        tab({ schedule: 'y' }),
      );
      expect(refused.stderr).toContain('.spec.schedule');
    });

    it('go with their definition', async () => {
      await cluster.ok(['delete', 'crd', 'crontabs.stable.example.com', '--timeout=30s']);
      const { stderr } = await cluster.kubectl(['get', 'crontabs.stable.example.com']);
      expect(stderr).toMatch(/doesn't have a resource type|could not find the requested resource/);
    });
  });

  it.each([
    ['deployment', ['create', 'deployment', 'web', '--image=busybox:latest', '--replicas=2']],
    ['job', ['create', 'job', 'once', '--image=busybox:latest']],
    ['cronjob', ['create', 'cronjob', 'often', '--image=busybox:latest', '--schedule=*/5 * * * *']],
    ['role', ['create', 'role', 'reader', '--verb=get', '--resource=pods']],
    ['rolebinding', ['create', 'rolebinding', 'readers', '--role=reader', '--user=me']],
    ['ingress', ['create', 'ingress', 'door', '--rule=a.example.com/x=web:80']],
    ['poddisruptionbudget', ['create', 'pdb', 'budget', '--selector=app=web', '--min-available=1']],
    ['resourcequota', ['create', 'quota', 'limit', '--hard=pods=30']],
    ['priorityclass', ['create', 'priorityclass', 'urgent', '--value=1000']],
    ['service', ['create', 'service', 'clusterip', 'web', '--tcp=80:8080']],
    ['horizontalpodautoscaler', ['autoscale', 'deployment', 'web', '--max=3', '--cpu=50%']],
  ])('creates a %s', async (type, args) => {
    await cluster.ok(args);
    expect(await cluster.ok(['get', type, '--no-headers'])).not.toBe('');
  });

  it('shows an autoscaler and events in every version that serves them', async () => {
    const v1 = await get('horizontalpodautoscalers.v1.autoscaling', 'web', '{.spec.targetCPUUtilizationPercentage}');
    const v2 = await get(
      'horizontalpodautoscalers.v2.autoscaling',
      'web',
      '{.spec.metrics[0].resource.target.averageUtilization}',
    );
    expect([v1, v2]).toEqual(['50', '50']);
    await cluster.ok(['apply', '-f', '-'], podManifest('nowhere', { containers: [shell('true')] }));
    await cluster.until(['get', 'events.v1.events.k8s.io', '-o', 'jsonpath={.items[*].regarding.name}'], ({ stdout }) =>
      stdout.includes('nowhere'),
    );
  });

  it('scales a deployment, and keeps its selector as it is', async () => {
    await cluster.ok(['scale', 'deployment/web', '--replicas=5']);
    expect(await get('deployment', 'web', '{.spec.replicas}')).toBe('5');
    const { stderr } = await cluster.kubectl([
      ...['patch', 'deployment', 'web', '--type=json', '-p'],
      '[{"op":"replace","path":"/spec/selector/matchLabels/app","value":"other"}]',
    ]);
    expect(stderr).toContain('field is immutable');
  });
});
