import type { PodSpec, Toleration } from '../../shared/api/objects';
import type { AdmissionPlugin } from './admission';

const SECONDS = 300;
const KEYS = ['node.kubernetes.io/not-ready', 'node.kubernetes.io/unreachable'];

/** A pod that says nothing about lost nodes stays on one for five minutes before it is evicted. */
export const defaultTolerationSeconds: AdmissionPlugin = {
  name: 'DefaultTolerationSeconds',
  admitCreate({ kind }, object) {
    if (kind.kind !== 'Pod' || kind.group !== '') return;
    const spec = object['spec'] as PodSpec | undefined;
    if (spec === undefined) return;
    const given = spec.tolerations ?? [];
    const missing = KEYS.filter((key) => !given.some((toleration) => coversNoExecute(toleration, key)));
    if (missing.length === 0) return;
    spec.tolerations = [
      ...given,
      ...missing.map((key) => ({
        key,
        operator: 'Exists' as const,
        effect: 'NoExecute' as const,
        tolerationSeconds: SECONDS,
      })),
    ];
  },
};

const coversNoExecute = ({ key, effect }: Toleration, wanted: string): boolean =>
  (key === wanted || key === undefined || key === '') && (effect === 'NoExecute' || effect === undefined);
