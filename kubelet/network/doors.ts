import type { Clock } from '../../shared/clock';
import type { Logger } from '../../shared/logger';
import type { Random } from '../../shared/random';
import { ApiRelay } from '../api-relay/api-relay';
import type { KubeletConfig } from '../config';
import type { ClusterNetworkOptions } from './cluster-network';
import { NodeNetwork } from './node-network';
import type { Nft } from './open-nft';

export interface DoorsOptions {
  readonly config: Pick<KubeletConfig, 'dataDir' | 'serverUrls' | 'nodeName' | 'clusterDomain'>;
  readonly isRoot: boolean;
  readonly nft: Nft;
  readonly clock: Clock;
  readonly random: Random;
  readonly logger: Logger;
}

/** The way to the API, names and Services, at the node's first address. */
export const createDoors =
  ({ config, isRoot, nft, clock, random, logger }: DoorsOptions): ClusterNetworkOptions['openDoors'] =>
  async ({ gateway, bridge }, state) => {
    const { dataDir, serverUrls, nodeName, clusterDomain } = config;
    const relay = new ApiRelay({
      ...{ dataDir, serverUrls, clock, logger },
      hostAddress: () => Promise.resolve(gateway),
    });
    await relay.start();
    const apiOpened = relay.opened.then(() => ({ address: relay.address?.ip ?? '', port: relay.address?.port ?? 0 }));
    const services = isRoot
      ? await NodeNetwork.start({
          ...{ nodeName, clusterDomain, apiOpened, state, nft, clock, random, logger },
          hostAddress: gateway,
          podInterface: bridge,
        })
      : undefined;
    return {
      apiAddress: () => relay.address,
      ...(services === undefined ? {} : { services }),
      close: async () => void (await Promise.all([relay.stop(), services?.stop()])),
    };
  };
