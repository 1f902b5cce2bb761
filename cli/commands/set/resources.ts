import { UsageError } from '../../client/resources';
import type { Command, Flags } from '../command';
import { list, words } from '../command';
import { containersFlag, mapChosenContainers } from './containers';
import { setOnEach, settingFlags } from './setting';

export const resources: Command = {
  name: 'resources',
  usage: 'resources [words..]',
  describe: 'what containers request and may use at most',
  build: (yargs) =>
    containersFlag(settingFlags(yargs))
      .option('limits', { type: 'string', describe: 'RESOURCE=QUANTITY,…' })
      .option('requests', { type: 'string', describe: 'RESOURCE=QUANTITY,…' }),
  run: (context, flags) => {
    const [limits, requests] = [amounts(flags, 'limits'), amounts(flags, 'requests')];
    if (limits.length + requests.length === 0)
      throw new UsageError('you must specify an update to requests or limits (in the form of --requests/--limits)');
    return setOnEach(context, flags, words(flags, 'words'), 'resource requirements updated', (object) =>
      mapChosenContainers(object, flags, (container) => ({
        ...container,
        resources: {
          ...container.resources,
          ...merged('limits', container.resources?.limits, limits),
          ...merged('requests', container.resources?.requests, requests),
        },
      })),
    );
  },
};

type Amounts = readonly (readonly [string, string])[];

function amounts(flags: Flags, name: 'limits' | 'requests'): Amounts {
  return list(flags, name).map((each) => {
    const [resource = '', quantity = '', ...more] = each.split('=');
    if (resource === '' || quantity === '' || more.length > 0)
      throw new UsageError(`Invalid argument syntax ${each}, expected <resource>=<value>`);
    return [resource, quantity] as const;
  });
}

function merged(name: string, present: Readonly<Record<string, string>> = {}, changes: Amounts): object {
  if (changes.length === 0) return {};
  return { [name]: { ...present, ...Object.fromEntries(changes) } };
}
