import type { NodeCondition } from 'kubernetes-types/core/v1';
import type { Node } from '../../../shared/api/objects';
import type { EventRecorder } from '../../events/event-recorder';
import { isReady } from './node-conditions';

const SOURCE = { component: 'node-controller' };
const UNSCHEDULABLE = 'node.kubernetes.io/unschedulable';

/** What an Event calls it that a condition holds, and that it does not. */
const REASONS: Readonly<Record<string, readonly [string, string]>> = {
  MemoryPressure: ['NodeHasInsufficientMemory', 'NodeHasSufficientMemory'],
  DiskPressure: ['NodeHasDiskPressure', 'NodeHasNoDiskPressure'],
  PIDPressure: ['NodeHasInsufficientPID', 'NodeHasSufficientPID'],
};

type Conditions = readonly NodeCondition[] | undefined;

/** Tells of what becomes of nodes, with the reasons of kubelet and kube-controller-manager. */
export class NodeEvents {
  /** By name, the boot that a node was last seen in. */
  private readonly known = new Map<string, string>();

  constructor(private readonly events: EventRecorder) {}

  /** A node that is there: told of once, and whenever its machine has started anew. */
  seen({ metadata: { name }, status }: Node): void {
    const before = this.known.get(name);
    const bootId = status?.nodeInfo?.bootID ?? '';
    this.known.set(name, bootId === '' ? (before ?? '') : bootId);
    if (before === undefined) {
      this.tell(name, 'RegisteredNode', `Node ${name} event: Registered Node ${name} in Controller`);
    } else if (before !== '' && bootId !== '' && bootId !== before) {
      this.tell(name, 'Rebooted', `Node ${name} has been rebooted, boot id: ${bootId}`, 'Warning');
    }
  }

  /** A node that is no more. */
  gone(name: string): void {
    if (this.known.delete(name)) {
      this.tell(name, 'RemovingNode', `Node ${name} event: Removing Node ${name} from Controller`);
    }
  }

  /** What has changed with its conditions; that nobody knows is told of by its readiness alone. */
  conditions(name: string, before: Conditions, after: Conditions): void {
    for (const [type, [holds, holdsNot]] of Object.entries(REASONS)) {
      const [was, is] = [before, after].map((each) => each?.find((condition) => condition.type === type)?.status);
      if (is === was || (is !== 'True' && is !== 'False')) continue;
      this.status(name, is === 'True' ? holds : holdsNot);
    }
    if (isReady(before) !== isReady(after)) this.status(name, isReady(after) ? 'NodeReady' : 'NodeNotReady');
  }

  /** Whether it has come to take pods, or to take none. */
  scheduling(before: Node, after: Node): void {
    const [was, is] = [before, after].map(({ spec }) => (spec?.taints ?? []).some(({ key }) => key === UNSCHEDULABLE));
    if (was !== is) this.status(after.metadata.name, is === true ? 'NodeNotSchedulable' : 'NodeSchedulable');
  }

  private status(name: string, reason: string): void {
    this.tell(name, reason, `Node ${name} status is now: ${reason}`);
  }

  private tell(name: string, reason: string, message: string, type: 'Normal' | 'Warning' = 'Normal'): void {
    // Kubernetes names a node's events by its name, not its uid, and clients look for that.
    const node = { kind: 'Node', apiVersion: 'v1', metadata: { name, uid: name } };
    this.events.record(node, { type, reason, message }, SOURCE);
  }
}
