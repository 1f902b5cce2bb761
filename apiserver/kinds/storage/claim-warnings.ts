import type { PersistentVolumeClaimSpec } from 'kubernetes-types/core/v1';
import { parseQuantity } from '../../../shared/quantity';

const ONE = 1_000_000_000n;
type Amounts = Readonly<Record<string, string>> | undefined;

/** There are no halves of bytes. */
export const fractionWarnings = (amounts: Amounts, path: string, names: readonly string[]): readonly string[] =>
  names.flatMap((name) => {
    const text = amounts?.[name];
    return text === undefined || parseQuantity(text).nanos % ONE === 0n
      ? []
      : [`${path}[${name}]: fractional byte value ${JSON.stringify(text)} is invalid, must be an integer`];
  });

export const claimWarnings = ({ resources }: PersistentVolumeClaimSpec, path: string): readonly string[] =>
  (['requests', 'limits'] as const).flatMap((which) =>
    fractionWarnings(resources?.[which], `${path}.resources.${which}`, ['storage']),
  );

const CLASS_ANNOTATION = 'volume.beta.kubernetes.io/storage-class';

/** Claims and volumes have named their class in an annotation. */
export const classAnnotationWarnings = (annotations: Amounts): readonly string[] =>
  annotations?.[CLASS_ANNOTATION] === undefined
    ? []
    : [`metadata.annotations[${CLASS_ANNOTATION}]: deprecated since v1.8; use "storageClassName" attribute instead`];
