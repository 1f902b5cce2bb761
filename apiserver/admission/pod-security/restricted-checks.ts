import type { Container, Volume } from '../../../shared/api/objects';
import { HOST_PATH_VOLUMES } from './baseline-checks';
import type { Check } from './check';
import { containersOf, namedContainers, plural, quoted, setters, sorted } from './check';
import { seccompRestricted } from './seccomp';
import { isWindows } from './windows';

const VOLUMES = [
  'configMap',
  'csi',
  'downwardAPI',
  'emptyDir',
  'ephemeral',
  'persistentVolumeClaim',
  'projected',
  'secret',
];
/** Types that are named in a refusal; what is in neither list is called unknown. */
const RESTRICTED_VOLUMES = [
  'hostPath',
  'gcePersistentDisk',
  'awsElasticBlockStore',
  'gitRepo',
  'nfs',
  'iscsi',
  'glusterfs',
  'rbd',
  'flexVolume',
  'cinder',
  'cephfs',
  'flocker',
  'fc',
  'azureFile',
  'vsphereVolume',
  'quobyte',
  'azureDisk',
  'photonPersistentDisk',
  'portworxVolume',
  'scaleIO',
  'storageos',
];

const allowPrivilegeEscalation: Check = {
  id: 'allowPrivilegeEscalation',
  since: 8,
  check(spec, { minor }) {
    if (isWindows(spec, minor)) return undefined;
    const containers = containersOf(spec).filter(
      ({ securityContext }) => securityContext?.allowPrivilegeEscalation !== false,
    );
    if (containers.length === 0) return undefined;
    return {
      reason: 'allowPrivilegeEscalation != false',
      detail: `${namedContainers(containers)} must set securityContext.allowPrivilegeEscalation=false`,
    };
  },
};

const capabilities: Check = {
  id: 'capabilities_restricted',
  since: 22,
  replaces: 'capabilities_baseline',
  check(spec, { minor }) {
    if (isWindows(spec, minor)) return undefined;
    const added = ({ securityContext }: Container): string[] =>
      (securityContext?.capabilities?.add ?? []).filter((name) => name !== 'NET_BIND_SERVICE');
    const keeping = containersOf(spec).filter(
      ({ securityContext }) => securityContext?.capabilities?.drop?.includes('ALL') !== true,
    );
    const adding = containersOf(spec).filter((container) => added(container).length > 0);
    if (keeping.length === 0 && adding.length === 0) return undefined;
    const details = [
      ...(keeping.length === 0
        ? []
        : [`${namedContainers(keeping)} must set securityContext.capabilities.drop=["ALL"]`]),
      ...(adding.length === 0
        ? []
        : [
            `${namedContainers(adding)} must not include ${quoted(sorted(adding.flatMap(added)))} in securityContext.capabilities.add`,
          ]),
    ];
    return { reason: 'unrestricted capabilities', detail: details.join('; ') };
  },
};

const restrictedVolumes: Check = {
  id: 'restrictedVolumes',
  since: 0,
  replaces: HOST_PATH_VOLUMES,
  check({ volumes = [] }) {
    const has = (volume: Volume, type: string): boolean => Object.hasOwn(volume, type);
    const bad = volumes.filter((volume) => !VOLUMES.some((type) => has(volume, type)));
    if (bad.length === 0) return undefined;
    const types = sorted(bad.map((volume) => RESTRICTED_VOLUMES.find((type) => has(volume, type)) ?? 'unknown'));
    return {
      reason: 'restricted volume types',
      detail: `${plural('volume', 'volumes', bad)} ${quoted(bad.map(({ name }) => name))} ${plural('uses', 'use', bad)} ${plural('restricted volume type', 'restricted volume types', types)} ${quoted(types)}`,
    };
  },
};

const runAsNonRoot: Check = {
  id: 'runAsNonRoot',
  since: 0,
  check(spec) {
    const reason = 'runAsNonRoot != true';
    const setting = ({ securityContext }: Container): boolean | undefined => securityContext?.runAsNonRoot;
    const ofPod = spec.securityContext?.runAsNonRoot;
    const bad = containersOf(spec).filter((container) => setting(container) === false);
    if (ofPod === false || bad.length > 0) {
      return { reason, detail: `${setters(ofPod === false, bad)} must not set securityContext.runAsNonRoot=false` };
    }
    const without = ofPod === true ? [] : containersOf(spec).filter((container) => setting(container) === undefined);
    if (without.length === 0) return undefined;
    return { reason, detail: `pod or ${namedContainers(without)} must set securityContext.runAsNonRoot=true` };
  },
};

const runAsUser: Check = {
  id: 'runAsUser',
  since: 23,
  check(spec) {
    const podSets = spec.securityContext?.runAsUser === 0;
    const containers = containersOf(spec).filter(({ securityContext }) => securityContext?.runAsUser === 0);
    if (!podSets && containers.length === 0) return undefined;
    return { reason: 'runAsUser=0', detail: `${setters(podSets, containers)} must not set runAsUser=0` };
  },
};

/** What the restricted standard asks beside the baseline, in the order in which Kubernetes names what they find. */
export const RESTRICTED_CHECKS: readonly Check[] = [
  allowPrivilegeEscalation,
  capabilities,
  restrictedVolumes,
  runAsNonRoot,
  runAsUser,
  seccompRestricted,
];
