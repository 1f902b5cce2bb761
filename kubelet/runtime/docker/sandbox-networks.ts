import type { ContainerInspectInfo } from 'dockerode';
import type { NetworkSpec, SandboxSpec } from '../runtime';
import { RuntimeError } from '../runtime';
import { forgetClosedSoon } from './closed-connections';
import type { EngineCalls } from './engine-calls';
import type { EngineNetwork } from './engine-network';
import { ENGINE_NETWORKS, isAsWanted, networkOptions, toEngineNetwork } from './engine-network';
import type { InterfaceChoiceOptions } from './interface-choice';
import { InterfaceChoice } from './interface-choice';
import type { Owner } from './labels';
import { LABELS, ownerFilter } from './labels';
import { hasAgentsInterface } from './observe';
import type { AddressHolder } from './pod-addresses';
import { PodAddresses, networkFull } from './pod-addresses';
import type { Placement } from './placement';
import { CannotEnterError, makeBridge, removeBridge, wire, wiringOf } from './pod-interface';

const UNSEEN = "the processes of the engine's containers are not seen from here";

export interface SandboxNetworksOptions extends InterfaceChoiceOptions {
  readonly calls: EngineCalls;
  readonly owner: Owner;
}

interface KnownNetwork {
  readonly network: EngineNetwork;
  readonly addresses: PodAddresses;
}

/**
 * The networks that sandboxes are on, the addresses they have there, and their interfaces. The agent makes the interfaces
 * itself where it can: the engine forgets connections by their ports when one of its own goes, also one that was
 * opened since by the same port to another pod. Where it cannot, the engine does, and it is said why.
 */
export class SandboxNetworks {
  private readonly known = new Map<string, Promise<KnownNetwork>>();
  private readonly choice: InterfaceChoice;

  constructor(private readonly options: SandboxNetworksOptions) {
    this.choice = new InterfaceChoice(options);
  }

  /** Why the engine makes the interfaces; undefined while the agent does. */
  get problem(): string | undefined {
    return this.choice.problem;
  }

  async ensure(spec: NetworkSpec): Promise<void> {
    const { calls, owner } = this.options;
    const present = await calls.inspectNetwork(spec.name);
    if (present !== undefined) {
      if (isAsWanted(present, spec)) return;
      await this.remove({ name: spec.name, bridge: toEngineNetwork(present)?.bridge ?? spec.bridge });
    }
    this.known.delete(spec.name);
    const isNew = (await this.choice.look()) === undefined && (await makeBridge(spec.bridge, spec.gateway));
    try {
      await calls.createNetwork(networkOptions(owner, spec));
    } catch (error) {
      if (isNew) await removeBridge(spec.bridge);
      throw error;
    }
    await this.reconnect(spec.name);
  }

  /** Gone already is success. Fails with `NetworkInUse`. */
  async remove({ name, bridge }: Pick<NetworkSpec, 'name' | 'bridge'>): Promise<void> {
    const { calls, isRoot } = this.options;
    const sandboxes = await calls.list([`${LABELS.network}=${name}`]);
    if (sandboxes.some(({ State }) => State === 'running'))
      throw new RuntimeError('NetworkInUse', `network ${name} has pods that run`);
    await calls.removeNetwork(name);
    this.known.delete(name);
    if (isRoot) await removeBridge(bridge);
  }

  /** Undefined: the sandbox is on no network of the node's own. Fails with `NetworkFull`. */
  async place({ network: name, hostNetwork, ports, sysctls }: SandboxSpec): Promise<Placement | undefined> {
    if (name === undefined || hostNetwork) return undefined;
    const known = await this.find(name);
    const address = known.addresses.take() ?? (await this.takeAnew(known));
    const isAgents = ports.length === 0 && !Object.keys(sysctls).some(namesInterface);
    return { network: name, address, by: isAgents && (await this.choice.look()) === undefined ? 'agent' : 'engine' };
  }

  /** What became of a placement: the container that was made with it, or none. */
  async settle({ network, address }: Placement, id: string | undefined): Promise<void> {
    const { addresses } = await this.find(network);
    if (id === undefined) addresses.giveBack(address);
    else addresses.hold(address, id);
  }

  /** That sandbox is gone. */
  async forget(id: string): Promise<void> {
    for (const known of this.known.values()) (await known.catch(() => undefined))?.addresses.forget(id);
  }

