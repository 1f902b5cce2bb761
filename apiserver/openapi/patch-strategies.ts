/**
 * How strategic merge treats the lists of Kubernetes' types (x-kubernetes-patch-strategy and -merge-key), and which
 * keys make their items unique (x-kubernetes-list-map-keys). A list that is not named here is replaced as a whole.
 */
export interface ListStrategy {
  /** Items with the same value of this field are the same item; absent: a list of plain values, merged as a set. */
  readonly mergeKey?: string;
  /** More than one where a single field does not make items unique. */
  readonly mapKeys?: readonly string[];
  /** A patch that names an item replaces which of its union's members is set. */
  readonly retainKeys?: true;
}

const by = (mergeKey: string, ...others: readonly string[]): ListStrategy => ({
  mergeKey,
  ...(others.length === 0 ? {} : { mapKeys: [mergeKey, ...others] }),
});
const conditions = by('type');

/** `Type.field` -> its strategy. */
export const LIST_STRATEGIES: Readonly<Record<string, ListStrategy>> = {
  'APIServiceStatus.conditions': conditions,
  'HorizontalPodAutoscalerStatus.conditions': conditions,
  'MutatingWebhook.matchConditions': by('name'),
  'NetworkPolicyStatus.conditions': conditions,
  'ValidatingAdmissionPolicySpec.matchConditions': by('name'),
  'ValidatingWebhook.matchConditions': by('name'),
  'CSINodeSpec.drivers': by('name'),
  'Container.env': by('name'),
  'Container.ports': by('containerPort', 'protocol'),
  'Container.volumeDevices': by('devicePath'),
  'Container.volumeMounts': by('mountPath'),
  'CronJobStatus.active': {},
  'DaemonSetStatus.conditions': conditions,
  'DeploymentStatus.conditions': conditions,
  'EphemeralContainer.env': by('name'),
  'EphemeralContainer.ports': by('containerPort', 'protocol'),
  'EphemeralContainer.volumeDevices': by('devicePath'),
  'EphemeralContainer.volumeMounts': by('mountPath'),
  'JobStatus.conditions': conditions,
  'MutatingWebhookConfiguration.webhooks': by('name'),
  'NamespaceStatus.conditions': conditions,
  'NodeSpec.podCIDRs': {},
  'NodeStatus.addresses': by('type'),
  'NodeStatus.conditions': conditions,
  'ObjectMeta.finalizers': {},
  'ObjectMeta.ownerReferences': by('uid'),
  'PersistentVolumeClaimStatus.conditions': conditions,
  'PodDisruptionBudgetStatus.conditions': conditions,
  'PodSpec.containers': by('name'),
  'PodSpec.ephemeralContainers': by('name'),
  'PodSpec.hostAliases': by('ip'),
  'PodSpec.imagePullSecrets': by('name'),
  'PodSpec.initContainers': by('name'),
  'PodSpec.resourceClaims': { mergeKey: 'name', retainKeys: true },
  'PodSpec.schedulingGates': by('name'),
  'PodSpec.topologySpreadConstraints': by('topologyKey', 'whenUnsatisfiable'),
  'PodSpec.volumes': { mergeKey: 'name', retainKeys: true },
  'PodStatus.conditions': conditions,
  'PodStatus.hostIPs': by('ip'),
  'PodStatus.podIPs': by('ip'),
  'PodStatus.resourceClaimStatuses': by('name'),
  'ReplicaSetStatus.conditions': conditions,
  'ReplicationControllerStatus.conditions': conditions,
  'ServiceAccount.secrets': by('name'),
  'ServiceSpec.ports': by('port', 'protocol'),
  'ServiceStatus.conditions': conditions,
  'StatefulSetStatus.conditions': conditions,
  'ValidatingWebhookConfiguration.webhooks': by('name'),
};

/** The strategy of a type's list; undefined: the list is atomic. */
export const listStrategyOf = (type: string, field: string): ListStrategy | undefined => {
  const name = `${type}.${field}`;
  return Object.hasOwn(LIST_STRATEGIES, name) ? LIST_STRATEGIES[name] : undefined;
};

/** Lists that server-side apply merges and strategic merge replaces (x-kubernetes-list-type alone). */
const OWNED_BY_ITEM: Readonly<Record<string, ListStrategy>> = {
  'CertificateSigningRequestStatus.conditions': conditions,
  'CustomResourceDefinitionStatus.conditions': conditions,
  'Endpoint.addresses': {},
  'ResourceRequirements.claims': by('name'),
  'UncountedTerminatedPods.failed': {},
  'UncountedTerminatedPods.succeeded': {},
  'ValidatingAdmissionPolicyStatus.conditions': conditions,
};

/** How the items of a type's list are owned; undefined: the list has one owner. */
export const listTopologyOf = (type: string, field: string): ListStrategy | undefined => {
  const name = `${type}.${field}`;
  return Object.hasOwn(OWNED_BY_ITEM, name) ? OWNED_BY_ITEM[name] : listStrategyOf(type, field);
};

/** Types and map fields that have one owner as a whole (x-kubernetes-map-type: atomic). */
const ATOMIC_MAPS: ReadonlySet<string> = new Set([
  'ConfigMapKeySelector',
  'CrossVersionObjectReference',
  'EndpointAddress',
  'EndpointPort',
  'FileKeySelector',
  'LabelSelector',
  'LocalObjectReference',
  'MatchResources',
  'NamedRuleWithOperations',
  'NodeSelector',
  'NodeSelectorTerm',
  'ObjectFieldSelector',
  'ObjectReference',
  'OwnerReference',
  'ParamKind',
  'ParamRef',
  'PodSpec.nodeSelector',
  'ReplicationControllerSpec.selector',
  'ResourceFieldSelector',
  'RoleRef',
  'Scheduling.nodeSelector',
  'ScopeSelector',
  'SecretKeySelector',
  'SecretReference',
  'ServiceSpec.selector',
  'Subject',
  'TopologySelectorTerm',
  'TypedLocalObjectReference',
]);

/** `Type` or `Type.field`. */
export const isAtomicMap = (name: string): boolean => ATOMIC_MAPS.has(name);
