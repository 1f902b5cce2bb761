import { systemClock } from '../../../shared/clock';
import { systemRandom } from '../../../shared/random';
import { JOIN_TOKEN_TTL_MS, bootstrapSecret } from '../../../shared/wire/bootstrap-secret';
import { bootstrapTokenOf, parseBootstrapToken } from '../../../shared/wire/join-token';
import { KNOWN } from '../../client/known-types';
import { UsageError, pathOf } from '../../client/resources';
import type { Command, Context, Flags } from '../command';
import { isSet, seconds, text, words } from '../command';
import { joinTokenOf, serverUrls } from './join-line';

export const create: Command = {
  name: 'create',
  usage: 'create [tokens..]',
  describe: 'make a token by which machines join',
  build: (yargs) =>
    yargs
      .option('ttl', { type: 'string', describe: 'for how long, such as 2h; 0: for ever; default: a day' })
      .option('description', { type: 'string', describe: 'what it is for' })
      .option('print-join-command', { type: 'boolean', describe: 'print what to run on the new machine' }),
  run,
};

async function run(context: Context, flags: Flags): Promise<void> {
  const token = tokenOf(words(flags, 'tokens'));
  const ttlSeconds = seconds(flags, 'ttl') ?? JOIN_TOKEN_TTL_MS / 1_000;
  if (ttlSeconds < 0) throw new UsageError('--ttl must not be negative');
  const description = text(flags, 'description');
  const body = bootstrapSecret(token, {
    ...(ttlSeconds === 0 ? {} : { endsMs: systemClock.now() + ttlSeconds * 1_000 }),
    ...(description === undefined ? {} : { description }),
  });
  // Read first, so that no token is made whose line cannot be told.
  const joinToken = await joinTokenOf(context, token);
  const urls = isSet(flags, 'print-join-command') ? await serverUrls(context) : [];
  await context.client().json({ method: 'POST', path: pathOf(KNOWN.secret, body.metadata?.namespace), body });
  if (!isSet(flags, 'print-join-command')) return context.out(`${joinToken}\n`);
  const servers = urls.length === 0 ? [context.client().connection.server] : urls;
  context.out(`./install.sh agent ${servers.map((url) => `--server ${url}`).join(' ')} --token ${joinToken}\n`);
  if (urls.length === 0)
    context.note(
      'Only this machine reaches the server as it runs now. For others start it with: --bind-address 0.0.0.0 --advertise-address ADDRESS\n',
    );
  else context.note('Run this on the new machine, as root, in the folder of the unpacked release.\n');
}

/** The given one, as `abcdef.0123456789abcdef`, or a new one. */
function tokenOf([given, ...more]: readonly string[]): { readonly id: string; readonly secret: string } {
  if (given === undefined) return { id: systemRandom.suffix(6), secret: systemRandom.suffix(16) };
  const token = parseBootstrapToken(given);
  if (more.length > 0) throw new UsageError('one token at a time');
  if (token === undefined || bootstrapTokenOf(token) !== given)
    throw new UsageError(`${given}: a token is 6 and 16 lower-case letters or digits with a dot between`);
  return token;
}
