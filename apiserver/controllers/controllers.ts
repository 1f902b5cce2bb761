import type { KindName } from '../../shared/api/objects';
import type { Clock } from '../../shared/clock';
import type { TokenIssuer } from '../auth/service-account/token-issuer';
import type { QuotaLedger } from '../admission/quota/ledger';
import type { EventRecorder } from '../events/event-recorder';
import type { PodUsages } from '../metrics-api/metrics-api';
import type { StreamMaps } from '../ingress/stream-ports';
import type { Client } from '../registry/client';
import type { PolicyTypeCheck } from '../admission/policies/type-check';
import { AccountTokenSecretController } from './account-token-secret';
import { AdmissionPolicyStatusController } from './admission-policy-status';
import type { CertificateSigner } from './certificates/certificate-signing';
import { CertificateSigningController } from './certificates/certificate-signing';
import { ClusterRoleAggregationController } from './cluster-role-aggregation';
import { AutomaticRollbackController } from './rollouts/automatic-rollback';
import { ConfigRolloutController } from './rollouts/config-rollout';
import { ClaimBinder } from './persistent-volume/claim-binder';
import { EphemeralClaimsController } from './persistent-volume/ephemeral-claims';
import { ClaimProtectionController, VolumeProtectionController } from './persistent-volume/storage-protection';
import type { RemoveFolder } from './persistent-volume/volume-reclaimer';
import { VolumeReclaimer } from './persistent-volume/volume-reclaimer';
import type { Controller } from './controller';
import type { ControllerManager } from './controller-manager';
import { CronJobController } from './cron-job/cron-job';
import { CustomResourceDefinitionController } from './custom-resource-definition';
import { DaemonSetController } from './daemon-set/daemon-set';
import { DeploymentController } from './deployment/deployment';
import { DisruptionController } from './disruption/disruption';
import { StaleDisruptionController } from './disruption/stale-disruption';
import { EndpointSliceController } from './endpoint-slice/endpoint-slice';
import { EndpointsController } from './endpoint-slice/endpoints';
import { EndpointSliceMirroringController } from './endpoint-slice/mirroring';
import { ExpiredJoinTokensController } from './expired-join-tokens';
import { GarbageCollector } from './garbage-collector';
import { HorizontalPodAutoscalerController } from './horizontal-pod-autoscaler/horizontal-pod-autoscaler';
import { FinishedJobsController } from './job/finished-jobs';
import { IngressController } from './ingress/ingress';
import { StreamPortsController } from './ingress/stream-ports';
import { JobController } from './job/job';
import { LoadBalancerController } from './load-balancer';
import { NamespaceController } from './namespace';
import { TaintEvictionController } from './node-lifecycle/taint-eviction';
import type { CidrPool } from './node-ipam/cidr-pool';
import { NodeIpamController } from './node-ipam/node-ipam';
import { PodGarbageController } from './pod-garbage';
import { ReplicaSetController } from './replica-set/replica-set';
import { RootCaPublisher } from './root-ca-publisher';
import { ServiceAccountController } from './service-account';
import { ServiceAddressController } from './service-address';
import { ResourceQuotaController } from './resource-quota/resource-quota';
import { StatefulSetController } from './stateful-set/stateful-set';
import { WaitingOwners } from './waiting-owners';

export interface ControllerDeps {
  readonly client: Client;
  readonly clock: Clock;
  readonly events: EventRecorder;
  readonly podUsages: PodUsages;
  readonly quotas: QuotaLedger;
  readonly tokens: TokenIssuer;
  /** Of the authority that signed the server's certificate. */
  readonly caCertificatePem: string;
  readonly signer: CertificateSigner;
  /** Which ConfigMaps give plain ports to Services. */
  readonly streamMaps: StreamMaps;
  readonly policyTypeCheck: PolicyTypeCheck;
  /** Of volumes that were made for claims. */
  readonly removeFolder: RemoveFolder;
  /** Where nodes get the addresses of their pods from. */
  readonly podCidrs: CidrPool;
}

/** In this order, before all else, a namespace is emptied. */
const FIRST_EMPTIED: readonly KindName[] = [
  'Deployment',
  'StatefulSet',
  'DaemonSet',
  'ReplicaSet',
  'ReplicationController',
  'CronJob',
  'Job',
  'Pod',
];

/** Every controller there is, but for garbage collection and the node lifecycle, which is also woken by the node channel. */
export const createControllers = (deps: ControllerDeps): readonly Controller[] => [
  new NamespaceController(deps.client, deps.clock, FIRST_EMPTIED),
  new ServiceAccountController(deps.client),
  new ClusterRoleAggregationController(deps.client),
  new AccountTokenSecretController(deps),
  new CertificateSigningController(deps),
  new AdmissionPolicyStatusController(deps.client, deps.policyTypeCheck),
  new ExpiredJoinTokensController(deps),
  new RootCaPublisher(deps.client, deps.caCertificatePem),
  new PodGarbageController(deps.client, deps.clock),
  new ResourceQuotaController(deps.client, deps.clock, deps.quotas),
  new NodeIpamController(deps),
  new TaintEvictionController(deps),
  new CustomResourceDefinitionController(deps.client, deps.clock),
  new DeploymentController(deps),
  new ReplicaSetController(deps, 'ReplicaSet'),
  new ReplicaSetController(deps, 'ReplicationController'),
  new DaemonSetController(deps),
  new StatefulSetController(deps),
  new JobController(deps),
  new FinishedJobsController(deps),
  new CronJobController(deps),
  new EphemeralClaimsController(deps),
  new ClaimBinder(deps),
  new ClaimProtectionController(deps.client),
  new VolumeReclaimer(deps),
  new VolumeProtectionController(deps.client),
  new ConfigRolloutController(deps, 'Deployment'),
  new ConfigRolloutController(deps, 'StatefulSet'),
  new ConfigRolloutController(deps, 'DaemonSet'),
  new AutomaticRollbackController(deps),
  new EndpointSliceController(deps),
  new EndpointsController(deps),
  new EndpointSliceMirroringController(deps),
  new LoadBalancerController(deps.client),
  new ServiceAddressController(deps.client),
  new IngressController(deps),
  new StreamPortsController(deps),
  new DisruptionController(deps),
  new StaleDisruptionController(deps),
  new HorizontalPodAutoscalerController(deps),
];

/** One collector for each kind whose objects own others or are owned, also for those to come. Events end by themselves. */
export function collectGarbage(
  manager: ControllerManager,
  deps: { readonly client: Client; readonly events: EventRecorder },
): void {
  const { client } = deps;
  const collected = new Set<KindName>(['Event']);
  const waiting = new WaitingOwners(client);
  const follow = (): void => {
    for (const kind of client.kinds.names()) {
      if (collected.has(kind)) continue;
      collected.add(kind);
      manager.add(new GarbageCollector(deps, kind, waiting));
    }
  };
  client.kinds.onChange(follow);
  follow();
}
