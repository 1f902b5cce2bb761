import { createHash } from 'node:crypto';
import type { ConfigMap, Deployment, Pod, Secret } from '../../../shared/api/objects';
import type { EventRecorder } from '../../events/event-recorder';
import { referencesOf } from '../../node-channel/pod-references';
import type { Client, ObjectKey } from '../../registry/client';
import { keyOf } from '../../registry/client';
import type { Controller, Result } from '../controller';
import { done, watching } from '../controller';

/** Opts a workload in: `"true"`. */
export const RESTART_ON_CONFIG_CHANGE = 'pinsetter.io/restart-on-config-change';
/** What its pods' configuration was when it was last looked at: `{"configmap/settings":"<digest>"}`. */
const OBSERVED = 'pinsetter.io/observed-config';
/** On the pod template: a new value makes a new revision. */
const ROLLED = 'pinsetter.io/config';
const CHANGE_CAUSE = 'kubernetes.io/change-cause';

export type RolledKind = 'Deployment' | 'StatefulSet' | 'DaemonSet';
/** What the three have in common. */
type Workload = Deployment;

interface Deps {
  readonly client: Client;
  readonly events: EventRecorder;
}

/** Rolls workloads that asked for it when a ConfigMap or Secret that their pods use changes. */
export class ConfigRolloutController implements Controller {
  readonly name: string;
  readonly watches;

  constructor(
    private readonly deps: Deps,
    private readonly kind: RolledKind,
  ) {
    this.name = `config-rollout-${kind.toLowerCase()}`;
    this.watches = [
      watching(kind, ({ type, object }) =>
        type !== 'DELETED' && isOptedIn(object as Workload) ? [keyOf(object)] : [],
      ),
      watching('ConfigMap', ({ object }) => this.usersOf('ConfigMap', object)),
      watching('Secret', ({ object }) => this.usersOf('Secret', object)),
    ];
  }

  async reconcile(key: ObjectKey): Promise<Result> {
    const workload = this.workloads(key.namespace).find(({ metadata }) => metadata.name === key.name);
    if (workload === undefined || !isOptedIn(workload) || workload.metadata.deletionTimestamp !== undefined)
      return done;
    const now = this.digestsOf(workload);
    const before = observedBy(workload);
    const changed =
      before === undefined ? [] : Object.keys(now).filter((name) => name in before && before[name] !== now[name]);
    const observed = JSON.stringify(now);
    if (workload.metadata.annotations?.[OBSERVED] === observed) return done;
    const cause = `${changed.join(', ')} changed`;
    await this.deps.client.patch(this.kind, key, {
      type: 'merge',
      body: {
        metadata: { annotations: { [OBSERVED]: observed, ...(changed.length === 0 ? {} : { [CHANGE_CAUSE]: cause }) } },
        ...(changed.length === 0
          ? {}
          : { spec: { template: { metadata: { annotations: { [ROLLED]: digest(observed) } } } } }),
      },
    });
    if (changed.length > 0) {
      const text = { type: 'Normal', reason: 'ConfigChanged', message: `${cause}: its pods are replaced` } as const;
      this.deps.events.record(workload, text, { component: 'config-rollout' });
    }
    return done;
  }

  private workloads(namespace: string | undefined): readonly Workload[] {
    return this.deps.client.view(this.kind).list(namespace === undefined ? {} : { namespace }) as readonly Workload[];
  }

  private usersOf(kind: 'ConfigMap' | 'Secret', { metadata }: ConfigMap | Secret): readonly ObjectKey[] {
    return this.workloads(metadata.namespace)
      .filter(
        (workload) =>
          isOptedIn(workload) && referencedBy(workload).some((ref) => ref.kind === kind && ref.name === metadata.name),
      )
      .map(keyOf);
  }

  /** Of those that are there: one that is yet to come is no change when it comes. */
  private digestsOf(workload: Workload): Readonly<Record<string, string>> {
    const { client } = this.deps;
    const entries = referencedBy(workload).flatMap(({ kind, namespace, name }) => {
      const found = client.view(kind).get({ namespace, name });
      if (found === undefined) return [];
      const binary = 'binaryData' in found ? found.binaryData : undefined;
      return [[`${kind.toLowerCase()}/${name}`, digest(`${sorted(found.data)}${sorted(binary)}`)] as const];
    });
    return Object.fromEntries(entries.sort(([a], [b]) => (a < b ? -1 : 1)));
  }
}

const isOptedIn = ({ metadata }: Workload): boolean => metadata.annotations?.[RESTART_ON_CONFIG_CHANGE] === 'true';

/** What images are pulled with is no configuration of the pods. */
function referencedBy({ metadata, spec }: Workload) {
  const { imagePullSecrets: _, ...podSpec } = spec?.template.spec ?? { containers: [] };
  return referencesOf({ metadata: { namespace: metadata.namespace }, spec: podSpec } as Pod);
}

function observedBy({ metadata }: Workload): Readonly<Record<string, string>> | undefined {
  try {
    const observed: unknown = JSON.parse(metadata.annotations?.[OBSERVED] ?? '');
    return typeof observed === 'object' && observed !== null ? (observed as Record<string, string>) : undefined;
  } catch {
    return undefined;
  }
}

const sorted = (data: Readonly<Record<string, string>> = {}): string => JSON.stringify(Object.entries(data).sort());

/** Short, since whoever may read the workload may read it: it tells next to nothing of a Secret. */
const digest = (text: string): string => createHash('sha256').update(text).digest('hex').slice(0, 8);
