import type { PodSpec } from '../../../shared/api/objects';

/** What only Linux knows is not asked of Windows pods since version 1.25. */
export const isWindows = (spec: PodSpec, minor: number): boolean => minor >= 25 && spec.os?.name === 'windows';
