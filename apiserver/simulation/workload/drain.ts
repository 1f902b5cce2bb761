import { SYSTEM_USER } from '../../auth/user';
import { keyOf } from '../../registry/client';
import type { World } from '../world/world';

/**
 * Cordons and evicts, one round of what `kubectl drain` does until nothing is left that a budget lets go. Each eviction is
 * an `attempt` of its own.
 */
export async function drain(
  { server }: World,
  nodeName: string,
  attempt: (deed: () => Promise<void>) => Promise<void>,
): Promise<void> {
  if (server === undefined) return;
  await server.client.modify('Node', { name: nodeName }, (node) =>
    node.spec?.unschedulable === true ? undefined : { ...node, spec: { ...node.spec, unschedulable: true } },
  );
  for (const pod of server.client.view('Pod').list({ where: ({ spec }) => spec.nodeName === nodeName })) {
    const { namespace, name, ownerReferences, deletionTimestamp } = pod.metadata;
    const isDaemon = ownerReferences?.some(({ kind }) => kind === 'DaemonSet') === true;
    if (isDaemon || deletionTimestamp !== undefined) continue;
    const options = { user: SYSTEM_USER, fieldManager: 'drain', dryRun: false };
    await attempt(() => server.registry.evict(keyOf(pod), { metadata: { namespace, name } }, options));
  }
}
