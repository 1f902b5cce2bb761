import type { ApiObject, EndpointSlice, Endpoints, Service } from '../../../shared/api/objects';
import { toTimestamp } from '../../../shared/clock';
import { isSameJson } from '../../../shared/same-json';
import { ignoreNotFound } from '../../../shared/status-error';
import type { Client } from '../../registry/client';
import { keyOf } from '../../registry/client';
import { ignoreTerminatingNamespace } from '../terminating-namespace';
import { controllerRef } from '../workloads/ownership';
import { LAST_CHANGE, MANAGED_BY, SERVICE_NAME } from './service-pods';
import type { SliceContent } from './slice-plan';
import { planSlices } from './slice-plan';

/** Brings the slices that one controller keeps for services to what is wanted. */
export class SliceWriter {
  constructor(
    private readonly client: Client,
    /** What the slices are labelled to be managed by. */
    private readonly manager: string,
  ) {}

  /** `owner`: the service, or the Endpoints of its name. `changedMs`: when that happened which shows in what is written. */
  async write(
    owner: Service | Endpoints,
    wanted: readonly SliceContent[],
    {
      labels,
      changedMs,
    }: { readonly labels: Readonly<Record<string, string>>; readonly changedMs: number | undefined },
  ): Promise<void> {
    const { namespace, name } = owner.metadata;
    const meta = {
      labels: { ...labels, [SERVICE_NAME]: name, [MANAGED_BY]: this.manager },
      ownerReferences: [controllerRef(owner)],
    };
    const isStale = ({ metadata }: EndpointSlice): boolean =>
      !isSameJson(metadata.labels, meta.labels) || !isSameJson(metadata.ownerReferences, meta.ownerReferences);
    const plan = planSlices(this.slicesOf(namespace, name), wanted, isStale);
    const change = changedMs === undefined ? {} : { [LAST_CHANGE]: toTimestamp(changedMs) };
    for (const content of plan.creates) {
      const slice = { metadata: { namespace, generateName: `${name}-`, ...meta, annotations: change }, ...content };
      await this.client
        .create('EndpointSlice', structuredClone(slice) as unknown as ApiObject)
        .catch(ignoreTerminatingNamespace);
    }
    for (const { slice, content } of plan.updates) {
      await this.client.modify(
        'EndpointSlice',
        keyOf(slice),
        (current) => {
          const { [LAST_CHANGE]: _, ...annotations } = current.metadata.annotations ?? {};
          const metadata = { ...current.metadata, ...meta, annotations: { ...annotations, ...change } };
          return { ...current, ...structuredClone(content), metadata };
        },
        { uid: slice.metadata.uid },
      );
    }
    for (const slice of plan.deletes) await this.remove(slice);
  }

  async removeAll(namespace: string, service: string): Promise<void> {
    for (const slice of this.slicesOf(namespace, service)) await this.remove(slice);
  }

  private slicesOf(namespace: string, service: string): readonly EndpointSlice[] {
    return this.client.view('EndpointSlice').list({
      namespace,
      where: ({ metadata: { labels, deletionTimestamp } }) =>
        deletionTimestamp === undefined && labels?.[SERVICE_NAME] === service && labels[MANAGED_BY] === this.manager,
    });
  }

  private async remove(slice: EndpointSlice): Promise<void> {
    await this.client
      .delete('EndpointSlice', keyOf(slice), { preconditions: { uid: slice.metadata.uid } })
      .catch(ignoreNotFound);
  }
}
