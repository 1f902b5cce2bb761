import type { Secret } from '../../../shared/api/objects';
import { systemClock, toTimestamp } from '../../../shared/clock';
import { humanDuration } from '../../../shared/human-duration';
import {
  JOIN_TOKEN_NAMESPACE,
  JOIN_TOKEN_TYPE,
  bootstrapEndMs,
  bootstrapField,
  bootstrapTokenIn,
} from '../../../shared/wire/bootstrap-secret';
import { KNOWN } from '../../client/known-types';
import { pathOf } from '../../client/resources';
import { layoutColumns } from '../../output/columns';
import type { Command, Context } from '../command';

export const list: Command = {
  name: 'list',
  usage: 'list',
  describe: 'the tokens there are, without their secret halves',
  build: (yargs) => yargs,
  run,
};

async function run(context: Context): Promise<void> {
  const { value } = await context.client().json<{ readonly items: readonly Secret[] }>({
    path: pathOf(KNOWN.secret, JOIN_TOKEN_NAMESPACE),
    query: { fieldSelector: `type=${JOIN_TOKEN_TYPE}` },
  });
  if (value.items.length === 0) return context.note('No tokens. Make one: kubectl-lite token create\n');
  const nowMs = systemClock.now();
  const rows = value.items.map((secret) => {
    const endsMs = bootstrapEndMs(secret);
    return [
      bootstrapTokenIn(secret).id,
      endsMs === undefined ? '<forever>' : endsMs <= nowMs ? '<expired>' : humanDuration(endsMs - nowMs),
      endsMs === undefined ? '<never>' : toTimestamp(endsMs),
      bootstrapField(secret, 'description'),
    ];
  });
  context.out(layoutColumns([['TOKEN', 'TTL', 'EXPIRES', 'DESCRIPTION'], ...rows]));
}
