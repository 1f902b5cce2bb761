/**
 * Go's encoder writes each field that is a plain value, also where it was never set: as 0, false or empty text. In JSON
 * the same program leaves such a field out, if its tag says `omitempty`. Fields that are pointers are written only where
 * they were set, so that their 0 is somebody's word (`replicas: 0`, `automountServiceAccountToken: false`). Which field is
 * which stands in the Go types of k8s.io/api and nowhere on the wire.
 */

/** Numbers and flags that are plain values with `omitempty`, wherever they stand. */
const PLAIN = new Set([
  ...['chapAuthDiscovery', 'chapAuthSession', 'readOnly', 'sslEnabled'],
  ...['hostIPC', 'hostNetwork', 'hostPID', 'hostPort', 'stdin', 'stdinOnce', 'tty'],
  ...['failureThreshold', 'initialDelaySeconds', 'successThreshold'],
  ...['authenticated', 'denied', 'globalDefault', 'generation', 'paused', 'unschedulable'],
  ...['healthCheckNodePort', 'nodePort', 'publishNotReadyAddresses'],
  ...['deprecatedCount', 'minReadySeconds', 'observedGeneration', 'signal', 'sizeBytes'],
  ...['availableReplicas', 'fullyLabeledReplicas', 'readyReplicas', 'unavailableReplicas', 'updatedReplicas'],
  ...['numberAvailable', 'numberUnavailable', 'updatedNumberScheduled'],
]);

/** The same for names that are pointers, or required, in other messages. */
const PLAIN_IN: Readonly<Record<string, readonly string[]>> = {
  'apps.v1.DeploymentStatus': ['replicas'],
  'apps.v1.StatefulSetStatus': ['currentReplicas'],
  'autoscaling.v2.HorizontalPodAutoscalerStatus': ['currentReplicas'],
  'batch.v1.JobStatus': ['active', 'failed', 'succeeded'],
  'core.v1.AWSElasticBlockStoreVolumeSource': ['partition'],
  'core.v1.Event': ['count'],
  'core.v1.EventSeries': ['count'],
  'core.v1.GCEPersistentDiskVolumeSource': ['partition'],
  'core.v1.Probe': ['periodSeconds', 'timeoutSeconds'],
  'networking.v1.ServiceBackendPort': ['number'],
};

/** Pointers, though others of that name are plain. */
const POINTER_IN: Readonly<Record<string, readonly string[]>> = {
  'autoscaling.v1.HorizontalPodAutoscalerStatus': ['observedGeneration'],
  'autoscaling.v2.HorizontalPodAutoscalerStatus': ['observedGeneration'],
  'core.v1.AzureDiskVolumeSource': ['readOnly'],
};

/** Texts that are pointers and mean something while empty. All others are left out. */
const EMPTY_TEXT_IN: Readonly<Record<string, readonly string[]>> = {
  'core.v1.PersistentVolumeClaimSpec': ['storageClassName', 'volumeAttributesClassName'],
  'discovery.v1.EndpointPort': ['name'],
};

/** Whether a field that came with this value is one that was never set. `message`: its full name in protobuf. */
export function isUnset(message: string, field: string, value: unknown): boolean {
  const name = message.replace(/^k8s\.io\.api\./, '');
  if (value === null) return true;
  if (value === '') return EMPTY_TEXT_IN[name]?.includes(field) !== true;
  if (value !== 0 && value !== false) return false;
  if (POINTER_IN[name]?.includes(field) === true) return false;
  return PLAIN.has(field) || PLAIN_IN[name]?.includes(field) === true;
}
