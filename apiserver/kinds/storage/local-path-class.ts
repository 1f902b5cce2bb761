/** Who makes volumes of folders on nodes. */
export const LOCAL_PATH_PROVISIONER = 'pinsetter.io/local-path';
export const DEFAULT_CLASS = 'storageclass.kubernetes.io/is-default-class';

/** The class that every cluster begins with. */
export const LOCAL_PATH_CLASS = {
  metadata: { name: 'local-path', annotations: { [DEFAULT_CLASS]: 'true' } },
  provisioner: LOCAL_PATH_PROVISIONER,
  reclaimPolicy: 'Delete',
  volumeBindingMode: 'WaitForFirstConsumer',
} as const;
