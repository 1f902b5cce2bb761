import type { Clock } from '../../shared/clock';
import type { Logger } from '../../shared/logger';
import type { Random } from '../../shared/random';
import type { AdmissionPlugin } from '../admission/admission';
import type { Level } from '../admission/pod-security/levels';
import { createPodSecurity } from '../admission/pod-security/pod-security';
import { createResourceQuota } from '../admission/resource-quota';
import { QuotaLedger } from '../admission/quota/ledger';
import type { IpRange } from '../admission/ip-range';
import { DEFAULT_SERVICE_IP_RANGE } from '../admission/ip-range';
import type { TolerationSeconds } from '../admission/default-toleration-seconds';
import { claimResize } from '../admission/claim-resize';
import { createDefaultTolerationSeconds, DEFAULT_TOLERATION_SECONDS } from '../admission/default-toleration-seconds';
import { limitRanger } from '../admission/limit-ranger';
import type { OutsideAdmission } from '../admission/outside-admission';
import { nobodyOutside } from '../admission/outside-admission';
import { ADMISSION_PLUGINS } from '../admission/plugins';
import { createServiceAccount } from '../admission/service-account';
import { createServiceAddresses } from '../admission/service-addresses';
import type { KindList } from '../kinds/kind-list';
import { createDecoder } from '../openapi/decode';
import type { Schemas } from '../openapi/schemas';
import { loadSchemas } from '../openapi/schemas';
import type { Store } from '../store/store';
import { GenericRegistry } from './generic-registry';
import { ObjectCache } from './object-cache';
import { ObjectWriter } from './object-writer';
import { TtlLeases } from './ttl-leases';

export interface RegistryOptions {
  readonly store: Store;
  readonly kinds: KindList;
  readonly clock: Clock;
  readonly random: Random;
  readonly logger: Logger;
  /** Absent: read from disk. */
  readonly schemas?: Schemas;
  /** Where services get their cluster IPs from; absent: 10.96.0.0/16, as kubeadm has it. */
  readonly serviceIpRange?: IpRange;
  /** What namespaces enforce whose labels do not say; absent: baseline. */
  readonly podSecurityDefault?: Level;
  /** Absent: half a minute until pods of a lost node are replaced. */
  readonly tolerationSeconds?: TolerationSeconds;
  /** Absent: all that there are. */
  readonly plugins?: readonly AdmissionPlugin[];
  /** Who has a say outside; absent: nobody. */
  readonly outside?: OutsideAdmission;
  /** Run after those. */
  readonly morePlugins?: readonly AdmissionPlugin[];
}

/** Resolves when the registry has read the store and serves. Close it before the store. */
export async function createRegistry(options: RegistryOptions): Promise<GenericRegistry> {
  const { store, kinds, clock, random, logger } = options;
  const schemas = options.schemas ?? loadSchemas();
  const cache = await ObjectCache.start(store, clock, logger);
  const quotas = new QuotaLedger(cache, kinds, clock);
  return new GenericRegistry({
    store,
    cache,
    writer: new ObjectWriter(store, cache, new TtlLeases(store, clock)),
    kinds,
    schemas,
    decoder: createDecoder(schemas),
    quotas,
    plugins: [
      ...(options.plugins ?? [
        ...ADMISSION_PLUGINS,
        createDefaultTolerationSeconds(options.tolerationSeconds ?? DEFAULT_TOLERATION_SECONDS),
        limitRanger,
        createServiceAccount(random),
        claimResize,
        createServiceAddresses(options.serviceIpRange ?? DEFAULT_SERVICE_IP_RANGE, random),
        createPodSecurity(options.podSecurityDefault ?? 'baseline'),
        createResourceQuota(quotas, clock),
      ]),
      ...(options.morePlugins ?? []),
    ],
    outside: options.outside ?? nobodyOutside,
    clock,
    random,
    logger,
  });
}
