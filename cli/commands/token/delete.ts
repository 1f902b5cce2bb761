import { joinTokenKey } from '../../../shared/wire/bootstrap-secret';
import { KNOWN } from '../../client/known-types';
import { UsageError, pathOf } from '../../client/resources';
import type { Command, Context, Flags } from '../command';
import { words } from '../command';

export const remove: Command = {
  name: 'delete',
  usage: 'delete [tokens..]',
  describe: 'let nobody join by these any more, named by their first six characters or whole',
  build: (yargs) => yargs,
  run,
};

async function run(context: Context, flags: Flags): Promise<void> {
  const given = words(flags, 'tokens');
  if (given.length === 0) throw new UsageError('say which: kubectl-lite token list shows them');
  for (const token of given) {
    // Of a whole token, with or without what pins the server, the id is the last part but one.
    const parts = token.split('.');
    const id = parts.length === 1 ? token : (parts.at(-2) ?? '');
    if (!/^[a-z0-9]{6}$/.test(id)) throw new UsageError(`${token} is not a token: kubectl-lite token list shows them`);
    const { namespace, name } = joinTokenKey(id);
    await context.client().json({ method: 'DELETE', path: pathOf(KNOWN.secret, namespace, name) });
    context.out(`token "${id}" deleted\n`);
  }
}
