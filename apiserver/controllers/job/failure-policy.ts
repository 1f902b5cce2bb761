import type { Job, Pod } from '../../../shared/api/objects';

export type Verdict =
  | { readonly action: 'FailJob'; readonly message: string }
  | { readonly action: 'FailIndex' }
  | { readonly action: 'Ignore' }
  | { readonly action: 'Count' };

type Rule = NonNullable<NonNullable<Job['spec']>['podFailurePolicy']>['rules'][number];

/** What a Job's podFailurePolicy says of a failed pod: the first rule that matches decides. */
export function judgeFailure(job: Job, pod: Pod): Verdict {
  for (const [index, rule] of (job.spec?.podFailurePolicy?.rules ?? []).entries()) {
    const match = matchOf(rule, pod);
    if (match === undefined) continue;
    if (rule.action === 'FailJob') {
      return { action: 'FailJob', message: `${match} matching FailJob rule at index ${index}` };
    }
    return { action: rule.action === 'Ignore' || rule.action === 'FailIndex' ? rule.action : 'Count' };
  }
  return { action: 'Count' };
}

/** The first half of the message; undefined: the rule does not match. */
function matchOf({ onExitCodes, onPodConditions }: Rule, pod: Pod): string | undefined {
  const { namespace, name } = pod.metadata;
  if (onExitCodes !== undefined && onExitCodes !== null) {
    const statuses = [...(pod.status?.containerStatuses ?? []), ...(pod.status?.initContainerStatuses ?? [])];
    for (const status of statuses) {
      const code = status.state?.terminated?.exitCode;
      if (code === undefined || code === 0) continue;
      if (onExitCodes.containerName !== undefined && onExitCodes.containerName !== status.name) continue;
      if (onExitCodes.values.includes(code) !== (onExitCodes.operator === 'In')) continue;
      return `Container ${status.name} for pod ${namespace}/${name} failed with exit code ${code}`;
    }
    return undefined;
  }
  const found = (pod.status?.conditions ?? []).find(({ type, status }) =>
    (onPodConditions ?? []).some((wanted) => wanted.type === type && (wanted.status ?? 'True') === status),
  );
  return found === undefined ? undefined : `Pod ${namespace}/${name} has condition ${found.type}`;
}
