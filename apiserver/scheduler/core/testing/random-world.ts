import type { Container, LabelSelector, Node, Pod } from '../../../../shared/api/objects';
import type { Random } from '../../../../shared/random';
import { aNode, aPod } from '../../../../shared/testing/builders';
import type { PodExtras } from '../model/node-demand';

type Affinity = NonNullable<Pod['spec']['affinity']>;
type PodTerm = NonNullable<
  NonNullable<Affinity['podAffinity']>['requiredDuringSchedulingIgnoredDuringExecution']
>[number];

/** Draws small clusters and pods in which every rule comes up often. */
export class RandomWorld {
  private serial = 0;

  constructor(private readonly random: Random) {}

  chance(probability: number): boolean {
    return this.random.next() < probability;
  }

  below(count: number): number {
    return Math.floor(this.random.next() * count);
  }

  pick<T>(items: readonly T[]): T {
    return items[this.below(items.length)] as T;
  }

  node(name: string): Node {
    const hasDevices = this.chance(0.3);
    return aNode({
      name,
      cpu: this.pick(['4', '8', '8', '16']),
      memory: this.pick(['8Gi', '16Gi', '32Gi']),
      pods: this.pick(['110', '110', '3']),
      ready: !this.chance(0.05),
      cordoned: this.chance(0.05),
      labels: {
        ...(this.chance(0.85) ? { zone: this.pick(['a', 'b', 'c']) } : {}),
        ...(this.chance(0.7) ? { 'topology.kubernetes.io/zone': this.pick(['x', 'y']) } : {}),
        ...(this.chance(0.5) ? { disk: this.pick(['ssd', 'hdd']) } : {}),
        ...(this.chance(0.5) ? { cores: this.pick(['8', '16', 'many']) } : {}),
        ...(this.chance(0.5) ? { 'kubernetes.io/arch': this.pick(['amd64', 'arm64']) } : {}),
      },
      taints: [
        ...(this.chance(0.15) ? [{ key: 'team', value: this.pick(['red', 'blue']), effect: 'NoSchedule' }] : []),
        ...(this.chance(0.15) ? [{ key: 'busy', effect: 'PreferNoSchedule' }] : []),
        ...(this.chance(0.05) ? [{ key: 'gone', effect: 'NoExecute' }] : []),
      ],
      resources: {
        ...(this.chance(0.4) ? { 'example.com/fpga': this.pick(['1', '3']) } : {}),
        ...(hasDevices ? { 'example.com/gpu': this.pick(['1', '2', '4']) } : {}),
      },
    });
  }

  pod(): Pod {
    this.serial += 1;
    const labels = {
      app: this.pick(['web', 'db', 'job']),
      ...(this.chance(0.4) ? { tier: this.pick(['1', '2']) } : {}),
    };
    const pod = aPod({
      name: `pod-${this.serial}`,
      namespace: this.pick(['default', 'default', 'other']),
      labels,
      priority: this.below(3),
      containers: [this.container(), ...(this.chance(0.2) ? [this.container()] : [])],
      tolerations: [
        ...(this.chance(0.3) ? [{ key: 'team', operator: 'Equal', value: 'red', effect: 'NoSchedule' }] : []),
        ...(this.chance(0.1) ? [{ operator: 'Exists' }] : []),
        ...(this.chance(0.1) ? [{ key: 'busy', operator: 'Exists' }] : []),
      ],
      spec: {
        ...(this.chance(0.25) ? { initContainers: this.initContainers() } : {}),
        ...(this.chance(0.1) ? { overhead: this.pick([{ cpu: '250m' }, { cpu: '50m', memory: '100Mi' }]) } : {}),
        ...(this.chance(0.05) ? { nodeName: `n${this.below(9)}` } : {}),
        ...(this.chance(0.1) ? { nodeSelector: { disk: 'ssd' } } : {}),
        ...(this.chance(0.5) ? { affinity: this.affinity() } : {}),
        ...(this.chance(0.3)
          ? { topologySpreadConstraints: [this.spread(), ...(this.chance(0.3) ? [this.spread()] : [])] }
          : {}),
      },
    });
    if (!this.chance(0.3)) return pod;
    const owner = {
      apiVersion: 'apps/v1',
      kind: 'ReplicaSet',
      name: 'rs',
      uid: this.pick(['rs-1', 'rs-2']),
      controller: true,
    };
    return { ...pod, metadata: { ...pod.metadata, ownerReferences: [owner] } };
  }

  extras(): PodExtras {
    return {
      ...(this.chance(0.1) ? { architectures: ['amd64'] } : {}),
      ...(this.chance(0.1)
        ? {
            volumes: [
              { claim: 'data', terms: [{ matchExpressions: [{ key: 'zone', operator: 'In', values: ['a', 'b'] }] }] },
            ],
          }
        : {}),
    };
  }

  /** One to three, in any order of those that end and those that keep running. */
  private initContainers(): Container[] {
    return Array.from({ length: 1 + this.below(3) }, () => ({
      ...this.container(),
      ...(this.chance(0.4) ? { restartPolicy: 'Always' } : {}),
    }));
  }

