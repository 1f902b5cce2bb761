import type { LimitRange, PodDisruptionBudget, PriorityClass } from '../../shared/api/objects';
import { selectorText } from '../selector-text';
import { limitRows } from './config-text';

export function budgetText({ metadata, spec, status }: PodDisruptionBudget): string {
  const bound =
    spec?.minAvailable === undefined
      ? `Max unavailable:\t${spec?.maxUnavailable ?? ''}\n`
      : `Min available:\t${spec.minAvailable}\n`;
  return [
    `Name:\t${metadata.name}\nNamespace:\t${metadata.namespace}\n${bound}`,
    `Selector:\t${spec?.selector === undefined ? '<unset>' : selectorText(spec.selector) || '<none>'}\n`,
    `Status:\n    Allowed disruptions:\t${status?.disruptionsAllowed ?? 0}\n    Current:\t${status?.currentHealthy ?? 0}\n`,
    `    Desired:\t${status?.desiredHealthy ?? 0}\n    Total:\t${status?.expectedPods ?? 0}\n`,
  ].join('');
}

export const priorityClassText = ({ metadata, ...priority }: PriorityClass): string =>
  [
    `Name:\t${metadata.name}\nValue:\t${priority.value}\nGlobalDefault:\t${priority.globalDefault ?? false}\n`,
    `PreemptionPolicy:\t${priority.preemptionPolicy ?? ''}\nDescription:\t${priority.description ?? ''}\n`,
    `Annotations:\t${
      Object.entries(metadata.annotations ?? {})
        .map(([key, value]) => `${key}=${value}`)
        .sort()
        .join(',') || '<none>'
    }\n`,
  ].join('');

export const limitRangeText = (limits: LimitRange): string =>
  `Name:\t${limits.metadata.name}\nNamespace:\t${limits.metadata.namespace}\n${limitRows([limits], '')}`;
