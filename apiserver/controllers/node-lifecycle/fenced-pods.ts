import type { Node, Pod } from '../../../shared/api/objects';
import { ignoreConflict, ignoreNotFound } from '../../../shared/status-error';
import { isFenced, replaceableAfterMs } from '../../../shared/wire/fence';
import type { EventRecorder } from '../../events/event-recorder';
import { fenceTermsOf } from '../../node-channel/fencing';
import type { Client } from '../../registry/client';
import { keyOf } from '../../registry/client';

/** Pods of a lost node that wait for its word that they have stopped, and that it stops by itself. */
const waitingPods = (client: Client, node: Node): readonly Pod[] =>
  client.view('Pod').list({
    where: (pod) =>
      pod.spec.nodeName === node.metadata.name && pod.metadata.deletionTimestamp !== undefined && isFenced(pod),
  });

/**
 * Lets pods with an identity go whose node has been silent for so long that it has stopped them itself. Returns how long
 * that still takes where it is to be waited for; undefined: nothing waits, or the node does not fence.
 */
export async function releaseFencedPods(
  node: Node,
  silentMs: number,
  { client, events }: { readonly client: Client; readonly events: EventRecorder },
): Promise<number | undefined> {
  const terms = fenceTermsOf(node);
  const pods = waitingPods(client, node);
  if (terms === undefined || pods.length === 0) return undefined;
  const waitMs = replaceableAfterMs(terms) - silentMs;
  if (waitMs > 0) return waitMs;
  for (const pod of pods) {
    const message = `Node ${node.metadata.name} was silent for ${Math.round(silentMs / 1_000)} s and has stopped this pod after ${terms.afterMs / 1_000} s`;
    events.record(pod, { type: 'Normal', reason: 'NodeFenced', message }, { component: 'node-controller' });
    await client
      .delete('Pod', keyOf(pod), { gracePeriodSeconds: 0, preconditions: { uid: pod.metadata.uid } })
      .catch(ignoreNotFound)
      .catch(ignoreConflict);
  }
  return undefined;
}
