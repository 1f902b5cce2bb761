/** A node channel and agents' sessions in one process, over real TLS sockets on loopback, through a proxy that can fail. */
import { mkdtemp, rm } from 'node:fs/promises';
import type { Server as HttpsServer } from 'node:https';
import { createServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import express from 'express';
import { NodeLifecycle } from '../../apiserver/controllers/node-lifecycle/node-lifecycle';
import type { EventRecorder } from '../../apiserver/events/event-recorder';
import { createEventRecorder } from '../../apiserver/events/event-recorder';
import type { NodeApproval } from '../../apiserver/node-channel/join';
import { createJoin } from '../../apiserver/node-channel/join';
import { createJoinRoute } from '../../apiserver/node-channel/join-route';
import { createJoinToken } from '../../apiserver/node-channel/join-tokens';
import type { NodeChannel } from '../../apiserver/node-channel/node-channel';
import { testTokenIssuer } from '../../apiserver/auth/service-account/testing/test-tokens';
import { DEFAULT_STREAM_MAPS } from '../../apiserver/ingress/stream-ports';
import { NodePods } from '../../apiserver/node-channel/node-pods';
import { createNodeChannel } from '../../apiserver/node-channel/node-channel';
import { FakeClient } from '../../apiserver/node-channel/testing/fake-client';
import { TestAuthority } from '../../apiserver/node-channel/testing/test-authority';
import { certificateRequestFor, newKey } from '../../kubelet/session/certificate-request';
import type { NodeCredential } from '../../kubelet/session/node-credential';
import type { Session, SessionHandlers } from '../../kubelet/session/session';
import { createSession } from '../../kubelet/session/socket-session';
import type { PolicyChange } from '../../shared/wire/network-policy';
import type { NodeUsage, Registration } from '../../shared/wire/node-channel';
import type { Clock } from '../../shared/clock';
import { systemClock } from '../../shared/clock';
import { silentLogger } from '../../shared/logger';
import { seededRandom, systemRandom } from '../../shared/random';
import type { TcpProxy } from '../../shared/testing/tcp-proxy';
import { createTcpProxy } from '../../shared/testing/tcp-proxy';

const USAGE: NodeUsage = {
  cpuMilli: 120,
  cpuPercent: 6,
  memoryUsedBytes: 1,
  memoryAvailableBytes: 2,
  diskUsedBytes: 3,
  diskTotalBytes: 4,
  diskReadBytesPerSecond: 5,
  diskWriteBytesPerSecond: 6,
  networkRxBytesPerSecond: 7,
  networkTxBytesPerSecond: 8,
  load1: 0.5,
  processes: 9,
};

export const registrationOf = (nodeName: string, traits: Partial<Registration> = {}): Registration => ({
  nodeName,
  bootId: 'boot-1',
  agentVersion: '0.1.0',
  status: {
    capacity: { cpu: '4', memory: '8Gi', pods: '110' },
    allocatable: { cpu: '4', memory: '8Gi', pods: '110' },
    addresses: [{ type: 'InternalIP', address: '10.0.0.7' }],
  },
  labels: { rack: 'r1' },
  pods: [],
  lastRevision: 0,
  ...traits,
});

/** Real time passes until `isTrue`; the test's own time limit is the deadline. */
export async function until(isTrue: () => boolean): Promise<void> {
  while (!isTrue()) await new Promise((resolve) => setTimeout(resolve, 5));
}

/** An agent that only remembers what it was told. */
export class RecordingAgent implements SessionHandlers {
  beatsAnswered = 0;
  readonly told: { readonly what: string; readonly message: unknown }[] = [];
  /** Renewed credentials, oldest first. */
  readonly kept: NodeCredential[] = [];
  readonly session: Session;
  accept: SessionHandlers['onStream'] = () => Promise.resolve();
  conditions: Awaited<ReturnType<SessionHandlers['heartbeat']>>['conditions'] = [];
  pods: Registration['pods'] = [];

  constructor(
    readonly nodeName: string,
    options: { readonly serverUrls: readonly string[]; readonly identity: NodeCredential; readonly clock: Clock },
  ) {
    const { serverUrls, identity, clock } = options;
    this.session = createSession({
      serverUrls,
      nodeName,
      identity,
      keepCredential: (fresh) => Promise.resolve(void this.kept.push(fresh)),
      clock,
      random: seededRandom(1),
      logger: silentLogger,
      handlers: this,
    });
  }

  registration = (): Promise<Registration> => Promise.resolve(registrationOf(this.nodeName, { pods: this.pods }));
  heartbeat: SessionHandlers['heartbeat'] = () => Promise.resolve({ usage: USAGE, conditions: this.conditions });
  onSync: SessionHandlers['onSync'] = (message) => this.note('sync', message);
  onBeatAnswered: SessionHandlers['onBeatAnswered'] = () => {
    this.beatsAnswered += 1;
  };
  onPod: SessionHandlers['onPod'] = (message) => this.note('pod', message);
  onPodRemoved: SessionHandlers['onPodRemoved'] = (message) => this.note('podRemoved', message);
  onObjectChanged: SessionHandlers['onObjectChanged'] = (message) => this.note('objectChanged', message);
  onServices: SessionHandlers['onServices'] = (message) => this.note('services', message);
  onPolicies = (change: PolicyChange): void => this.note('policies', change);
  onStream: SessionHandlers['onStream'] = (request, stream) => this.accept(request, stream);
  onConnected = (): void => this.note('connected', undefined);
  onDisconnected = (reason: string): void => this.note('disconnected', reason);

  /** Messages of one sort, oldest first. */
  all<T = unknown>(what: string): T[] {
    return this.told.filter((each) => each.what === what).map((each) => each.message as T);
  }

  private note(what: string, message: unknown): void {
    this.told.push({ what, message });
  }
}

export class ChannelHarness {
  readonly client = new FakeClient();
  readonly events: EventRecorder;
  readonly lifecycle: NodeLifecycle;
  private readonly agents: RecordingAgent[] = [];

  private constructor(
    readonly clock: Clock,
    readonly authority: TestAuthority,
    readonly channel: NodeChannel,
    readonly proxy: TcpProxy,
    readonly folder: string,
    private readonly server: HttpsServer,
    parts: { readonly client: FakeClient; readonly events: EventRecorder },
  ) {
    this.client = parts.client;
    this.events = parts.events;
    this.lifecycle = new NodeLifecycle({ ...parts, clock, liveness: channel.liveness, logger: silentLogger });
    this.lifecycle.start();
  }

  static async start(clock: Clock = systemClock, approval: NodeApproval = 'automatic'): Promise<ChannelHarness> {
    const client = new FakeClient();
    const authority = await TestAuthority.create(Date.now());
    const events = createEventRecorder({ client, clock, logger: silentLogger });
    const channel = createNodeChannel({
      client,
      clock,
      logger: silentLogger,
      events,
      nodePods: NodePods.following(client.view('Pod')),
      tokens: testTokenIssuer(client, clock),
      authority,
      podNetwork: { clusterCidr: '10.244.0.0/16', mode: 'auto' },
      streamMaps: DEFAULT_STREAM_MAPS,
    });
    const app = express();
    app.use(createJoinRoute(createJoin({ client, clock: systemClock, logger: silentLogger, authority, approval })));
    const server = createServer(
      {
        ...(await authority.serverCredential()),
        ca: authority.caCertificatePem,
        requestCert: true,
        rejectUnauthorized: false,
      },
      app,
    );
    channel.attach(server);
    channel.start();
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const proxy = await createTcpProxy({ host: '127.0.0.1', port: (server.address() as AddressInfo).port });
    const folder = await mkdtemp(path.join(tmpdir(), 'node-channel-'));
    return new ChannelHarness(clock, authority, channel, proxy, folder, server, { client, events });
  }

  get url(): string {
    return `https://127.0.0.1:${this.proxy.port}`;
  }

  async credential(
    nodeName: string,
    validity?: { readonly fromMs: number; readonly toMs: number },
  ): Promise<NodeCredential> {
    const key = newKey();
    const request = await certificateRequestFor(nodeName, key);
    const certificate = await this.authority.signNodeCertificate(request, nodeName, validity);
    return { key, certificate, caCertificate: this.authority.caCertificatePem };
  }

  joinToken(ttlMs?: number): Promise<string> {
    const { client, authority } = this;
    const options = {
      client,
      clock: systemClock,
      random: systemRandom,
      caFingerprintSha256: authority.caFingerprintSha256,
    };
    return createJoinToken(options, ttlMs === undefined ? {} : { ttlMs });
  }

  /** An agent that dials; the caller starts its session. */
  async agent(nodeName: string, identity?: NodeCredential): Promise<RecordingAgent> {
    const agent = new RecordingAgent(nodeName, {
      serverUrls: [this.url],
      identity: identity ?? (await this.credential(nodeName)),
      clock: this.clock,
    });
    this.agents.push(agent);
    return agent;
  }

  async connectedAgent(nodeName: string): Promise<RecordingAgent> {
    const agent = await this.agent(nodeName);
    agent.session.start();
    await until(() => agent.all('connected').length > 0);
    return agent;
  }

  async stop(): Promise<void> {
    await Promise.all(this.agents.map((agent) => agent.session.stop()));
    await this.lifecycle.stop();
    await this.channel.stop();
    await this.events.flush();
    await this.proxy.close();
    this.server.closeAllConnections();
    await new Promise((resolve) => this.server.close(resolve));
    await rm(this.folder, { recursive: true, force: true });
  }
}
