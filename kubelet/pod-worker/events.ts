/** What users see of a pod's life on its node, worded as Kubernetes' kubelet words it. */
import type { EventReport } from '../../shared/wire/node-channel';
import type { StopReason } from '../plan/step';
import type { ProbeKind } from '../probes/container-probes';
import type { Refusal } from './refusal';

export type PodEvent = Pick<EventReport, 'type' | 'reason' | 'message'>;

const normal = (reason: string, message: string): PodEvent => ({ type: 'Normal', reason, message });
const warning = (reason: string, message: string): PodEvent => ({ type: 'Warning', reason, message });

export const created = (container: string): PodEvent => normal('Created', `Created container: ${container}`);
export const started = (container: string): PodEvent => normal('Started', `Started container ${container}`);
/** Any failure to pull, create or start: the reason stands in the container's status. */
export const failed = (message: string): PodEvent => warning('Failed', `Error: ${message}`);
export const backOff = (container: string, pod: { name: string; namespace: string; uid: string }): PodEvent =>
  warning(
    'BackOff',
    `Back-off restarting failed container ${container} in pod ${pod.name}_${pod.namespace}(${pod.uid})`,
  );
export const unhealthy = (kind: ProbeKind, message: string): PodEvent =>
  warning('Unhealthy', `${kind} probe failed: ${message}`);
export const failedMount = (message: string): PodEvent => warning('FailedMount', message);
export const failedPostStart = (): PodEvent => warning('FailedPostStartHook', 'PostStartHook failed');
export const failedPreStop = (): PodEvent => warning('FailedPreStopHook', 'PreStopHook failed');
export const sandboxChanged = (): PodEvent =>
  normal('SandboxChanged', 'Pod sandbox changed, it will be killed and re-created.');
export const failedCreatePodSandBox = (message: string): PodEvent =>
  warning('FailedCreatePodSandBox', `Failed to create pod sandbox: ${message}`);
export const networkNotReady = (message: string): PodEvent =>
  warning('NetworkNotReady', `network is not ready: ${message}`);
export const deadlineExceeded = (): PodEvent =>
  normal('DeadlineExceeded', 'Pod was active on the node longer than the specified deadline');

export const fenced = (): PodEvent =>
  warning(
    'NodeFenced',
    'The server was away for too long: this pod must not run twice, another may run elsewhere by now',
  );

export const evicted = (message: string): PodEvent => warning('Evicted', message);
export const refused = ({ reason, message }: Refusal): PodEvent => warning(reason, message);

/** Undefined where Kubernetes says nothing. */
export function killing(container: string, reason: StopReason): PodEvent | undefined {
  switch (reason) {
    case 'podTerminating':
    case 'podFinished':
    case 'sandboxChanged':
      return normal('Killing', `Stopping container ${container}`);
    case 'definitionChanged':
      return normal('Killing', `Container ${container} definition changed, will be restarted`);
    case 'livenessFailed':
      return normal('Killing', `Container ${container} failed liveness probe, will be restarted`);
    case 'startupFailed':
      return normal('Killing', `Container ${container} failed startup probe, will be restarted`);
    case 'postStartFailed':
      return normal('Killing', 'FailedPostStartHook');
    case 'resized':
      return normal('Killing', `Container ${container} resize requires restart`);
    case 'superseded':
      return undefined;
  }
}
