import { UsageError } from '../client/resources';
import { listQueries } from '../get/query';
import { showObjects } from '../get/objects';
import { showTables } from '../get/tables';
import { outputOf, parseOutput } from '../output/format';
import type { Command, Context, Flags } from './command';
import { selecting, text, words } from './command';
import { printing, reading } from './flag-groups';

export const get: Command = {
  name: 'get',
  usage: 'get [types..]',
  describe: 'show objects',
  build: (yargs) =>
    printing(reading(selecting(yargs)))
      .option('watch', { alias: 'w', type: 'boolean', describe: 'then show changes' })
      .option('watch-only', { type: 'boolean', describe: 'show changes alone' })
      .option('output-watch-events', { type: 'boolean', describe: 'say of each change what it is' })
      .option('show-labels', { type: 'boolean', describe: 'add a column of labels' })
      .option('label-columns', { alias: 'L', type: 'string', array: true, describe: 'add a column for a label' })
      .option('show-kind', { type: 'boolean', describe: 'with the type before each name' })
      .option('sort-by', { type: 'string', describe: 'JSONPath to sort by' })
      .option('no-headers', { type: 'boolean', describe: 'leave out the heading' })
      .option('chunk-size', { type: 'number', default: 500, describe: 'how many to ask for at once' })
      .option('server-print', {
        type: 'boolean',
        default: true,
        describe: 'the server chooses the columns; false: NAME and AGE',
      })
      .option('subresource', { type: 'string', describe: 'status or scale, of named objects' })
      .option('raw', { type: 'string', describe: 'print what a path of the server answers' })
      .option('ignore-not-found', { type: 'boolean', describe: 'print nothing for what is not there' }),
  run,
  next: (flags) => {
    const [type = ''] = words(flags, 'types');
    const isTable = text(flags, 'output') === undefined || text(flags, 'output') === 'wide';
    return isTable && /^(po|pod|pods)$/.test(type) ? 'kubectl-lite describe pod NAME' : undefined;
  },
};

async function run(context: Context, flags: Flags): Promise<number | void> {
  const raw = text(flags, 'raw');
  if (raw !== undefined) {
    if (words(flags, 'types').length > 0) throw new UsageError('arguments may not be passed when --raw is specified');
    if (!raw.startsWith('/')) throw new UsageError(`--raw ${raw}: must be a path of the server, such as /readyz`);
    context.out((await context.client().text({ path: raw })).text);
    return;
  }
  const output = outputOf(text(flags, 'output'), text(flags, 'template')) ?? '';
  if (output !== '') parseOutput(output, text(flags, 'template'), 'objects');
  const queries = await listQueries(context, flags);
  if (output === '' || output === 'wide') return showTables(context, flags, queries, output === 'wide');
  return showObjects(context, flags, queries, output);
}
