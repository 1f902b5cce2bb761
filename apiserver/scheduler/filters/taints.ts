import { toleratesTaint } from './tolerations';
import type { Filter } from './filter';

/** Every taint with effect NoSchedule or NoExecute must be tolerated. */
export const toleratesTaints: Filter = {
  name: 'tolerates-taints',
  cures: ['node'],
  check: (pod, { node }) => {
    const tolerations = pod.spec.tolerations ?? [];
    const refused = (node.spec?.taints ?? []).find(
      (taint) => taint.effect !== 'PreferNoSchedule' && !tolerations.some((each) => toleratesTaint(each, taint)),
    );
    if (refused === undefined) return undefined;
    const shown = `{${refused.key}: ${refused.value ?? ''}}`;
    return { reason: `node(s) had untolerated taint ${shown}`, detail: `taint ${shown} with effect ${refused.effect}` };
  },
};
