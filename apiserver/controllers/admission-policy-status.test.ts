import type { TestControllers } from './testing/test-controllers';
import { startControllers } from './testing/test-controllers';

let cluster: TestControllers;
beforeEach(async () => {
  cluster = await startControllers();
});
afterEach(() => cluster.stop());

async function statusOf(expressions: readonly string[], resources: readonly string[] = ['deployments']) {
  const rule = { apiGroups: ['apps'], apiVersions: ['v1'], operations: ['CREATE'], resources };
  await cluster.client.create('ValidatingAdmissionPolicy', {
    metadata: { name: 'checked' },
    spec: {
      matchConstraints: { resourceRules: [rule] },
      validations: expressions.map((expression) => ({ expression })),
    },
  });
  await cluster.idle();
  return cluster.client.view('ValidatingAdmissionPolicy').get({ name: 'checked' })?.status;
}

it('finds nothing wrong with what the kinds have', async () => {
  const fine = [
    'object.spec.replicas > 1 && object.metadata.labels["a"] == "b"',
    'object.spec.template.spec.containers.all(c, c.image.startsWith("x") && has(c.resources.limits))',
    'request.anything == params.anything || variables.any == 1 || namespaceObject.metadata.name == ""',
    'string(object.spec.strategy.rollingUpdate.maxSurge) == "1"',
  ];
  expect(await statusOf(fine)).toEqual({ observedGeneration: 1, typeChecking: {} });
});

it('says what they do not have, of each kind', async () => {
  const status = await statusOf(
    ['object.spec.replicas > 1', 'object.spec.nothing == 1', 'oldObject.spec.serviceName == ""'],
    ['deployments', 'statefulsets'],
  );
  expect(status?.typeChecking?.expressionWarnings).toEqual([
    {
      fieldRef: 'spec.validations[1].expression',
      warning:
        "apps/v1, Kind=Deployment: ERROR: undefined field 'nothing'\napps/v1, Kind=StatefulSet: ERROR: undefined field 'nothing'",
    },
    {
      fieldRef: 'spec.validations[2].expression',
      warning: "apps/v1, Kind=Deployment: ERROR: undefined field 'serviceName'",
    },
  ]);
});

it('says what does not go together', async () => {
  const expressions = [
    "object.spec.replicas > '1'",
    "'wants 1, got ' + object.spec.replicas == ''",
    'object.spec.paused == 1',
  ];
  const status = await statusOf(expressions);
  const found = status?.typeChecking?.expressionWarnings?.map(({ warning }) => warning.split('found ')[1]);
  expect(found).toEqual([
    "no matching overload for '_>_' applied to '(int, string)'",
    "no matching overload for '_+_' applied to '(string, int)'",
    "no matching overload for '_==_' applied to '(bool, int)'",
  ]);
});

it('says nothing of what could be anything', async () => {
  expect(await statusOf(['object.spec.nothing == 1'], ['*'])).toEqual({ observedGeneration: 1, typeChecking: {} });
});
