/** The agent as a program: flags and signals are read here and nowhere else. */
import { mkdir, statfs } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { systemClock } from '../shared/clock';
import { clusterIdOf } from '../shared/cluster-id';
import { createLogger } from '../shared/logger';
import { systemRandom } from '../shared/random';
import { StatusError } from '../shared/status-error';
import type { Agent } from './agent/agent';
import { Housekeeping } from './agent/housekeeping';
import { NodeAddress } from './agent/node-address';
import { ConfigurationError, parseConfig } from './config';
import { createKubelet } from './create-kubelet';
import { PodBridge } from './network/bridged-traffic';
import { ClusterNetwork } from './network/cluster-network';
import { NodePolicies } from './network/policies/node-policies';
import { NftKernel } from './network/services/nft-kernel';
import { createDoors } from './network/doors';
import { OpenNft } from './network/open-nft';
import { hostIdOf } from './network/pod-network/host-facts';
import { podNetworkNames } from './network/pod-network/names';
import { PeerNetwork } from './network/pod-network/peer-network';
import { PodNetwork } from './network/pod-network/pod-network';
import { createIngress } from './ingress/create-ingress';
import { errands } from './errands';
import { diskOf } from './images/disk';
import { ImageCare } from './images/image-care';
import { createImageProvider } from './images/image-provider';
import { ImageRecord } from './images/image-record';
import { imagesOfPods } from './images/images-of-pods';
import { createDockerRuntime } from './runtime/docker/docker-runtime';
import { ensureJoined } from './session/join';
import { storeCertificates } from './session/node-credential';
import { createHostStats } from './stats/host-stats';
import { createPodUsage } from './stats/pod-usage';
import { createStreamServer } from './streams/stream-server';

const AGENT_VERSION = 'v1.34.0+pinsetter-0.1.0';

