import type { Argv } from 'yargs';
import type { ApiObject } from '../../api-object';
import { UsageError } from '../../client/resources';
import { forEach, liveOrLocal, namedObjects } from '../../found';
import { ChangeReport } from '../../output/change-report';
import { sendChange } from '../../write-object';
import type { Context, Flags } from '../command';
import { isSet } from '../command';
import { choosing, dryRunOf, reading, writing } from '../flag-groups';

/** Flags that every `set` takes. */
export const settingFlags = (yargs: Argv): Argv =>
  reading(choosing(writing(yargs, 'kubectl-set'))).option('local', {
    type: 'boolean',
    describe: 'change the manifests of -f alone, without a server',
  });

/**
 * Changes each of the objects that the words name and tells what was done (`image updated`); one that is as wanted
 * already is passed over. Returns the exit code.
 */
export async function setOnEach(
  context: Context,
  flags: Flags,
  targets: readonly string[],
  done: string,
  change: (object: ApiObject) => ApiObject,
): Promise<number | undefined> {
  const report = new ChangeReport(context, flags);
  const named = await namedObjects(context, flags, targets);
  if (named.length === 0) throw new UsageError('no resources found: name some, or say -f FILE');
  return forEach(context, named, async (each) => {
    const before = await liveOrLocal(context, flags, each);
    const after = change(before);
    if (isSet(flags, 'local') || dryRunOf(flags) === 'client') return report.tell(each.resource, after, done);
    const written = await sendChange(context, flags, each, before, after);
    if (written !== undefined) report.tell(each.resource, written, done);
  });
}
