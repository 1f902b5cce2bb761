import { Cluster } from './harness/cluster';

jest.setTimeout(120_000);

const apply = (object: object): readonly [string[], string] => [['apply', '-f', '-'], JSON.stringify(object)];
const GROUP = 'admissionregistration.k8s.io/v1';

/** Rules in CEL, as people write them down. */
describe('rules in CEL', () => {
  let cluster: Cluster;
  beforeAll(async () => {
    cluster = await Cluster.start({ workers: 0 });
  });
  afterAll(() => cluster.stop());

  it('hold back what a policy does not allow, by limits that stand in a ConfigMap', async () => {
    await cluster.ok(['create', 'configmap', 'limits', '--from-literal=replicas=3']);
    await cluster.ok(
      ...apply({
        apiVersion: GROUP,
        kind: 'ValidatingAdmissionPolicy',
        metadata: { name: 'replicas' },
        spec: {
          paramKind: { apiVersion: 'v1', kind: 'ConfigMap' },
          matchConstraints: {
            resourceRules: [
              {
                apiGroups: ['apps'],
                apiVersions: ['v1'],
                operations: ['CREATE', 'UPDATE'],
                resources: ['deployments'],
              },
            ],
          },
          validations: [
            {
              expression: 'object.spec.replicas <= int(params.data.replicas)',
              messageExpression: '"at most " + params.data.replicas + " replicas"',
            },
          ],
        },
      }),
    );
    await cluster.ok(
      ...apply({
        apiVersion: GROUP,
        kind: 'ValidatingAdmissionPolicyBinding',
        metadata: { name: 'everywhere' },
        spec: {
          policyName: 'replicas',
          paramRef: { name: 'limits', namespace: 'default', parameterNotFoundAction: 'Deny' },
          validationActions: ['Deny'],
        },
      }),
    );
    expect(await cluster.ok(['get', 'validatingadmissionpolicies'])).toMatch(/replicas +1 +v1\/ConfigMap/);
    await cluster.ok(['create', 'deployment', 'web', '--image=web', '--replicas=2']);
    const { status, stderr } = await cluster.kubectl(['create', 'deployment', 'big', '--image=web', '--replicas=4']);
    expect([status, stderr]).toEqual([
      1,
      `error: failed to create deployment: deployments.apps "big" is forbidden: ValidatingAdmissionPolicy 'replicas' with binding 'everywhere' denied request: at most 3 replicas\n`,
    ]);
    // A scale is a change of the deployment here.
    await cluster.ok(['patch', 'configmap', 'limits', '-p', '{"data":{"replicas":"5"}}']);
    await cluster.ok(['create', 'deployment', 'big', '--image=web', '--replicas=4']);
  });

  it('keep fields of custom resources as they are', async () => {
    const rule = { rule: 'self == oldSelf', message: 'a class is for ever' };
    const spec = { type: 'object', properties: { class: { type: 'string', 'x-kubernetes-validations': [rule] } } };
    const version = {
      name: 'v1',
      served: true,
      storage: true,
      schema: { openAPIV3Schema: { type: 'object', properties: { spec } } },
    };
    const definition = {
      apiVersion: 'apiextensions.k8s.io/v1',
      kind: 'CustomResourceDefinition',
      metadata: { name: 'disks.example.com' },
      spec: {
        group: 'example.com',
        scope: 'Namespaced',
        names: { plural: 'disks', kind: 'Disk' },
        versions: [version],
      },
    };
    await cluster.ok(...apply(definition));
    await cluster.ok(['wait', '--for=condition=Established', 'crd/disks.example.com', '--timeout=20s']);
    const disk = (name: string): object => ({
      apiVersion: 'example.com/v1',
      kind: 'Disk',
      metadata: { name: 'd' },
      spec: { class: name },
    });
    await cluster.ok(...apply(disk('fast')));
    const { stderr } = await cluster.kubectl(...apply(disk('slow')));
    expect(stderr).toContain('spec.class: Invalid value: "string": a class is for ever');
    rule.rule = 'self ==';
    expect((await cluster.kubectl(...apply(definition))).stderr).toContain('compilation failed');
  });
});
