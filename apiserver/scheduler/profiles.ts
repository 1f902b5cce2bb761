import type { Pod } from '../../shared/api/objects';
import type { Cluster } from './core/model/cluster';
import type { Policy, PolicyKind } from './core/policies/policy';

/** Whom pods ask for that ask for nobody. */
export const DEFAULT_SCHEDULER = 'default-scheduler';

/** Policies by the names that pods give in spec.schedulerName. */
export type Profiles = ReadonlyMap<string, PolicyKind>;

export const schedulerNameOf = ({ spec }: Pod): string => spec.schedulerName ?? DEFAULT_SCHEDULER;

/** `--scheduler-policy` and `--scheduler-profile NAME=POLICY`. Throws Error for what is no profile. */
export function profilesOf(
  policyName: string,
  given: readonly string[],
  find: (name: string) => PolicyKind | undefined,
): Profiles {
  const profiles = new Map<string, PolicyKind>();
  for (const text of [`${DEFAULT_SCHEDULER}=${policyName}`, ...given]) {
    const [, name = '', named = ''] =
      /^([a-z0-9]([-a-z0-9.]*[a-z0-9])?)=(.+)$/.exec(text)?.filter((_, at) => at !== 2) ?? [];
    const policy = find(named);
    if (name === '') throw new Error(`--scheduler-profile ${text}: must be NAME=POLICY`);
    if (policy === undefined)
      throw new Error(`--scheduler-profile ${text}: there is no policy ${JSON.stringify(named)}`);
    if (profiles.has(name)) throw new Error(`--scheduler-profile ${text}: there is another profile ${name}`);
    profiles.set(name, policy);
  }
  return profiles;
}

/** Each profile's policy at work on one cluster: what one places, the others see. */
export class WorkingPolicies {
  private readonly byName: ReadonlyMap<string, Policy>;

  constructor(profiles: Profiles, cluster: Cluster) {
    this.byName = new Map([...profiles].map(([name, kind]) => [name, kind.create(cluster)]));
  }

  /** Throws Error for a pod that asks for nobody here. */
  of(pod: Pod): Policy {
    const policy = this.byName.get(schedulerNameOf(pod));
    if (policy === undefined) throw new Error(`there is no scheduler ${schedulerNameOf(pod)}`);
    return policy;
  }

  /** Pods by their policy, in the order of the first of each. */
  split(pods: readonly Pod[]): ReadonlyMap<Policy, readonly Pod[]> {
    const parts = new Map<Policy, Pod[]>();
    for (const pod of pods) {
      const policy = this.of(pod);
      const part = parts.get(policy);
      if (part === undefined) parts.set(policy, [pod]);
      else part.push(pod);
    }
    return parts;
  }
}
