import { systemClock } from '../../../shared/clock';
import { UsageError } from '../../client/resources';
import type { Named } from '../../found';
import { forEach, namedObjects, readNamed } from '../../found';
import { rolloutStatusOf } from '../../rollout/status-text';
import type { Command, Context, Flags } from '../command';
import { count, seconds, text, words } from '../command';
import { reading } from '../flag-groups';

const LOOK_MS = 200;

export const status: Command = {
  name: 'status',
  usage: 'status [types..]',
  describe: 'follow a rollout to its end',
  build: (yargs) =>
    reading(yargs)
      .option('selector', { alias: 'l', type: 'string', describe: 'label selector' })
      .option('watch', { alias: 'w', type: 'boolean', default: true, describe: 'until it is done' })
      .option('revision', { type: 'number', default: 0, describe: 'of this revision, or fail' })
      .option('timeout', { type: 'string', default: '0s', describe: 'how long at most; 0s: without end' }),
  run: async (context, flags) => {
    const named = await namedObjects(context, flags, words(flags, 'types'), { typeAloneIsAll: true });
    if (named.length === 0) {
      context.out(`No resources found in ${context.namespace} namespace.\n`);
      return;
    }
    return forEach(context, named, (each) => follow(context, flags, each));
  },
};

async function follow(context: Context, flags: Flags, named: Named): Promise<void> {
  const timeout = seconds(flags, 'timeout') ?? 0;
  const deadlineMs = timeout === 0 ? Infinity : systemClock.monotonic() + timeout * 1_000;
  let said = '';
  for (;;) {
    const { text: told, done } = rolloutStatusOf(await readNamed(context, named), count(flags, 'revision') ?? 0);
    if (told !== said) context.out(told);
    said = told;
    if (done || flags.watch === false) return;
    if (systemClock.monotonic() > deadlineMs)
      throw new UsageError(
        `timed out waiting for the condition: ${text(flags, 'timeout') ?? ''} were not enough (kubectl-lite describe ${named.resource.singular} ${named.name} tells more)`,
      );
    await systemClock.sleep(LOOK_MS, context.environment.signal);
  }
}
