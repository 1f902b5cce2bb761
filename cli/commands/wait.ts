import { systemClock } from '../../shared/clock';
import { select } from '../../shared/json-path';
import { isNotFound } from '../../shared/status-error';
import type { StoredObject } from '../api-object';
import { UsageError, qualifiedName } from '../client/resources';
import type { Named } from '../found';
import { namedObjects, readNamed } from '../found';
import { ChangeReport } from '../output/change-report';
import type { Command, Context, Flags } from './command';
import { required, seconds, selecting, words } from './command';
import { printing, reading } from './flag-groups';

const LOOK_MS = 200;
/** What kubectl takes a negative time for. */
const WEEK_SECONDS = 7 * 24 * 3_600;

/** Whether an object is as awaited; undefined stands for one that is not there. */
interface Awaited {
  readonly holds: (object: StoredObject | undefined) => boolean;
  readonly allowsAbsence: boolean;
}

export const wait: Command = {
  name: 'wait',
  usage: 'wait [types..]',
  describe: 'wait until objects are as you say',
  build: (yargs) =>
    printing(reading(selecting(yargs)))
      .option('for', {
        type: 'string',
        describe: 'condition=NAME[=VALUE], delete, create or jsonpath={.path}[=VALUE]',
      })
      .option('all', { type: 'boolean', describe: 'everything of the type' })
      .option('timeout', { type: 'string', default: '30s', describe: 'how long at most; 0: look once' }),
  run,
};

async function run(context: Context, flags: Flags): Promise<number | void> {
  const given = required(flags, 'for');
  const awaited = parseCondition(given);
  const report = new ChangeReport(context, flags);
  const timeout = seconds(flags, 'timeout') ?? 30;
  const deadlineMs = systemClock.monotonic() + (timeout < 0 ? WEEK_SECONDS : timeout) * 1_000;
  const named = await namedObjects(context, flags, words(flags, 'types'));
  if (named.length === 0 && given !== 'delete') throw new UsageError('no matching resources found');
  let isLate = false;
  for (const each of named) {
    let seen: StoredObject | undefined;
    for (;;) {
      const object = await look(context, each, awaited.allowsAbsence);
      if (awaited.holds(object)) {
        // Of what was never there kubectl says nothing.
        if ((object ?? seen) !== undefined) report.tell(each.resource, object ?? seen ?? {}, 'condition met');
        break;
      }
      seen = object ?? seen;
      if (systemClock.monotonic() > deadlineMs) {
        context.note(`error: timed out waiting for the condition on ${qualifiedName(each.resource)}/${each.name}\n`);
        isLate = true;
        break;
      }
      await systemClock.sleep(LOOK_MS, context.environment.signal);
    }
  }
  return isLate ? 1 : undefined;
}

const look = (context: Context, named: Named, allowsAbsence: boolean): Promise<StoredObject | undefined> =>
  readNamed(context, named).catch((error: unknown) => {
    if (isNotFound(error) && allowsAbsence) return undefined;
    throw error;
  });

function parseCondition(given: string): Awaited {
  const word = given.toLowerCase();
  if (word === 'delete') return { holds: (object) => object === undefined, allowsAbsence: true };
  if (word === 'create') return { holds: (object) => object !== undefined, allowsAbsence: true };
  const [kind = '', ...rest] = given.split('=');
  const argument = rest.join('=');
  if (kind === 'condition' && argument !== '') {
    const [name = '', value = 'true'] = argument.split('=');
    return {
      allowsAbsence: false,
      holds: (object) => {
        const conditions = select('.status.conditions[*]', object) as readonly { type?: string; status?: string }[];
        return conditions.some(
          ({ type, status }) =>
            type?.toLowerCase() === name.toLowerCase() && status?.toLowerCase() === value.toLowerCase(),
        );
      },
    };
  }
  if (kind === 'jsonpath') {
    const match = /^'?(\{.*?\})'?(?:=(.*))?$/s.exec(argument);
    if (match === null) throw new UsageError(`--for=${given}: must be jsonpath={.path} or jsonpath={.path}=VALUE`);
    const [, path = '', value] = match;
    return {
      allowsAbsence: false,
      holds: (object) =>
        select(path.slice(1, -1), object).some((found) => value === undefined || String(found) === value),
    };
  }
  throw new UsageError(
    `unrecognized condition: "${given}": must be condition=NAME, delete, create or jsonpath={.path}=VALUE`,
  );
}
