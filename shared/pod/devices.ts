import type { Container, Pod } from '../api/objects';

/** Which of its node's devices the scheduler gave a pod: `nvidia.com/gpu=0,2`, counted from 0. */
export const DEVICES_ANNOTATION = 'pinsetter.io/devices';

/** Whole devices, which a node has so many of: `x/gpu`; thousandths of one of them are asked for as `x/gpu-milli`. */
export const isDeviceResource = (name: string): boolean => name.endsWith('/gpu');

/** A share of one device of `x/gpu`, in thousandths, is asked for as `x/gpu-milli`. */
export const SHARE_SUFFIX = '-milli';

export interface ChosenDevices {
  readonly resource: string;
  /** Ascending, counted from 0. */
  readonly indexes: readonly number[];
}

export const formatDevices = ({ resource, indexes }: ChosenDevices): string => `${resource}=${indexes.join(',')}`;

/** The devices that a pod was given; undefined: none, or the annotation says nothing that makes sense. */
export function chosenDevices({ metadata }: Pick<Pod, 'metadata'>): ChosenDevices | undefined {
  const [, resource, list] =
    /^([^=\s]+\/gpu)=(\d{1,2}(?:,\d{1,2})*)$/.exec(metadata.annotations?.[DEVICES_ANNOTATION] ?? '') ?? [];
  if (resource === undefined || list === undefined) return undefined;
  return { resource, indexes: list.split(',').map(Number) };
}

/** What a container of the pod may use of its devices. */
export interface ContainerDevices extends ChosenDevices {
  /** Thousandths of the device that it may use; absent: whole ones. */
  readonly shareMilli?: number;
}

const amountOf = ({ resources }: Container, resource: string): number =>
  Number(resources?.limits?.[resource] ?? resources?.requests?.[resource] ?? 0) || 0;

/**
 * The part of a pod's devices that is for one of its containers: containers that run side by side get theirs one after
 * the other, init containers begin with the first, and a share is of the one device that all of them share.
 */
export function devicesOf(pod: Pod, container: Container): ContainerDevices | undefined {
  const chosen = chosenDevices(pod);
  if (chosen === undefined) return undefined;
  const { resource, indexes } = chosen;
  const whole = amountOf(container, resource);
  if (whole > 0) {
    const side = pod.spec.containers;
    const before = side.includes(container) ? side.slice(0, side.indexOf(container)) : [];
    const from = before.reduce((sum, each) => sum + amountOf(each, resource), 0);
    return { resource, indexes: indexes.slice(from, from + whole) };
  }
  const shareMilli = amountOf(container, `${resource}${SHARE_SUFFIX}`);
  return shareMilli > 0 ? { resource, indexes: indexes.slice(0, 1), shareMilli } : undefined;
}
