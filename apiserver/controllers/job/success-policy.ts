import type { Job } from '../../../shared/api/objects';
import { parseIndexes } from './indexes';

/** The message of the first rule of a Job's successPolicy that its indexes meet; undefined: none. */
export function metSuccessRule({ spec, status }: Job): string | undefined {
  const done = parseIndexes(status?.completedIndexes);
  const at = (spec?.successPolicy?.rules ?? []).findIndex(({ succeededIndexes, succeededCount }) => {
    if (succeededIndexes === undefined) return done.size >= (succeededCount ?? Infinity);
    const wanted = [...parseIndexes(succeededIndexes)];
    return wanted.filter((index) => done.has(index)).length >= (succeededCount ?? wanted.length);
  });
  return at < 0 ? undefined : `Matched rules at index ${at}`;
}
