import type { Pod } from '../../shared/api/objects';
import type { ContainerId, Runtime } from '../runtime/runtime';
import type { Signal } from './thresholds';

/** Pod uid -> container name -> what it uses. */
export type Consumption = ReadonlyMap<string, ReadonlyMap<string, number>>;

/** Measures what the containers of pods use of what the node is short of; inodes and processes are not told apart. */
export function createConsumption(
  runtime: Pick<Runtime, 'stats' | 'writtenBytes'>,
  containersOf: (uid: string) => readonly { readonly id: ContainerId; readonly name: string }[],
): (pods: readonly Pod[], signal: Signal) => Promise<Consumption> {
  const amounts = async (ids: readonly ContainerId[], signal: Signal): Promise<ReadonlyMap<ContainerId, number>> => {
    switch (signal) {
      case 'memory.available':
        return new Map((await runtime.stats(ids)).map(({ id, memoryBytes }) => [id, memoryBytes]));
      case 'nodefs.available':
        return runtime.writtenBytes(ids);
      case 'nodefs.inodesFree':
      case 'pid.available':
        return new Map();
    }
  };
  return async (pods, signal) => {
    const containers = pods.flatMap(({ metadata: { uid } }) => containersOf(uid).map((each) => ({ ...each, uid })));
    const used = await amounts(
      containers.map(({ id }) => id),
      signal,
    );
    const consumption = new Map<string, Map<string, number>>();
    for (const { uid, id, name } of containers) {
      const ofPod = consumption.get(uid) ?? new Map<string, number>();
      const amount = used.get(id);
      if (amount !== undefined) consumption.set(uid, ofPod.set(name, amount));
    }
    return consumption;
  };
}