async function main(): Promise<void> {
  const [word = ''] = process.argv.slice(2);
  const errand = errands[word];
  const config = parseConfig(process.argv.slice(errand === undefined ? 2 : 3), {
    hostname: os.hostname(),
    isTerminal: process.stdout.isTTY,
    cwd: process.cwd(),
  });
  const clock = systemClock;
  if (errand !== undefined) {
    process.exitCode = await errand(config, { clock, out: (text) => process.stdout.write(text) });
    return;
  }
  goFirst();
  const logger = createLogger({ level: config.logLevel, pretty: config.logFormat === 'text', name: 'kubelet' });
  let started: Pick<Agent, 'stop'> | undefined;
  let isStopping = false;
  const stop = (signal: string): void => {
    // Whoever asks twice does not want to wait.
    if (isStopping) process.exit(1);
    isStopping = true;
    logger.info({ signal }, 'stopping, containers run on');
    // Before there is an agent nothing is held: a join that is cut short is taken up again with the key it kept.
    (started?.stop() ?? Promise.resolve()).then(
      () => process.exit(0),
      (error: unknown) => {
        logger.error({ err: error }, 'stopping failed');
        process.exit(1);
      },
    );
  };
  process.on('SIGTERM', stop);
  process.on('SIGINT', stop);

  const { nodeName, serverUrls, joinToken, dataDir } = config;
  await mkdir(dataDir, { recursive: true, mode: 0o700 });
  const folder = path.join(dataDir, 'credential');
  const identity = await ensureJoined({
    serverUrls,
    nodeName,
    folder,
    ...(joinToken === undefined ? {} : { joinToken }),
    clock,
    logger,
  });
  const isRoot = process.getuid?.() === 0;
  const clusterId = clusterIdOf(identity.caCertificate);
  const runtime = createDockerRuntime({
    socketPath: config.dockerSocket,
    nodeName,
    clusterId,
    isRoot,
    clock,
    logger,
    logs: config.containerLogs,
  });
  const address = await NodeAddress.of(config.nodeIp, serverUrls[0] ?? '');
  const record = new ImageRecord({ dataDir, logger });
  await record.load();
  const host = await createHostStats({
    clock,
    dataDir,
    nodeName,
    nodeIp: () => address.look(),
    maxPods: config.maxPods,
    agentVersion: AGENT_VERSION,
  });
  const disk = await statfs(dataDir);

  const names = podNetworkNames(clusterId, nodeName);
  const canReachPeers = isRoot && (await PeerNetwork.isPossible());
  if (!canReachPeers)
    logger.warn({}, 'pods of other nodes are not reached from this one: it takes root, and the programs ip and nft');
  const nft = new OpenNft({ clock });
  const openDoors = createDoors({ config, isRoot, nft, clock, random: systemRandom, logger });
  const policies =
    isRoot && (await NftKernel.isThere())
      ? await NodePolicies.start({ nodeName, dataDir, nft, clock, logger })
      : undefined;
  if (policies === undefined)
    logger.warn({}, 'NetworkPolicies do not hold on this node: it takes root, and the program nft');
  const network = new ClusterNetwork(
    {
      ...{ clock, nft, openDoors },
      ...(isRoot ? { bridge: new PodBridge(logger) } : {}),
      ...(policies === undefined ? {} : { policies }),
    },
    () => podNetwork,
  );
  const podNetwork: PodNetwork = new PodNetwork({
    ...{ names, clusterId, dataDir, runtime, clock, logger },
    nodeIp: () => address.current,
    ...(canReachPeers
      ? {
          peers: new PeerNetwork({
            ...{ names, dataDir, clock, logger },
            nodeIp: () => address.current,
            hostId: await hostIdOf(),
            onPathsChanged: () => podNetwork.wake(),
            sendFrames: (frames) => agent.sendRelayFrames(frames),
          }),
        }
      : {}),
    onOpen: (opened) => network.open(opened),
    onOpened: () => network.opened(),
    onReport: (report) => agent.reportPodNetwork(report),
  });
  const ingress = await createIngress(config, {
    runtime,
    clock,
    logger,
    ...(isRoot ? { resolver: () => network.dns()?.server } : {}),
    reportEvent: (event) => agent.reportEvent(event),
  });
  const agent = createKubelet(config, identity, {
    network,
    ingress,
    clock,
    random: systemRandom,
    logger,
    isRoot,
    agentVersion: AGENT_VERSION,
    runtime,
    runtimeName: 'docker',
    host,
    nodeIp: () => address.current,
    diskBytes: disk.blocks * disk.bsize,
    apiAddress: () => network.apiAddress,
    createImages: (source) =>
      createImageProvider({ runtime, source, clock, logger, onBrought: (image, name) => noteBrought(image.id, name) }),
    reclaimDisk: async () => void (await images.prune()),
    serveStream: (pods, request, stream) => streams(pods)(request, stream),
    keepCredential: (fresh) => storeCertificates(folder, fresh),
    onConnected: () => logger.info({ node: nodeName, server: serverUrls }, 'ready: connected to the server'),
  });

  function streams(pods: Pick<typeof agent, 'worker'>): ReturnType<typeof createStreamServer> {
    return createStreamServer({
      runtime,
      clock,
      logger,
      usage,
      images,
      network,
      find: (podUid) => pods.worker(podUid),
    });
  }
  const usage = createPodUsage({
    runtime,
    clock,
    pods: () =>
      agent.allWorkers().map(({ pod: { metadata }, containers }) => ({
        identity: { uid: metadata.uid, namespace: metadata.namespace, name: metadata.name },
        containers: containers.filter(({ state }) => state.phase === 'running'),
      })),
  });

  const images = new ImageCare({
    runtime,
    record,
    policy: config.imagePolicy,
    thresholds: config.imageThresholds,
    clock,
    logger,
    disk: async () => diskOf((await runtime.info()).rootDirectory),
    podsByImage: () => imagesOfPods(agent.allWorkers().map(({ pod }) => pod)),
    referredAmong: (names) => agent.referredImages(names),
    reportEvent: (event) => agent.reportEvent(event),
    reportImages: (message) => agent.reportImages({ images: message }),
  });
  const noteBrought = async (id: string, name: string): Promise<void> => {
    await record.notePull(id, name, clock.now());
    void images.list().catch((error: unknown) => logger.debug({ err: error }, 'images could not be listed'));
  };
  const housekeeping = new Housekeeping({
    clock,
    logger,
    tasks: [
      { name: 'containers', run: () => agent.removeStrays() },
      { name: 'images', run: () => images.collect() },
    ],
  });

  started = {
    stop: async () => void (await Promise.all([housekeeping.stop(), agent.stop(), network.stop(), ingress.stop()])),
  };
  await podNetwork.start();
  await agent.start();
  housekeeping.start();
}

/** Before what its machine does besides: else a busy machine misses its beats, and loses its pods. Root alone may. */
function goFirst(): void {
  try {
    os.setPriority(os.constants.priority.PRIORITY_ABOVE_NORMAL);
  } catch {
    // As important as everything else, then.
  }
}

main().catch((error: unknown) => {
  const isExpected = error instanceof ConfigurationError || error instanceof StatusError;
  const text = error instanceof Error ? (isExpected ? error.message : (error.stack ?? error.message)) : String(error);
  process.stderr.write(`kubelet: ${text}\n`);
  process.exit(1);
});
