import type { ConfigMap, PodStatus, Secret } from '../../../shared/api/objects';
import type {
  EventReport,
  NodeImages,
  ObjectRef,
  PodStatusReport,
  PodTerminated,
  PodToken,
  TokenOrder,
} from '../../../shared/wire/node-channel';
import type { Clock } from '../../../shared/clock';
import { StatusError } from '../../../shared/status-error';
import type { Session, SessionHandlers } from '../../session/session';

/** A server at arm's length: remembers what was reported, hands out the objects it was given. */
export class FakeSession implements Session {
  readonly statuses: PodStatusReport[] = [];
  readonly terminated: PodTerminated[] = [];
  readonly events: EventReport[] = [];
  readonly objects = new Map<string, ConfigMap | Secret>();
  isConnected = true;
  isStarted = false;

  constructor(
    readonly handlers: SessionHandlers,
    private readonly clock: Clock,
  ) {}

  start(): void {
    this.isStarted = true;
  }

  stop(): Promise<void> {
    this.isStarted = false;
    return Promise.resolve();
  }

  reportPodStatus(report: PodStatusReport): void {
    this.statuses.push(structuredClone(report));
  }

  reportPodTerminated(pod: PodTerminated): void {
    this.terminated.push(pod);
  }

  reportPodNetwork(): void {
    // Nobody asks.
  }

  sendRelayFrames(): void {
    // Nobody is there.
  }

  reportEvent(event: EventReport): void {
    this.events.push(event);
  }

  /** The images that were reported last. */
  images: NodeImages | undefined;
  readonly referred = new Set<string>();

  reportImages(message: NodeImages): void {
    this.images = message;
  }

  referredImages(names: readonly string[]): Promise<readonly string[]> {
    if (!this.isConnected) return Promise.reject(new StatusError('ServiceUnavailable', 'no server'));
    return Promise.resolve(names.filter((name) => this.referred.has(name)));
  }

  fetch({ kind, namespace, name }: ObjectRef): Promise<ConfigMap | Secret | undefined> {
    if (!this.isConnected) return Promise.reject(new StatusError('ServiceUnavailable', 'no server'));
    return Promise.resolve(this.objects.get(`${kind}/${namespace}/${name}`));
  }

  /** Tokens that were asked for; each is `token-N`, counted from 1. */
  readonly tokenOrders: TokenOrder[] = [];

  requestToken(order: TokenOrder): Promise<PodToken> {
    if (!this.isConnected) return Promise.reject(new StatusError('ServiceUnavailable', 'no server'));
    this.tokenOrders.push(order);
    const expiresAtMs = this.clock.now() + order.expirationSeconds * 1_000;
    return Promise.resolve({ token: `token-${this.tokenOrders.length}`, expiresAtMs });
  }

  /** Pods that were taken out of all proxies, in order. */
  readonly withdrawn: string[] = [];

  withdraw(podUid: string): Promise<void> {
    if (!this.isConnected) return Promise.reject(new StatusError('ServiceUnavailable', 'no server'));
    this.withdrawn.push(podUid);
    return Promise.resolve();
  }

  /** The last status reported of the pod of that name. */
  status(name: string): PodStatus {
    const found = this.statuses.filter((report) => report.name === name).at(-1);
    if (found === undefined) throw new Error(`no status of ${name} was reported`);
    return found.status;
  }

  /** `Reason message` of each Event, in order. */
  said(): readonly string[] {
    return this.events.map(({ reason, message }) => `${reason} ${message}`);
  }
}