  /**
   * A sandbox that an earlier agent made and did not start would be given an address by the engine, maybe one that is
   * another's by now: it is removed, and another one is to be made.
   */
  async refuseUnplaced({ Id, State, HostConfig, Config }: ContainerInspectInfo): Promise<void> {
    const network = HostConfig.NetworkMode ?? 'default';
    if (State.Status !== 'created' || ENGINE_NETWORKS.has(network) || Config.Labels[LABELS.address] !== undefined)
      return;
    await this.options.calls.remove(Id);
    throw new RuntimeError('NotFound', 'the sandbox was removed: it has no address of its own');
  }

  /** Whether a sandbox that runs has the interface that it is to have. */
  async isWired(inspected: ContainerInspectInfo): Promise<boolean> {
    if (!hasAgentsInterface(inspected) || !inspected.State.Running || (await this.choice.look()) !== undefined)
      return true;
    if (!(await this.choice.seesProcessOf(inspected))) return true;
    return (await wiringOf(inspected.Id)) === 'whole';
  }

  /** Gives a sandbox that runs its interface, unless it has it or it is not the agent's to make. */
  async connect(inspected: ContainerInspectInfo): Promise<void> {
    const { Id: id, Config, State } = inspected;
    if (!State.Running || Config.Labels[LABELS.address] === undefined) return;
    if (!hasAgentsInterface(inspected)) return this.options.isRoot ? forgetClosedSoon() : undefined;
    if ((await wiringOf(id)) === 'whole') return;
    if (!(await this.choice.seesProcessOf(inspected))) return this.giveUp(inspected, UNSEEN);
    const { network } = await this.find(Config.Labels[LABELS.network] ?? '');
    try {
      await wire({ id, processId: State.Pid, address: Config.Labels[LABELS.address] ?? '' }, network);
    } catch (error) {
      if (error instanceof CannotEnterError) await this.giveUp(inspected, error.message);
      throw error;
    }
  }

  /** It has not got its interface. One that runs on shows that none ever will: the next one for its pod is the engine's. */
  private async giveUp({ Id, State }: ContainerInspectInfo, why: string): Promise<void> {
    const { calls } = this.options;
    const again = await calls.inspect(Id);
    if (again?.State.Running !== true || again.State.Pid !== State.Pid) return;
    this.choice.rule(why);
    await calls.remove(Id);
    throw new RuntimeError('NotFound', `the sandbox was removed: ${why}`);
  }

  private find(name: string): Promise<KnownNetwork> {
    const known = this.known.get(name);
    if (known !== undefined) return known;
    const fresh = this.learn(name);
    this.known.set(name, fresh);
    fresh.catch(() => this.known.delete(name));
    return fresh;
  }

  private async learn(name: string): Promise<KnownNetwork> {
    const present = await this.options.calls.inspectNetwork(name);
    const network = present && toEngineNetwork(present);
    if (network === undefined) throw new RuntimeError('Unknown', `network ${name} not found`);
    const addresses = new PodAddresses(network);
    addresses.learn(await this.holders(network));
    return { network, addresses };
  }

  /** Who has gone without a word makes room. */
  private async takeAnew({ network, addresses }: KnownNetwork): Promise<string> {
    addresses.learn(await this.holders(network));
    const address = addresses.take();
    if (address === undefined) throw networkFull(network.name);
    return address;
  }

  private async holders({ name, attached }: EngineNetwork): Promise<readonly AddressHolder[]> {
    const { calls, owner } = this.options;
    const all = await calls.list([...ownerFilter(owner), `${LABELS.type}=sandbox`]);
    const sandboxes = [...all].sort((one, other) => one.Created - other.Created);
    return [
      ...attached.map((address) => ({ id: address, address })),
      ...sandboxes.flatMap(({ Id: id, Labels, NetworkSettings }) => {
        const engines = NetworkSettings?.Networks[name]?.IPAddress ?? '';
        const address = Labels[LABELS.network] === name ? (Labels[LABELS.address] ?? engines) : engines;
        return address === '' ? [] : [{ id, address }];
      }),
    ];
  }

  /** Sandboxes that have lost their bridge get it back. */
  private async reconnect(name: string): Promise<void> {
    const { calls } = this.options;
    for (const { Id } of await calls.list([`${LABELS.network}=${name}`])) {
      const inspected = await calls.inspect(Id);
      if (inspected !== undefined && !(await this.isWired(inspected))) await this.connect(inspected);
    }
  }
}

/** Settings of an interface by its name are made while there is none yet, where the agent makes it. */
const namesInterface = (sysctl: string): boolean => /\beth0\b/.test(sysctl);
