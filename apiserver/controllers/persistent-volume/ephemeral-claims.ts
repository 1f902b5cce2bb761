import type { ApiObject, Pod } from '../../../shared/api/objects';
import { ephemeralClaimName } from '../../../shared/pod/claims';
import { isAlreadyExists } from '../../../shared/status-error';
import type { EventRecorder } from '../../events/event-recorder';
import type { Client, ObjectKey } from '../../registry/client';
import { keyOf } from '../../registry/client';
import type { Controller, Result } from '../controller';
import { done, watching } from '../controller';
import { controllerRef } from '../workloads/ownership';

const hasEphemeral = ({ spec }: Pod): boolean => (spec.volumes ?? []).some(({ ephemeral }) => ephemeral !== undefined);

interface Deps {
  readonly client: Client;
  readonly events: EventRecorder;
}

/** Makes the claims of pods' ephemeral volumes, which go with their pod (KEP-1698). */
export class EphemeralClaimsController implements Controller {
  readonly name = 'ephemeral-volume';
  readonly watches = [
    watching('Pod', ({ type, object }) => (type !== 'DELETED' && hasEphemeral(object) ? [keyOf(object)] : [])),
  ];

  constructor(private readonly deps: Deps) {}

  async reconcile(key: ObjectKey): Promise<Result> {
    const pod = this.deps.client.view('Pod').get(key);
    if (pod === undefined || pod.metadata.deletionTimestamp !== undefined) return done;
    for (const { name, ephemeral } of pod.spec.volumes ?? []) {
      if (ephemeral?.volumeClaimTemplate !== undefined) await this.ensure(pod, name, ephemeral.volumeClaimTemplate);
    }
    return done;
  }

  private async ensure(
    pod: Pod,
    volume: string,
    template: { readonly metadata?: object; readonly spec: object },
  ): Promise<void> {
    const { client, events } = this.deps;
    const { namespace } = pod.metadata;
    const name = ephemeralClaimName(pod.metadata.name, volume);
    const found = client.view('PersistentVolumeClaim').get({ namespace, name });
    if (found !== undefined) {
      if (found.metadata.ownerReferences?.some(({ uid }) => uid === pod.metadata.uid) === true) return;
      const message = `PVC ${namespace}/${name} was not created for pod ${namespace}/${pod.metadata.name} (pod is not owner)`;
      events.record(pod, { type: 'Warning', reason: 'ConflictingClaim', message }, { component: 'ephemeral-volume' });
      return;
    }
    const owner = controllerRef({ apiVersion: 'v1', kind: 'Pod', metadata: pod.metadata });
    const metadata = { ...template.metadata, namespace, name, ownerReferences: [owner] };
    try {
      await client.create('PersistentVolumeClaim', structuredClone({ metadata, spec: template.spec }) as ApiObject);
    } catch (error) {
      if (!isAlreadyExists(error)) throw error;
    }
  }
}
