import type { Clock } from '../../../shared/clock';
import type { Logger } from '../../../shared/logger';
import type { Random } from '../../../shared/random';
import { StatusError } from '../../../shared/status-error';
import { DEFAULT_FENCE } from '../../../shared/wire/fence';
import { testTokenIssuer } from '../../auth/service-account/testing/test-tokens';
import type { SigningKeys } from '../../auth/service-account/signing-keys';
import { ControllerManager } from '../../controllers/controller-manager';
import { collectGarbage, createControllers } from '../../controllers/controllers';
import { CidrPool } from '../../controllers/node-ipam/cidr-pool';
import type { RemoveFolder } from '../../controllers/persistent-volume/volume-reclaimer';
import { NodeLifecycle } from '../../controllers/node-lifecycle/node-lifecycle';
import { createEventRecorder } from '../../events/event-recorder';
import { DEFAULT_STREAM_MAPS } from '../../ingress/stream-ports';
import { createKindList } from '../../kinds/kinds';
import type { PodUsages } from '../../metrics-api/metrics-api';
import { ChannelServer } from '../../node-channel/channel-server';
import { NodePods } from '../../node-channel/node-pods';
import type { Schemas } from '../../openapi/schemas';
import { ensureBootstrapObjects } from '../../registry/bootstrap-objects';
import type { Client } from '../../registry/client';
import { createClient } from '../../registry/create-client';
import { createRegistry } from '../../registry/create-registry';
import type { GenericRegistry } from '../../registry/generic-registry';
import { findPolicy } from '../../scheduler/core/policies/policies';
import { profilesOf } from '../../scheduler/profiles';
import { Scheduler } from '../../scheduler/scheduler';
import type { Store } from '../../store/store';
import { StoreError } from '../../store/store';
import { FaultyStore } from './faulty-store';
import type { StoreFaults } from './faulty-store';
import type { Link } from './link';
import type { WallClock } from './process-clock';
import { ProcessClock } from './process-clock';
import { SocketEnd } from './socket-pair';

export interface ControlPlaneDeps {
  readonly clock: Clock;
  readonly random: Random;
  readonly wall: WallClock;
  readonly store: Store;
  readonly faults: StoreFaults;
  readonly schemas: Schemas;
  readonly keys: SigningKeys;
  readonly podUsages: PodUsages;
  readonly removeFolder: RemoveFolder;
  /** What went wrong inside that no fault explains. */
  readonly onWarning: (line: string) => void;
}

/** One life of the server: all that `startServer` starts but for what listens, over a store that outlives it. */
export interface ControlPlane {
  readonly client: Client;
  readonly registry: GenericRegistry;
  /** The agent's end of a new connection. */
  connect(nodeName: string, link: Link): SocketEnd;
  cutWatches(): void;
  /** Ends as the program does when it is told to. */
  stop(): Promise<void>;
  /** Ends between two instructions: what was under way is never heard of again. */
  crash(): void;
}

export async function startControlPlane(deps: ControlPlaneDeps): Promise<ControlPlane> {
  const clock = new ProcessClock(deps.clock, deps.wall);
  const { random } = deps;
  const faulty = new FaultyStore(deps.store, { clock, random, faults: deps.faults });
  const logger = warningsTo(deps.onWarning);
  const registry = await createRegistry({
    store: faulty.asStore(),
    clock,
    random,
    logger,
    kinds: createKindList(),
    schemas: deps.schemas,
  });
  const client = createClient(registry);
  const nodePods = NodePods.following(client.view('Pod'));
  await ensureBootstrapObjects(client);
  const events = createEventRecorder({ client, clock, logger });
  const tokens = testTokenIssuer(client, clock, deps.keys);
  const authority = {
    signNodeCertificate: () => Promise.reject(new Error('nothing is signed here')),
    signClientCertificate: () => Promise.reject(new Error('nothing is signed here')),
    caCertificatePem: 'a certificate',
  };
  const podCidrs = new CidrPool({ first: 0x0af40000, prefix: 16, size: 65_536 }, 24);
  const channel = new ChannelServer({
    client,
    clock,
    logger,
    events,
    nodePods,
    tokens,
    authority,
    fence: DEFAULT_FENCE,
    streamMaps: DEFAULT_STREAM_MAPS,
    podNetwork: { clusterCidr: podCidrs.text, mode: 'auto' },
  });
  const nodeLifecycle = new NodeLifecycle({ client, clock, logger, events, liveness: channel.liveness });
  const controllers = new ControllerManager(
    createControllers({
      client,
      clock,
      events,
      tokens,
      quotas: registry.quotas,
      caCertificatePem: authority.caCertificatePem,
      signer: authority,
      podUsages: deps.podUsages,
      policyTypeCheck: () => [],
      removeFolder: deps.removeFolder,
      streamMaps: DEFAULT_STREAM_MAPS,
      podCidrs,
    }),
    { client, clock, logger },
  );
  const profiles = profilesOf('greedy', [], findPolicy);
  const scheduler = new Scheduler({ client, clock, logger, events, profiles, usages: () => channel.nodes() });
  controllers.start();
  collectGarbage(controllers, { client, events });
  nodeLifecycle.start();
  channel.start();
  scheduler.start();

  const sockets = new Set<SocketEnd>();
  const end = (): void => {
    channel.stop();
    for (const socket of sockets) socket.disconnect();
    faulty.die();
    clock.die();
  };
  return {
    client,
    registry,
    connect(nodeName, link) {
      const { server, agent } = SocketEnd.pair({ clock: deps.clock, link });
      sockets.add(server);
      server.on('disconnect', () => sockets.delete(server));
      channel.welcome(server, {
        nodeName,
        keyFingerprint: `SHA256:${nodeName}`,
        certificateEndsMs: Date.UTC(2036, 0, 1),
      });
      return agent;
    },
    cutWatches: () => faulty.cutWatches(),
    async stop() {
      await Promise.all([scheduler.stop(), controllers.stop(), nodeLifecycle.stop()]);
      channel.stop();
      for (const socket of sockets) socket.disconnect();
      await channel.idle();
      await events.flush();
      await registry.close();
      end();
    },
    crash: end,
  };
}

function warningsTo(tell: (line: string) => void): Logger {
  const warn = (fields: Readonly<Record<string, unknown>>, message: string): void => {
    const { err } = fields;
    const isExpected = err === undefined || err instanceof StatusError || err instanceof StoreError;
    if (!isExpected) tell(`${message}: ${err instanceof Error ? (err.stack ?? err.message) : String(err)}`);
  };
  const logger: Logger = { debug: () => undefined, info: () => undefined, warn, error: warn, child: () => logger };
  return logger;
}
