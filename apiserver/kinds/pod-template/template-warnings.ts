import type { StoredObject } from '../../../shared/api/objects';
import { nameWarnings, podWarnings } from '../pod/pod-warnings';
import type { PodTemplate } from './pod-template';

/** Whether an object is new, or asks for something else than before. */
export const isAskedAnew = ({ metadata }: StoredObject, old: StoredObject | undefined): boolean =>
  old === undefined || old.metadata.generation !== metadata.generation;

/** Of a workload, when it is new and when it asks for something else. `templateAt`: the dotted path to its template. */
export const workloadWarnings =
  (templateAt: string) =>
  (object: StoredObject, old?: StoredObject): readonly string[] => {
    if (!isAskedAnew(object, old)) return [];
    const template = templateAt
      .split('.')
      .reduce<unknown>((value, field) => (value as Readonly<Record<string, unknown>> | undefined)?.[field], object);
    return [
      ...(old === undefined ? nameWarnings(object) : []),
      ...podWarnings((template as PodTemplate | undefined) ?? {}, `${templateAt}.`),
    ];
  };
