import { systemClock } from '../../shared/clock';
import { isNotFound } from '../../shared/status-error';
import type { ObjectList, StoredObject } from '../api-object';
import { UsageError, pathOf, resultName } from '../client/resources';
import { select } from '../../shared/json-path';
import { parseTargets } from '../targets';
import type { Command, Context, Flags } from './command';
import { isSet, parseSeconds, selecting, text, words } from './command';

const LOOK_MS = 200;

/** Whether an object is as awaited; undefined stands for one that is not there. */
type Condition = (object: StoredObject | undefined) => boolean;

export const wait: Command = {
  name: 'wait',
  usage: 'wait [types..]',
  describe: 'wait until objects are as you say',
  build: (yargs) =>
    selecting(yargs)
      .option('for', {
        type: 'string',
        demandOption: true,
        describe: 'condition=NAME[=VALUE], delete, create or jsonpath={.path}[=VALUE]',
      })
      .option('all', { type: 'boolean', describe: 'everything of the type' })
      .option('timeout', { type: 'string', default: '30s', describe: 'how long at most' }),
  run,
};

async function run(context: Context, flags: Flags): Promise<number | void> {
  const condition = parseCondition(text(flags, 'for') ?? '');
  const seconds = parseSeconds(text(flags, 'timeout') ?? '30s');
  if (seconds === undefined)
    throw new UsageError(`--timeout ${text(flags, 'timeout') ?? ''}: must be a duration such as 90s or 2m`);
  const deadlineMs = systemClock.monotonic() + seconds * 1_000;
  let late = false;
  for (const { resource, names } of parseTargets(await context.resources(), words(flags, 'types'))) {
    const namespace = resource.namespaced ? context.namespace : undefined;
    const listed = async (): Promise<readonly string[]> => {
      const { value } = await context.client().json<ObjectList>({
        path: pathOf(resource, namespace),
        query: { labelSelector: text(flags, 'selector'), fieldSelector: text(flags, 'field-selector') },
      });
      return value.items.map(({ metadata }) => metadata.name);
    };
    if (names.length === 0 && text(flags, 'selector') === undefined && !isSet(flags, 'all'))
      throw new UsageError('name objects, or say -l SELECTOR or --all');
    for (const name of names.length > 0 ? names : await listed()) {
      for (;;) {
        const object = await context
          .client()
          .json<StoredObject>({ path: pathOf(resource, namespace, name) })
          .then(({ value }) => value)
          .catch((error: unknown) => {
            if (isNotFound(error) && condition.allowsAbsence) return undefined;
            throw error;
          });
        if (condition.holds(object)) {
          context.out(`${resultName(resource)}/${name} condition met\n`);
          break;
        }
        if (systemClock.monotonic() > deadlineMs) {
          context.note(`error: timed out waiting for the condition on ${resource.plural}/${name}\n`);
          late = true;
          break;
        }
        await systemClock.sleep(LOOK_MS, context.environment.signal);
      }
    }
  }
  return late ? 1 : undefined;
}

function parseCondition(given: string): { readonly holds: Condition; readonly allowsAbsence: boolean } {
  if (given === 'delete') return { holds: (object) => object === undefined, allowsAbsence: true };
  if (given === 'create') return { holds: (object) => object !== undefined, allowsAbsence: true };
  const [kind = '', ...rest] = given.split('=');
  const argument = rest.join('=');
  if (kind === 'condition') {
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
  throw new UsageError(`--for=${given}: must be condition=NAME, delete, create or jsonpath={.path}=VALUE`);
}
