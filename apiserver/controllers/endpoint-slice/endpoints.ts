import type { ApiObject, Endpoints, Service } from '../../../shared/api/objects';
import type { Clock } from '../../../shared/clock';
import { toTimestamp } from '../../../shared/clock';
import { isSameJson } from '../../../shared/same-json';
import { ignoreNotFound } from '../../../shared/status-error';
import type { EventRecorder } from '../../events/event-recorder';
import type { Client, ObjectKey } from '../../registry/client';
import { keyOf, keyString } from '../../registry/client';
import type { Controller, Result } from '../controller';
import { done, watching } from '../controller';
import { ignoreTerminatingNamespace } from '../terminating-namespace';
import { LookPace } from '../workloads/look-pace';
import { subsetsOf, truncated } from './endpoint-subsets';
import type { FailureTeller } from './failure-events';
import { tellingFailure } from './failure-events';
import {
  findsPods,
  HEADLESS,
  isHeadless,
  LAST_CHANGE,
  PER_ENDPOINT_MS,
  podsBehind,
  servicesConcerned,
} from './service-pods';
import { TriggerTimes } from './trigger-times';

const MANAGED_BY = 'endpoints.kubernetes.io/managed-by';
const MANAGER = 'endpoint-controller';
const OVER_CAPACITY = 'endpoints.kubernetes.io/over-capacity';

type Meta = Pick<Endpoints['metadata'], 'labels' | 'annotations'>;

/** Keeps the Endpoints of services that find their pods by a selector. They go with the service of their name. */
export class EndpointsController implements Controller {
  readonly name = 'endpoints';
  readonly watches;
  private readonly triggers = new TriggerTimes();

  private readonly pace: LookPace;
  private readonly client: Client;
  private readonly teller: FailureTeller;

  constructor(deps: { readonly client: Client; readonly clock: Clock; readonly events: EventRecorder }) {
    const { client, clock, events } = deps;
    this.client = client;
    this.teller = { events, source: { component: MANAGER } };
    this.pace = new LookPace(clock, PER_ENDPOINT_MS);
    this.watches = [
      watching('Service', ({ object }) => [keyOf(object)]),
      watching('Pod', (change) => servicesConcerned(client, change)),
      // Those that others made only when their service is deleted.
      watching('Endpoints', ({ object }) => (object.metadata.labels?.[MANAGED_BY] === MANAGER ? [keyOf(object)] : [])),
    ];
  }

  async reconcile(key: ObjectKey): Promise<Result> {
    const service = this.client.view('Service').get(key);
    const id = keyString(key);
    if (service === undefined) {
      this.triggers.forget(id);
      this.pace.forget(id);
      if (this.client.view('Endpoints').get(key) === undefined) return done;
      await this.client.delete('Endpoints', key).catch(ignoreNotFound);
      return done;
    }
    if (!findsPods(service)) return done;
    const waitMs = this.pace.waitMs(id);
    if (waitMs > 0) return { requeueAfterMs: waitMs };
    const pods = podsBehind(this.client, service);
    this.pace.looked(id, pods.length);
    const { subsets, isTruncated } = truncated(subsetsOf(service, pods));
    const changedMs = this.triggers.next(service, pods);
    const { [HEADLESS]: _, ...labels } = service.metadata.labels ?? {};
    const fresh = (before: Meta): Meta => {
      const { [LAST_CHANGE]: _change, [OVER_CAPACITY]: _over, ...annotations } = before.annotations ?? {};
      return {
        labels: { ...labels, ...(isHeadless(service) ? { [HEADLESS]: '' } : {}), [MANAGED_BY]: MANAGER },
        annotations: {
          ...annotations,
          ...(changedMs === undefined ? {} : { [LAST_CHANGE]: toTimestamp(changedMs) }),
          ...(isTruncated ? { [OVER_CAPACITY]: 'truncated' } : {}),
        },
      };
    };
    const isUpToDate = (current: Endpoints): boolean =>
      isSameJson(current.subsets ?? [], subsets) &&
      isSameJson(current.metadata.labels, fresh({}).labels) &&
      (current.metadata.annotations?.[OVER_CAPACITY] !== undefined) === isTruncated;
    if (this.client.view('Endpoints').get(key) === undefined) {
      const made = { metadata: { ...keyOf(service), ...fresh({}) }, ...(subsets.length === 0 ? {} : { subsets }) };
      await this.tellingFailure(service, 'create', () =>
        this.client
          .create('Endpoints', structuredClone(made) as unknown as ApiObject)
          .catch(ignoreTerminatingNamespace),
      );
      return done;
    }
    await this.tellingFailure(service, 'update', () =>
      this.client.modify('Endpoints', key, (current) => {
        if (isUpToDate(current)) return undefined;
        const { subsets: _old, ...rest } = current;
        return {
          ...rest,
          metadata: { ...current.metadata, ...fresh(current.metadata) },
          ...(subsets.length === 0 ? {} : { subsets: structuredClone([...subsets]) }),
        };
      }),
    );
    return done;
  }

  /** Told of the Endpoints, which may not be there: they are called as their service. */
  private tellingFailure<T>(service: Service, what: 'create' | 'update', work: () => Promise<T>): Promise<T> {
    const { namespace, name } = service.metadata;
    const subject = { apiVersion: 'v1', kind: 'Endpoints', metadata: { namespace, name } };
    const [reason, of] =
      what === 'create' ? ['FailedToCreateEndpoint', 'endpoint for service'] : ['FailedToUpdateEndpoint', 'endpoint'];
    const text = `Failed to ${what} ${of} ${namespace}/${name}`;
    return tellingFailure(this.teller, { subject, reason, text }, work);
  }
}
