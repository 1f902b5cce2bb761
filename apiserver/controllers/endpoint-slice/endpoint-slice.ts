import type { Endpoint, EndpointPort } from 'kubernetes-types/discovery/v1';
import type { Pod, Service } from '../../../shared/api/objects';
import type { Clock } from '../../../shared/clock';
import type { EventRecorder } from '../../events/event-recorder';
import type { Client, ObjectKey } from '../../registry/client';
import { keyOf, keyString } from '../../registry/client';
import type { Controller, Result } from '../controller';
import { done, watching } from '../controller';
import { LookPace } from '../workloads/look-pace';
import { isReady } from '../workloads/pod-state';
import type { FailureTeller } from './failure-events';
import { tellingFailure } from './failure-events';
import {
  findsPods,
  HEADLESS,
  hostnameOf,
  isHeadless,
  MANAGED_BY,
  PER_ENDPOINT_MS,
  podReference,
  podsBehind,
  SELECTOR_MANAGER,
  SERVICE_NAME,
  serviceOfSlice,
  servicesConcerned,
  servicesOnMovedNode,
  targetPortOf,
  zoneOf,
} from './service-pods';
import type { SliceContent } from './slice-plan';
import { SliceWriter } from './slice-writer';
import { TriggerTimes } from './trigger-times';
import { ZoneHints } from './zone-hints';

/** Labels of a service that its slices do not take over: they have their own. */
const OWN_LABELS = [HEADLESS, MANAGED_BY, SERVICE_NAME];

/** Keeps the EndpointSlices of services that find their pods by a selector: who serves, where, and whether it is ready. */
export class EndpointSliceController implements Controller {
  readonly name = 'endpoint-slice';
  readonly watches;
  private readonly slices: SliceWriter;
  private readonly triggers = new TriggerTimes();

  private readonly pace: LookPace;
  private readonly client: Client;
  private readonly teller: FailureTeller;
  private readonly hints: ZoneHints;

  constructor(deps: { readonly client: Client; readonly clock: Clock; readonly events: EventRecorder }) {
    const { client, clock, events } = deps;
    this.client = client;
    this.teller = { events, source: { component: 'endpoint-slice-controller' } };
    this.hints = new ZoneHints(client, this.teller);
    this.pace = new LookPace(clock, PER_ENDPOINT_MS);
    this.slices = new SliceWriter(client, SELECTOR_MANAGER);
    this.watches = [
      watching('Service', ({ object }) => [keyOf(object)]),
      watching('Pod', (change) => servicesConcerned(client, change)),
      watching('Node', (change) => [...servicesOnMovedNode(client, change), ...this.hints.servicesConcerned(change)]),
      watching('EndpointSlice', ({ object }) => serviceOfSlice(object, SELECTOR_MANAGER)),
    ];
  }

  async reconcile(key: ObjectKey): Promise<Result> {
    const service = this.client.view('Service').get(key);
    const id = keyString(key);
    if (service === undefined) {
      // Its slices go as what it owned.
      this.triggers.forget(id);
      this.pace.forget(id);
      this.hints.forget(id);
      return done;
    }
    if (!findsPods(service)) return done;
    const waitMs = this.pace.waitMs(id);
    if (waitMs > 0) return { requeueAfterMs: waitMs };
    const pods = podsBehind(this.client, service);
    this.pace.looked(id, pods.length);
    const contents = this.hints.apply(
      service,
      pods.map((pod) => this.contentFor(service, pod)),
    );
    const change = { labels: labelsFor(service), changedMs: this.triggers.next(service, pods) };
    const text = `Error updating Endpoint Slices for Service ${id}`;
    const about = { subject: service, reason: 'FailedToUpdateEndpointSlices', text };
    await tellingFailure(this.teller, about, () => this.slices.write(service, contents, change));
    return done;
  }

  /** Pods in which the service's ports lead to the same ports share slices. */
  private contentFor(service: Service, pod: Pod): SliceContent {
    return { addressType: 'IPv4', ports: portsFor(service, pod), endpoints: [this.endpointOf(service, pod)] };
  }

  private endpointOf(service: Service, pod: Pod): Endpoint {
    const serving = isReady(pod);
    const terminating = pod.metadata.deletionTimestamp !== undefined;
    const { nodeName } = pod.spec;
    const hostname = hostnameOf(pod, service);
    const zone = zoneOf(this.client.view('Node').get({ name: nodeName ?? '' }));
    const ready = service.spec?.publishNotReadyAddresses === true || (serving && !terminating);
    return {
      addresses: [pod.status?.podIP ?? ''],
      conditions: { ready, serving, terminating },
      ...(ready ? hintsFor(service, zone, nodeName) : {}),
      targetRef: podReference(pod),
      ...(nodeName === undefined ? {} : { nodeName }),
      ...(zone === undefined ? {} : { zone }),
      ...(hostname === undefined ? {} : { hostname }),
    };
  }
}

const portsFor = ({ spec }: Service, pod: Pod): EndpointPort[] =>
  (spec?.ports ?? []).flatMap((each) => {
    const port = targetPortOf(pod, each);
    if (port === undefined) return [];
    const { name = '', protocol = 'TCP', appProtocol } = each;
    return { name, port, protocol, ...(appProtocol === undefined ? {} : { appProtocol }) };
  });

/** Whom an endpoint is meant for, where traffic is to stay near (`trafficDistribution`). */
function hintsFor({ spec }: Service, zone: string | undefined, node: string | undefined): Pick<Endpoint, 'hints'> {
  const wish = spec?.trafficDistribution;
  if (wish === undefined) return {};
  const hints = {
    ...(zone === undefined ? {} : { forZones: [{ name: zone }] }),
    ...(wish === 'PreferSameNode' && node !== undefined ? { forNodes: [{ name: node }] } : {}),
  };
  return Object.keys(hints).length === 0 ? {} : { hints };
}

const labelsFor = (service: Service): Readonly<Record<string, string>> => ({
  ...Object.fromEntries(Object.entries(service.metadata.labels ?? {}).filter(([key]) => !OWN_LABELS.includes(key))),
  ...(isHeadless(service) ? { [HEADLESS]: '' } : {}),
});
