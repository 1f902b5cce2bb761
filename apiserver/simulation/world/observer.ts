import type { KindName, KindTypes, StoredObject } from '../../../shared/api/objects';
import { resourceOfKey, ROOT } from '../../registry/store-keys';
import { fromKeyValue } from '../../registry/stored-object';
import type { Store, Watcher } from '../../store/store';

/** A change as it was committed. */
export interface Committed {
  readonly resource: string;
  readonly object: StoredObject;
  readonly previous: StoredObject | undefined;
  readonly isDeletion: boolean;
}

/** Resources that the invariants look at. */
const RESOURCES: Partial<Record<KindName, string>> = {
  Pod: 'pods',
  Node: 'nodes',
  Namespace: 'namespaces',
  ReplicaSet: 'replicasets.apps',
  Deployment: 'deployments.apps',
  StatefulSet: 'statefulsets.apps',
  DaemonSet: 'daemonsets.apps',
  Job: 'jobs.batch',
  CronJob: 'cronjobs.batch',
  HorizontalPodAutoscaler: 'horizontalpodautoscalers.autoscaling',
  PersistentVolume: 'persistentvolumes',
  PersistentVolumeClaim: 'persistentvolumeclaims',
  PodDisruptionBudget: 'poddisruptionbudgets.policy',
};

/** What is really in the store, read past every server: the ground on which invariants are judged. */
export class Observer {
  private readonly objects = new Map<string, StoredObject>();
  private readonly watcher: Watcher;

  constructor(
    store: Store,
    private readonly onChange: (change: Committed) => void,
  ) {
    this.watcher = store.watch({ prefix: ROOT, afterRevision: store.revision });
    void this.follow();
  }

  all<K extends KindName>(kind: K): readonly KindTypes[K][] {
    const prefix = `${ROOT}${RESOURCES[kind] ?? kind}/`;
    return [...this.objects]
      .filter(([key]) => key.startsWith(prefix))
      .map(([, object]) => object as unknown as KindTypes[K]);
  }

  /** Everything but Events, by its store key. */
  everything(): ReadonlyMap<string, StoredObject> {
    return this.objects;
  }

  stop(): void {
    this.watcher.close();
  }

  private async follow(): Promise<void> {
    for await (const { events } of this.watcher) {
      for (const { key, kv } of events) {
        const resource = resourceOfKey(key);
        if (resource === 'events') continue;
        const previous = this.objects.get(key);
        const object = kv === undefined ? previous : fromKeyValue(kv).object;
        if (object === undefined) continue;
        if (kv === undefined) this.objects.delete(key);
        else this.objects.set(key, object);
        this.onChange({ resource, object, previous, isDeletion: kv === undefined });
      }
    }
  }
}
