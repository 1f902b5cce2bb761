import type { Container, PodSpec } from '../../../shared/api/objects';
import type { Check, Finding } from './check';
import { containersOf, namedContainers, plural, quoted, setters, sorted } from './check';
import { isWindows } from './windows';

const POD_ANNOTATION = 'seccomp.security.alpha.kubernetes.io/pod';
const CONTAINER_ANNOTATION = 'container.seccomp.security.alpha.kubernetes.io/';
const REASON = 'seccompProfile';

type Profile = NonNullable<NonNullable<Container['securityContext']>['seccompProfile']>;

const isAllowed = ({ type }: Profile): boolean => type === 'RuntimeDefault' || type === 'Localhost';
const isBad = (profile: Profile | undefined): profile is Profile => profile !== undefined && !isAllowed(profile);
const profileOf = ({ securityContext }: Container): Profile | undefined => securityContext?.seccompProfile;

/** Profiles that are set to what is not allowed. */
function badProfiles(spec: PodSpec): Finding | undefined {
  const ofPod = spec.securityContext?.seccompProfile;
  const containers = containersOf(spec).filter((container) => isBad(profileOf(container)));
  const types = sorted([ofPod, ...containers.map(profileOf)].filter(isBad).map(({ type }) => type));
  if (types.length === 0) return undefined;
  return {
    reason: REASON,
    detail: `${setters(isBad(ofPod), containers)} must not set securityContext.seccompProfile.type to ${quoted(types)}`,
  };
}

/** Before version 1.19 profiles were annotations. */
function badAnnotations(spec: PodSpec, annotations: Readonly<Record<string, string>>): Finding | undefined {
  const keys = [POD_ANNOTATION, ...containersOf(spec).map(({ name }) => `${CONTAINER_ANNOTATION}${name}`)];
  const bad = sorted(
    keys.flatMap((key) => {
      const value = annotations[key];
      if (value === undefined || /^(runtime\/default|docker\/default|localhost\/.*)$/.test(value)) return [];
      return [`${key}=${JSON.stringify(value)}`];
    }),
  );
  if (bad.length === 0) return undefined;
  return { reason: REASON, detail: `forbidden ${plural('annotation', 'annotations', bad)} ${bad.join(', ')}` };
}

export const seccompBaseline: Check = {
  id: 'seccompProfile_baseline',
  since: 0,
  check: (spec, { metadata, minor }) =>
    minor < 19 ? badAnnotations(spec, metadata.annotations ?? {}) : badProfiles(spec),
};

export const seccompRestricted: Check = {
  id: 'seccompProfile_restricted',
  since: 19,
  replaces: seccompBaseline.id,
  check(spec, { minor }) {
    if (isWindows(spec, minor)) return undefined;
    const bad = badProfiles(spec);
    if (bad !== undefined) return bad;
    if (spec.securityContext?.seccompProfile !== undefined) return undefined;
    const without = containersOf(spec).filter((container) => profileOf(container) === undefined);
    if (without.length === 0) return undefined;
    return {
      reason: REASON,
      detail: `pod or ${namedContainers(without)} must set securityContext.seccompProfile.type to "RuntimeDefault" or "Localhost"`,
    };
  },
};
