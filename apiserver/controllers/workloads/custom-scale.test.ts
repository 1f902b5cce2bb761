import type { KindName, ObjectMeta } from '../../../shared/api/objects';
import { toTimestamp } from '../../../shared/clock';
import { serveDefinitions } from '../../custom-resources/serve-definitions';
import { createDecoder } from '../../openapi/decode';
import { loadSchemas } from '../../openapi/schemas';
import type { TestControllers } from '../testing/test-controllers';
import { startControllers } from '../testing/test-controllers';

/** A kind that a definition makes, with a scale: the compiler does not know its name. */
const FARM = 'Farm.example.com' as KindName;
const key = { namespace: 'default', name: 'web' };
const labels = { app: 'web' };
const schemas = loadSchemas();

let cluster: TestControllers;
beforeEach(async () => {
  cluster = await startControllers((pods) =>
    Promise.resolve(
      new Map(
        pods.map(({ metadata: { uid, namespace, name } }) => [
          uid,
          { uid, namespace, name, containers: [{ name: 'app', cpuMilli: 100, memoryBytes: 0 }] },
        ]),
      ),
    ),
  );
  const { client, registry, clock } = cluster;
  serveDefinitions(client, registry.kinds, { schemas, decoder: createDecoder(schemas) });
  const free = { type: 'object', 'x-kubernetes-preserve-unknown-fields': true };
  await client.create('CustomResourceDefinition', {
    metadata: { name: 'farms.example.com' },
    spec: {
      group: 'example.com',
      scope: 'Namespaced',
      names: { plural: 'farms', kind: 'Farm' },
      versions: [
        {
          name: 'v1',
          served: true,
          storage: true,
          schema: { openAPIV3Schema: { type: 'object', properties: { spec: free, status: free } } },
          subresources: {
            status: {},
            scale: {
              specReplicasPath: '.spec.size',
              statusReplicasPath: '.status.size',
              labelSelectorPath: '.status.selector',
            },
          },
        },
      ],
    },
  });
  await cluster.idle();
  const farm = await client.create(FARM, { metadata: key, spec: { size: 2 } });
  const status = { size: 2, selector: 'app=web' };
  await client.patch(FARM, key, { type: 'merge', body: { status } }, { subresource: 'status' });
  await client.create('Node', { metadata: { name: 'n1' } });
  const { uid } = farm.metadata as ObjectMeta & { readonly uid: string };
  for (const name of ['web-0', 'web-1']) {
    await client.create('Pod', {
      metadata: {
        namespace: 'default',
        name,
        labels,
        ownerReferences: [{ apiVersion: 'example.com/v1', kind: 'Farm', name: 'web', uid, controller: true }],
      },
      spec: {
        nodeName: 'n1',
        containers: [{ name: 'app', image: 'busybox:1', resources: { requests: { cpu: '100m' } } }],
      },
    });
    const longAgo = toTimestamp(clock.now() - 3_600_000);
    const conditions = [{ type: 'Ready', status: 'True', lastTransitionTime: longAgo }];
    await client.modify(
      'Pod',
      { namespace: 'default', name },
      (pod) => ({ ...pod, status: { phase: 'Running', startTime: longAgo, conditions } }),
      { subresource: 'status' },
    );
  }
  await cluster.idle();
});
afterEach(() => cluster.stop());

it('a disruption budget knows how many pods a custom resource wants', async () => {
  await cluster.client.create('PodDisruptionBudget', {
    metadata: key,
    spec: { maxUnavailable: 1, selector: { matchLabels: labels } },
  });
  await cluster.idle();
  expect(cluster.client.view('PodDisruptionBudget').get(key)?.status).toMatchObject({
    expectedPods: 2,
    desiredHealthy: 1,
    currentHealthy: 2,
    disruptionsAllowed: 1,
  });
});

it('an autoscaler scales a custom resource', async () => {
  await cluster.client.create('HorizontalPodAutoscaler', {
    metadata: key,
    spec: {
      scaleTargetRef: { apiVersion: 'example.com/v1', kind: 'Farm', name: 'web' },
      maxReplicas: 10,
      metrics: [
        { type: 'Resource', resource: { name: 'cpu', target: { type: 'Utilization', averageUtilization: 50 } } },
      ],
    },
  });
  await cluster.idle();
  expect(cluster.client.view(FARM).get(key)).toMatchObject({ spec: { size: 4 } });
});
