import type { AdmissionPlugin } from './admission';
import { defaultIngressClass } from './default-ingress-class';
import { namespaceLifecycle } from './namespace-lifecycle';
import { priority } from './priority';
import { runtimeClass } from './runtime-class';
import { defaultStorageClass, storageProtection } from './storage-protection';

/** Every admission plugin, in the order they run. */
export const ADMISSION_PLUGINS: readonly AdmissionPlugin[] = [
  namespaceLifecycle,
  priority,
  runtimeClass,
  defaultStorageClass,
  defaultIngressClass,
  storageProtection,
];
