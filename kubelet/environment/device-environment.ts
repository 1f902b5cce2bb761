import type { Container, Pod } from '../../shared/api/objects';
import { devicesOf } from '../../shared/pod/devices';

/** Whose container toolkit goes by a variable of its own. */
const VARIABLES: Readonly<Record<string, string>> = { 'nvidia.com/gpu': 'NVIDIA_VISIBLE_DEVICES' };

/** What tells a container which of the node's devices are its own, and how much of them. */
export function deviceEnvironment(pod: Pod, container: Container): readonly (readonly [string, string])[] {
  const devices = devicesOf(pod, container);
  if (devices === undefined) return [];
  const list = devices.indexes.join(',');
  const own = VARIABLES[devices.resource];
  return [
    ['PINSETTER_DEVICES', list],
    ...(devices.shareMilli === undefined ? [] : [['PINSETTER_DEVICE_MILLI', String(devices.shareMilli)] as const]),
    ...(own === undefined ? [] : [[own, list] as const]),
  ];
}
