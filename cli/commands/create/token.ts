import { StatusError } from '../../../shared/status-error';
import type { StoredObject } from '../../api-object';
import { KNOWN } from '../../client/known-types';
import { UsageError, pathOf } from '../../client/resources';
import { format, parseOutput } from '../../output/format';
import type { Command, Context, Flags } from '../command';
import { list, seconds, text } from '../command';
import { printing } from '../flag-groups';
import { oneName } from './generator';

type TokenRequest = StoredObject & { readonly status?: { readonly token?: string } };

export const token: Command = {
  name: 'token',
  usage: 'token [names..]',
  describe: 'let a service account speak to the API',
  build: (yargs) =>
    printing(yargs)
      .option('audience', { type: 'string', array: true, describe: 'who may take it' })
      .option('duration', { type: 'string', describe: 'for how long, such as 1h' })
      .option('bound-object-kind', { type: 'string', describe: 'valid as long as a Pod, Secret or Node' })
      .option('bound-object-name', { type: 'string', describe: 'by this name' })
      .option('bound-object-uid', { type: 'string', describe: 'and uid is there' }),
  run,
};

async function run(context: Context, flags: Flags): Promise<void> {
  const name = oneName(flags, 'create token');
  const output = text(flags, 'output');
  if (output !== undefined) parseOutput(output, text(flags, 'template'), 'changes');
  const duration = seconds(flags, 'duration');
  if (duration !== undefined && duration < 0) throw new UsageError('--duration must be greater than or equal to 0');
  const audiences = list(flags, 'audience');
  const bound = boundTo(flags);
  const body = {
    kind: 'TokenRequest',
    apiVersion: 'authentication.k8s.io/v1',
    metadata: {},
    spec: {
      audiences,
      ...(duration === undefined || duration === 0 ? {} : { expirationSeconds: Math.round(duration) }),
      ...(bound === undefined ? {} : { boundObjectRef: bound }),
    },
  };
  const path = pathOf(KNOWN.serviceAccount, context.namespace, name, 'token');
  const { value } = await context
    .client()
    .json<TokenRequest>({ method: 'POST', path, body })
    .catch((error: unknown) => {
      if (error instanceof StatusError)
        throw new UsageError(`failed to create token: ${error.message}`, { cause: error });
      throw error;
    });
  if (value.status?.token === undefined) throw new UsageError('failed to create token: no token in server response');
  if (output === undefined) return context.out(`${value.status.token}\n`);
  context.out(
    format(output, value, [value], {
      nameOf: () => `tokenrequest.authentication.k8s.io/${name}`,
      template: text(flags, 'template'),
      cwd: context.environment.cwd,
    }),
  );
}

const BOUND: Readonly<Record<string, string>> = { Pod: 'v1', Secret: 'v1', Node: 'v1' };

function boundTo(flags: Flags): object | undefined {
  const [kind, name, uid] = ['kind', 'name', 'uid'].map((each) => text(flags, `bound-object-${each}`));
  if (kind === undefined) {
    if (name !== undefined || uid !== undefined)
      throw new UsageError('--bound-object-name and --bound-object-uid need --bound-object-kind');
    return undefined;
  }
  const apiVersion = BOUND[kind];
  if (apiVersion === undefined)
    throw new UsageError(`supported --bound-object-kind values are ${Object.keys(BOUND).sort().join(', ')}`);
  if (name === undefined) throw new UsageError('--bound-object-name is required if --bound-object-kind is provided');
  return { kind, apiVersion, name, ...(uid === undefined ? {} : { uid }) };
}
