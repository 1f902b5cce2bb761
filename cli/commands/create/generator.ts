import type { Argv } from 'yargs';
import { StatusError } from '../../../shared/status-error';
import type { ApiObject } from '../../api-object';
import type { Resource } from '../../client/resources';
import { UsageError, apiVersionOf } from '../../client/resources';
import { ChangeReport } from '../../output/change-report';
import { createObject } from '../../write-object';
import type { Command, Context, Flags } from '../command';
import { isSet, text, words } from '../command';
import { dryRunOf, validating, writing } from '../flag-groups';

/** An object that a command line describes: its fields beside apiVersion, kind, name and namespace. */
export type Fields = Readonly<Record<string, unknown>> & { readonly metadata?: ApiObject['metadata'] };

/** One `create TYPE NAME`. */
export interface Generator {
  readonly name: string;
  /** The command that it stands under, beside `create`. */
  readonly within?: string;
  readonly aliases?: readonly string[];
  readonly describe: string;
  readonly type: Resource;
  readonly build: (yargs: Argv) => Argv;
  /** Throws UsageError for what the flags do not make. */
  readonly make: (flags: Flags, name: string, context: Context) => Fields | Promise<Fields>;
  /** What a refusal begins with, as kubectl words it; nothing where kubectl says the refusal alone. */
  readonly failure?: string;
}

export const generating = (generator: Generator): Command => ({
  name: generator.name,
  ...(generator.aliases === undefined ? {} : { aliases: generator.aliases }),
  usage: `${generator.name} [names..]`,
  describe: generator.describe,
  build: (yargs) => generator.build(validating(writing(yargs, 'kubectl-create'))),
  run: (context, flags) => generate(context, flags, generator),
  next: (flags) =>
    text(flags, 'dry-run') === 'none' && text(flags, 'output') === undefined ? nextAfter(generator, flags) : undefined,
});

function nextAfter({ type }: Generator, flags: Flags): string {
  const [name = ''] = words(flags, 'names');
  const id = `${type.singular}/${name}`;
  switch (type.kind) {
    case 'Deployment':
      return `kubectl-lite rollout status ${id}`;
    case 'Job':
      return `kubectl-lite logs -f ${id}`;
    case 'Namespace':
      return `kubectl-lite config set-context --current --namespace ${name}`;
    default:
      return `kubectl-lite describe ${id}`;
  }
}

/** The one name of a command line. `path`: the command's words. Throws UsageError. */
export function oneName(flags: Flags, path: string): string {
  const names = words(flags, 'names');
  const [name] = names;
  if (name === undefined || names.length > 1)
    throw new UsageError(
      `exactly one NAME is required, got ${names.length}\nSee 'kubectl-lite ${path} -h' for help and examples`,
    );
  return name;
}

async function generate(context: Context, flags: Flags, generator: Generator): Promise<void> {
  const { type, failure } = generator;
  const name = oneName(
    flags,
    ['create', generator.within ?? '', generator.name].filter((word) => word !== '').join(' '),
  );
  const report = new ChangeReport(context, flags);
  dryRunOf(flags);
  const { metadata, ...fields } = await generator.make(flags, name, context);
  const object: ApiObject = {
    apiVersion: apiVersionOf(type),
    kind: type.kind,
    metadata: {
      name,
      ...(type.namespaced && context.isNamespaceGiven ? { namespace: context.namespace } : {}),
      ...metadata,
    },
    ...fields,
  };
  try {
    await createObject(context, flags, { resource: type, object, report, remember: isSet(flags, 'save-config') });
  } catch (error) {
    if (failure === undefined || !(error instanceof StatusError)) throw error;
    throw new UsageError(`failed to create ${failure}: ${error.message}`, { cause: error });
  }
}
