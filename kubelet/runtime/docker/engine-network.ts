import type { NetworkCreateOptions, NetworkInspectInfo } from 'dockerode';
import type { NetworkSpec } from '../runtime';
import type { EngineCalls } from './engine-calls';
import type { Owner } from './labels';
import { networkLabels } from './labels';

const BRIDGE_OPTION = 'com.docker.network.bridge.name';

/** Keeps the network that is there, where it is as it should be; else makes it. */
export async function ensureNetwork(calls: EngineCalls, owner: Owner, spec: NetworkSpec): Promise<void> {
  const present = await calls.inspectNetwork(spec.name);
  if (present !== undefined) {
    if (isAsWanted(present, spec)) return;
    await calls.removeNetwork(spec.name);
  }
  await calls.createNetwork(optionsOf(owner, spec));
}

/** A network keeps the MTU that it was made with: it is no reason to part pods from it. */
const isAsWanted = ({ IPAM, Options }: NetworkInspectInfo, { subnet, gateway, bridge }: NetworkSpec): boolean => {
  const [config] = IPAM?.Config ?? [];
  return config?.['Subnet'] === subnet && config['Gateway'] === gateway && Options?.[BRIDGE_OPTION] === bridge;
};

function optionsOf(owner: Owner, { name, bridge, subnet, gateway, reserved, mtu }: NetworkSpec): NetworkCreateOptions {
  const auxiliary = Object.fromEntries(reserved.map((address, index) => [`reserved-${index}`, address]));
  return {
    Name: name,
    CheckDuplicate: true,
    Driver: 'bridge',
    IPAM: {
      Driver: 'default',
      Config: [{ Subnet: subnet, Gateway: gateway, AuxiliaryAddresses: auxiliary }],
    },
    Options: {
      [BRIDGE_OPTION]: bridge,
      // Pods keep their addresses; what leaves the cluster is the agent's to see to.
      'com.docker.network.bridge.enable_ip_masquerade': 'false',
      'com.docker.network.bridge.enable_icc': 'true',
      'com.docker.network.driver.mtu': String(mtu),
    },
    Labels: networkLabels(owner),
  };
}