  private container(): Container {
    const devices = this.chance(0.15)
      ? this.pick<Record<string, string>>([
          { 'example.com/gpu': '1' },
          { 'example.com/gpu': '2' },
          { 'example.com/gpu-milli': '300' },
          { 'example.com/gpu-milli': '600' },
        ])
      : {};
    const requests = {
      ...(this.chance(0.85) ? { cpu: this.pick(['100m', '250m', '500m', '1', '3']) } : {}),
      ...(this.chance(0.8) ? { memory: this.pick(['64Mi', '512Mi', '1Gi', '6Gi']) } : {}),
      ...(this.chance(0.1) ? { 'example.com/fpga': '1' } : {}),
      ...devices,
    };
    const port = {
      containerPort: 80,
      hostPort: this.pick([80, 81]),
      ...(this.chance(0.3) ? { hostIP: '10.0.0.1' } : {}),
    };
    return {
      name: `c${this.below(1_000)}`,
      image: 'busybox',
      resources: { requests },
      ...(this.chance(0.1) ? { ports: [{ ...port, ...(this.chance(0.3) ? { protocol: 'UDP' } : {}) }] } : {}),
    };
  }

  private expression() {
    return this.pick([
      { key: 'disk', operator: 'In', values: ['ssd'] },
      { key: 'disk', operator: 'NotIn', values: ['hdd'] },
      { key: 'zone', operator: 'Exists' },
      { key: 'disk', operator: 'DoesNotExist' },
      { key: 'cores', operator: 'Gt', values: ['8'] },
      { key: 'cores', operator: 'Lt', values: ['16'] },
      { key: 'zone', operator: 'In', values: ['a', 'c'] },
    ]);
  }

  private affinity(): Affinity {
    const weight = (): number => this.pick([1, 10, 50, 100]);
    const name = { key: 'metadata.name', operator: this.pick(['In', 'NotIn']), values: ['n0', 'n1', 'n2'] };
    return {
      ...(this.chance(0.5)
        ? {
            nodeAffinity: {
              ...(this.chance(0.4)
                ? {
                    requiredDuringSchedulingIgnoredDuringExecution: {
                      nodeSelectorTerms: [
                        { matchExpressions: [this.expression()] },
                        ...(this.chance(0.3) ? [{ matchFields: [name] }] : []),
                        ...(this.chance(0.1) ? [{}] : []),
                      ],
                    },
                  }
                : {}),
              preferredDuringSchedulingIgnoredDuringExecution: [
                { weight: weight(), preference: { matchExpressions: [this.expression()] } },
                { weight: weight(), preference: { matchExpressions: [this.expression(), this.expression()] } },
              ],
            },
          }
        : {}),
      ...(this.chance(0.4) ? { podAffinity: this.podAffinity(weight) } : {}),
      ...(this.chance(0.4) ? { podAntiAffinity: this.podAffinity(weight) } : {}),
    };
  }

  private podAffinity(weight: () => number) {
    return {
      ...(this.chance(0.5)
        ? {
            requiredDuringSchedulingIgnoredDuringExecution: [
              this.podTerm(),
              ...(this.chance(0.2) ? [this.podTerm()] : []),
            ],
          }
        : {}),
      ...(this.chance(0.5)
        ? { preferredDuringSchedulingIgnoredDuringExecution: [{ weight: weight(), podAffinityTerm: this.podTerm() }] }
        : {}),
    };
  }

  private selector(): LabelSelector {
    return this.pick<LabelSelector>([
      { matchLabels: { app: 'web' } },
      { matchLabels: { app: 'db' } },
      { matchExpressions: [{ key: 'app', operator: 'In', values: ['web', 'job'] }] },
      { matchExpressions: [{ key: 'tier', operator: 'Exists' }] },
      {},
    ]);
  }

  private topologyKey(): string {
    return this.pick(['zone', 'zone', 'kubernetes.io/hostname', 'disk']);
  }

  private podTerm(): PodTerm {
    return {
      topologyKey: this.topologyKey(),
      ...(this.chance(0.95) ? { labelSelector: this.selector() } : {}),
      ...(this.chance(0.2) ? { namespaces: ['other'] } : {}),
      ...(this.chance(0.2)
        ? { namespaceSelector: this.pick<LabelSelector>([{}, { matchLabels: { env: 'prod' } }]) }
        : {}),
      ...(this.chance(0.1) ? { matchLabelKeys: ['tier'] } : {}),
    };
  }

  private spread() {
    return {
      topologyKey: this.topologyKey(),
      maxSkew: this.pick([1, 1, 2]),
      whenUnsatisfiable: this.pick(['DoNotSchedule', 'ScheduleAnyway']),
      labelSelector: this.selector(),
      ...(this.chance(0.2) ? { minDomains: 3 } : {}),
      ...(this.chance(0.2) ? { nodeAffinityPolicy: 'Ignore' } : {}),
      ...(this.chance(0.2) ? { nodeTaintsPolicy: 'Honor' } : {}),
      ...(this.chance(0.1) ? { matchLabelKeys: ['tier'] } : {}),
    };
  }
}
