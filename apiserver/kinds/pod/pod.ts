import { graceSecondsOf } from '../../../shared/pod/grace';
import type { Pod, PodSpec } from '../../../shared/api/objects';
import type { Kind } from '../kind';
import { ALL_VERBS, STATUS, proxyOf } from '../verbs';
import { podColumns, podRowConditions } from './columns';
import { setPodDefaults } from './defaults';
import { keepAllButEphemeral, validateEphemeralUpdate } from './ephemeral-containers';
import { nameWarnings, podWarnings } from './pod-warnings';
import { keepAllButResources, validateResize } from './resize';
import { firstStatus } from './first-status';
import { validatePodUpdate } from './validate-update';
import { validateNewPod, validatePod } from './validate-pod';

export const pod: Kind = {
  group: '',
  version: 'v1',
  kind: 'Pod',
  plural: 'pods',
  singular: 'pod',
  namespaced: true,
  shortNames: ['po'],
  categories: ['all'],
  verbs: ALL_VERBS,
  subresources: [
    STATUS,
    { name: 'attach', verbs: ['create', 'get'], kind: 'PodAttachOptions' },
    { name: 'binding', verbs: ['create'], kind: 'Binding' },
    { name: 'ephemeralcontainers', verbs: ['get', 'patch', 'update'] },
    { name: 'eviction', verbs: ['create'], kind: 'Eviction', group: 'policy', version: 'v1' },
    { name: 'exec', verbs: ['create', 'get'], kind: 'PodExecOptions' },
    { name: 'log', verbs: ['get'] },
    { name: 'portforward', verbs: ['create', 'get'], kind: 'PodPortForwardOptions' },
    proxyOf('PodProxyOptions'),
    { name: 'resize', verbs: ['get', 'patch', 'update'] },
  ],
  schema: 'io.k8s.api.core.v1.Pod',
  columns: podColumns,
  rowConditions: podRowConditions,
  fieldSelectors: [
    'spec.nodeName',
    'spec.restartPolicy',
    'spec.schedulerName',
    'spec.serviceAccountName',
    'spec.hostNetwork',
    'status.phase',
    'status.podIP',
    'status.podIPs',
    'status.nominatedNodeName',
  ],
  nameRule: 'dns1123-subdomain',
  hasStatus: true,
  hasGeneration: true,
  setDefaults(object) {
    setPodDefaults((object['spec'] ??= {}) as PodSpec);
  },
  prepareForCreate(object) {
    object['status'] = firstStatus(object['spec'] as PodSpec | undefined);
  },
  prepareForUpdate(object, old, subresource) {
    if (subresource === 'ephemeralcontainers') keepAllButEphemeral(object, old);
    if (subresource === 'resize') keepAllButResources(object, old);
  },
  validate: validatePod,
  validateCreate: validateNewPod,
  validateUpdate(object, old, subresource) {
    if (subresource === 'ephemeralcontainers') return validateEphemeralUpdate(object, old);
    return subresource === 'resize' ? validateResize(object, old) : validatePodUpdate(object, old);
  },
  warnings: (object, old) =>
    old === undefined
      ? [...nameWarnings(object, "the Pod's hostname"), ...podWarnings(object as unknown as Pod)]
      : // Hardly anybody changes pods by hand.
        [],
  gracePeriodSeconds(object, requested) {
    const { spec, status } = object as unknown as Pod;
    // Nobody has to be asked to stop a pod that no node runs, or that is over.
    const isRun = (spec.nodeName ?? '') !== '' && status?.phase !== 'Succeeded' && status?.phase !== 'Failed';
    return isRun
      ? graceSecondsOf(requested === undefined ? spec : { ...spec, terminationGracePeriodSeconds: requested })
      : 0;
  },
};
