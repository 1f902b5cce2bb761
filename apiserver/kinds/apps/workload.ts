import type { ApiObject, LabelSelector, StoredObject } from '../../../shared/api/objects';
import type { Column } from '../kind';
import { column } from '../columns';
import type { PodTemplate } from '../pod-template/pod-template';
import { containerImages, containerNames } from '../pod-template/pod-template';
import { selectorText } from '../selector-text';

/** What the workloads of apps/v1 have in common. */
export interface WorkloadSpec {
  replicas?: number;
  selector?: LabelSelector;
  template?: PodTemplate;
  minReadySeconds?: number;
  revisionHistoryLimit?: number;
}

export const workloadSpec = <S extends WorkloadSpec = WorkloadSpec>(object: ApiObject | StoredObject): S =>
  (object['spec'] as S | undefined) ?? ({} as S);

/** A number of the status; absent is 0. */
export const statusNumber = (object: StoredObject, field: string): number => {
  const value = (object['status'] as Record<string, unknown> | undefined)?.[field];
  return typeof value === 'number' ? value : 0;
};

export const containerColumns: readonly Column[] = [
  column('Containers', (object) => containerNames(workloadSpec(object).template), {
    wide: true,
    description: 'Names of each container in the template.',
  }),
  column('Images', (object) => containerImages(workloadSpec(object).template), {
    wide: true,
    description: 'Images referenced by each container in the template.',
  }),
  column('Selector', (object) => selectorText(workloadSpec(object).selector), {
    wide: true,
    description: 'The pods that belong to it',
  }),
];

export const REPLICA_SCALE = {
  replicas: 'spec.replicas',
  statusReplicas: 'status.replicas',
  selector: 'spec.selector',
} as const;
