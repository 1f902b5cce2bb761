import type { Signal } from './thresholds';

/** A condition of a node that is short of something. */
export type Pressure = 'MemoryPressure' | 'DiskPressure' | 'PIDPressure';

/** The condition that a crossed threshold of each signal sets. */
export const PRESSURES: Readonly<Record<Signal, Pressure>> = {
  'memory.available': 'MemoryPressure',
  'nodefs.available': 'DiskPressure',
  'nodefs.inodesFree': 'DiskPressure',
  'pid.available': 'PIDPressure',
};

export const ALL_PRESSURES: readonly Pressure[] = ['DiskPressure', 'MemoryPressure', 'PIDPressure'];
