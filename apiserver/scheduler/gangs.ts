import type { Pod } from '../../shared/api/objects';

/** Pods of one namespace with the same value are placed all together or not at all. */
export const GANG_ANNOTATION = 'pinsetter.io/gang';
/** How many of them there must be at least. */
export const GANG_SIZE_ANNOTATION = 'pinsetter.io/gang-size';
/** How many seconds after its first pod was created the gang may still be placed. Absent: for ever. */
export const GANG_DEADLINE_ANNOTATION = 'pinsetter.io/gang-deadline-seconds';

/** The pods of a gang that wait. */
export interface Gang {
  readonly key: string;
  readonly name: string;
  readonly members: readonly Pod[];
  /** With those that are placed already. */
  readonly size: number;
  readonly priority: number;
  /** Milliseconds since the epoch; absent: none. */
  readonly deadlineMs?: number;
}

const positive = (text: string | undefined): number | undefined =>
  text !== undefined && /^[1-9]\d{0,8}$/.test(text) ? Number(text) : undefined;

export function gangKeyOf({ metadata }: Pod): string | undefined {
  const name = metadata.annotations?.[GANG_ANNOTATION];
  return name === undefined || name === '' ? undefined : `${metadata.namespace}/${name}`;
}

/** The gangs of a batch, the most important first, and the pods of none. */
export function groupGangs(batch: readonly Pod[]): {
  readonly gangs: readonly Gang[];
  readonly singles: readonly Pod[];
} {
  const byKey = new Map<string, Pod[]>();
  const singles: Pod[] = [];
  for (const pod of batch) {
    const key = gangKeyOf(pod);
    if (key === undefined) singles.push(pod);
    else byKey.set(key, [...(byKey.get(key) ?? []), pod]);
  }
  const gangs = [...byKey].map(([key, members]): Gang => {
    const annotations = members.map(({ metadata }) => metadata.annotations ?? {});
    const seconds = positive(
      annotations.map((each) => each[GANG_DEADLINE_ANNOTATION]).find((each) => each !== undefined),
    );
    const first = Math.min(...members.map(({ metadata }) => Date.parse(metadata.creationTimestamp)));
    return {
      key,
      name: annotations[0]?.[GANG_ANNOTATION] ?? '',
      members,
      size: Math.max(...annotations.map((each) => positive(each[GANG_SIZE_ANNOTATION]) ?? 1)),
      priority: Math.max(...members.map(({ spec }) => spec.priority ?? 0)),
      ...(seconds === undefined ? {} : { deadlineMs: first + seconds * 1_000 }),
    };
  });
  return { gangs: gangs.sort((a, b) => b.priority - a.priority), singles };
}
