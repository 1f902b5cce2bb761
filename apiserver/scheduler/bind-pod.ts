import type { Pod } from '../../shared/api/objects';
import type { Logger } from '../../shared/logger';
import type { ChosenDevices } from '../../shared/pod/devices';
import { DEVICES_ANNOTATION, formatDevices } from '../../shared/pod/devices';
import type { EventRecorder } from '../events/event-recorder';
import type { Client } from '../registry/client';
import { keyOf } from '../registry/client';
import { schedulerNameOf } from './profiles';

export interface BindOptions {
  readonly client: Client;
  readonly logger: Logger;
  readonly events: EventRecorder;
}

/** Where a pod goes, with the devices of that node that it was given. */
export interface Destination {
  readonly nodeName: string;
  readonly devices?: ChosenDevices | undefined;
}

/** Binds a pod by compare-and-swap, and says so. Throws Conflict and NotFound where it is not the pod that was meant any more. */
export async function bindPod(
  pod: Pod,
  { nodeName, devices }: Destination,
  { client, logger, events }: BindOptions,
): Promise<void> {
  await client.bind(keyOf(pod), {
    nodeName,
    uid: pod.metadata.uid,
    ...(devices === undefined ? {} : { annotations: { [DEVICES_ANNOTATION]: formatDevices(devices) } }),
  });
  const { namespace, name } = pod.metadata;
  logger.info({ pod: `${namespace}/${name}`, node: nodeName }, 'pod bound');
  events.record(
    pod,
    {
      type: 'Normal',
      reason: 'Scheduled',
      message: `Successfully assigned ${namespace}/${name} to ${nodeName}`,
    },
    { component: schedulerNameOf(pod) },
  );
}
