import { isIPv6 } from 'node:net';
import type { EndpointAddress, EndpointSubset } from 'kubernetes-types/core/v1';
import type { Endpoint } from 'kubernetes-types/discovery/v1';
import type { Endpoints } from '../../../shared/api/objects';
import type { EventRecorder } from '../../events/event-recorder';
import type { Client, ObjectKey } from '../../registry/client';
import { keyOf, keyString } from '../../registry/client';
import type { Controller, Result } from '../controller';
import { done, watching } from '../controller';
import type { FailureTeller } from './failure-events';
import { tellingFailure } from './failure-events';
import { MANAGED_BY, SERVICE_NAME, serviceOfSlice } from './service-pods';
import type { SliceContent } from './slice-plan';
import { SliceWriter } from './slice-writer';

const MANAGER = 'endpointslicemirroring-controller.k8s.io';
const SKIP = 'endpointslice.kubernetes.io/skip-mirror';
const LEADER = 'control-plane.alpha.kubernetes.io/leader';
/** Addresses of a subset that are mirrored. */
const CAPACITY = 1_000;

/** Mirrors the Endpoints that somebody keeps for a service without selector into EndpointSlices, which is what is read. */
export class EndpointSliceMirroringController implements Controller {
  readonly name = 'endpoint-slice-mirroring';
  readonly watches = [
    watching('Endpoints', ({ object }) => [keyOf(object)]),
    watching('Service', ({ object }) => [keyOf(object)]),
    watching('EndpointSlice', ({ object }) => serviceOfSlice(object, MANAGER)),
  ];
  private readonly slices: SliceWriter;
  private readonly client: Client;
  private readonly teller: FailureTeller;

  constructor({ client, events }: { readonly client: Client; readonly events: EventRecorder }) {
    this.client = client;
    this.teller = { events, source: { component: 'endpoint-slice-mirroring-controller' } };
    this.slices = new SliceWriter(client, MANAGER);
  }

  async reconcile(key: ObjectKey): Promise<Result> {
    const endpoints = this.client.view('Endpoints').get(key);
    const service = this.client.view('Service').get(key);
    const isMirrored =
      service !== undefined &&
      Object.keys(service.spec?.selector ?? {}).length === 0 &&
      endpoints !== undefined &&
      endpoints.metadata.labels?.[SKIP] !== 'true' &&
      endpoints.metadata.annotations?.[LEADER] === undefined;
    if (!isMirrored) {
      await this.slices.removeAll(key.namespace ?? '', key.name);
      return done;
    }
    const { [SERVICE_NAME]: _service, [MANAGED_BY]: _manager, ...labels } = endpoints.metadata.labels ?? {};
    const text = `Error updating Endpoint Slices for Endpoints ${keyString(key)}`;
    const about = { subject: endpoints, reason: 'FailedToUpdateEndpointSlices', text };
    await tellingFailure(this.teller, about, () =>
      this.slices.write(endpoints, wantedFor(endpoints), { labels, changedMs: undefined }),
    );
    this.tellOfSkipped(endpoints);
    return done;
  }

  private tellOfSkipped(endpoints: Endpoints): void {
    const skipped = (endpoints.subsets ?? []).reduce(
      (sum, { addresses = [], notReadyAddresses = [] }) =>
        sum + Math.max(0, addresses.length + notReadyAddresses.length - CAPACITY),
      0,
    );
    if (skipped === 0) return;
    const message = `A max of ${CAPACITY} addresses can be mirrored to EndpointSlices per Endpoints subset. ${skipped} addresses were skipped`;
    const { events, source } = this.teller;
    events.record(endpoints, { type: 'Warning', reason: 'TooManyAddressesToMirror', message }, source);
  }
}

const wantedFor = ({ subsets = [] }: Endpoints): readonly SliceContent[] =>
  subsets.flatMap((subset) => {
    const ports = (subset.ports ?? []).map(({ name = '', protocol = 'TCP', ...rest }) => ({ name, protocol, ...rest }));
    return endpointsIn(subset).map((endpoint) => ({
      addressType: isIPv6(endpoint.addresses[0] ?? '') ? 'IPv6' : 'IPv4',
      ports,
      endpoints: [endpoint],
    }));
  });

const endpointsIn = ({ addresses = [], notReadyAddresses = [] }: EndpointSubset): readonly Endpoint[] =>
  [
    ...addresses.map((address) => endpointOf(address, true)),
    ...notReadyAddresses.map((address) => endpointOf(address, false)),
  ].slice(0, CAPACITY);

const endpointOf = ({ ip, hostname, nodeName, targetRef }: EndpointAddress, ready: boolean): Endpoint => ({
  addresses: [ip],
  conditions: { ready },
  ...(hostname === undefined ? {} : { hostname }),
  ...(nodeName === undefined ? {} : { nodeName }),
  ...(targetRef === undefined ? {} : { targetRef }),
});
