import type { Endpoint } from 'kubernetes-types/discovery/v1';
import type { Node, Service } from '../../../shared/api/objects';
import { isSameJson } from '../../../shared/same-json';
import type { Client, ObjectChange, ObjectKey } from '../../registry/client';
import { keyOf, keyString } from '../../registry/client';
import type { FailureTeller } from './failure-events';
import { SERVICE_NAME, zoneOf } from './service-pods';
import type { SliceContent } from './slice-plan';
import { cpuByZone, topologyHints, wantsTopologyHints } from './topology-hints';

/** Says of endpoints for which zones they are meant, of services that ask for it, and tells whether that can be said. */
export class ZoneHints {
  /** The services whose endpoints bear hints, and that was told. */
  private readonly hinted = new Set<string>();

  constructor(
    private readonly client: Client,
    private readonly teller: FailureTeller,
  ) {}

  /** The contents with hints where the service asks for them. */
  apply(service: Service, contents: readonly SliceContent[]): readonly SliceContent[] {
    const id = keyString(keyOf(service));
    if (!wantsTopologyHints(service)) {
      if (this.hinted.delete(id)) this.warn(service, 'Topology Aware Hints has been disabled');
      return contents;
    }
    const before = this.zonesBefore(service);
    const endpoints = contents.flatMap((content) => content.endpoints);
    const cpu = cpuByZone(this.client.view('Node').list());
    const { zones, ...why } = topologyHints(endpoints, cpu, ({ targetRef }) => before.get(targetRef?.uid ?? ''));
    if (zones === undefined) {
      this.hinted.delete(id);
      if ('problem' in why) this.warn(service, why.problem);
      return contents.map((content) => ({ ...content, endpoints: content.endpoints.map(withoutHints) }));
    }
    if (!this.hinted.has(id))
      this.tell(service, 'Normal', 'TopologyAwareHintsEnabled', 'Topology Aware Hints has been enabled');
    this.hinted.add(id);
    return contents.map((content) => ({
      ...content,
      endpoints: content.endpoints.map((endpoint) => {
        const name = zones.get(endpoint);
        return name === undefined ? withoutHints(endpoint) : { ...endpoint, hints: { forZones: [{ name }] } };
      }),
    }));
  }

  forget(id: string): void {
    this.hinted.delete(id);
  }

  /** The services whose endpoints a change of a node may mean for other zones. */
  servicesConcerned({ object, previous }: ObjectChange<Node>): readonly ObjectKey[] {
    const facts = (node: Node | undefined): unknown =>
      node === undefined
        ? undefined
        : [
            zoneOf(node),
            node.status?.allocatable?.['cpu'],
            node.status?.conditions?.find(({ type }) => type === 'Ready')?.status,
          ];
    if (previous !== undefined && isSameJson(facts(object), facts(previous))) return [];
    return this.client.view('Service').list({ where: wantsTopologyHints }).map(keyOf);
  }

  /** For which zone each endpoint is meant as it stands, by the uid of its pod. */
  private zonesBefore({ metadata: { namespace, name } }: Service): ReadonlyMap<string, string> {
    const slices = this.client
      .view('EndpointSlice')
      .list({ namespace, where: ({ metadata }) => metadata.labels?.[SERVICE_NAME] === name });
    return new Map(
      slices
        .flatMap(({ endpoints }) => endpoints)
        .flatMap(({ targetRef, hints }) => {
          const zone = hints?.forZones?.[0]?.name;
          return zone === undefined ? [] : [[targetRef?.uid ?? '', zone] as const];
        }),
    );
  }

  private warn(service: Service, message: string): void {
    this.tell(service, 'Warning', 'TopologyAwareHintsDisabled', message);
  }

  private tell(service: Service, type: 'Normal' | 'Warning', reason: string, text: string): void {
    const { events, source } = this.teller;
    events.record(service, { type, reason, message: `${text}, addressType: IPv4` }, source);
  }
}

const withoutHints = ({ hints: _, ...endpoint }: Endpoint): Endpoint => endpoint;
