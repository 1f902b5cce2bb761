import type { Argv } from 'yargs';
import yargs from 'yargs';
import { StatusError } from '../shared/status-error';
import { ApiClient, ConnectionError } from './client/api-client';
import { KubeconfigError, connectionOf, kubeconfigFile, loadKubeconfig } from './client/kubeconfig';
import { Resources, UsageError, nearest } from './client/resources';
import { commands } from './commands/commands';
import { candidatesFor } from './completion/candidates';
import { COMPLETE } from './completion/scripts';
import type { Command, Context, Flags } from './commands/command';
import { text } from './commands/command';
import type { Environment } from './environment';
import { wantsColour } from './environment';
import { ManifestError } from './manifests';
import { JsonPathError } from '../shared/json-path';
import type { Palette } from './output/palette';
import { createPalette } from './output/palette';

/** Errors whose message is for the person and says all. */
const TOLD = [UsageError, KubeconfigError, ConnectionError, ManifestError, JsonPathError];

/** Runs one command line. Resolves with the exit code; everything it has to say it writes to the environment's streams. */
export async function runProgram(argv: readonly string[], environment: Environment): Promise<number> {
  const palette = createPalette(wantsColour(environment));
  if (argv[0] === COMPLETE) return complete(argv.slice(1), environment, palette);
  let code = 0;
  const parser = yargs(withDashValues(argv))
    .scriptName('kubectl-lite')
    .usage('$0 COMMAND\n\nFor Pinsetter, and any other Kubernetes API.')
    .option('kubeconfig', { type: 'string', describe: 'file with servers and credentials' })
    .option('context', { type: 'string', describe: 'which of its contexts' })
    .option('server', { alias: 's', type: 'string', describe: 'another server URL' })
    .option('namespace', { alias: 'n', type: 'string', describe: 'which namespace' })
    .parserConfiguration({
      'populate--': true,
      'camel-case-expansion': false,
      'parse-positional-numbers': false,
      'boolean-negation': false,
    })
    .exitProcess(false)
    .version(false)
    .strictOptions()
    .recommendCommands()
    .wrap(Math.min(100, environment.stdout.columns ?? 80))
    .demandCommand(1, '')
    .fail((message: string | null, error: Error | undefined) => {
      throw (
        error ??
        new UsageError(
          message === null || message === '' ? 'say what to do: kubectl-lite --help lists the commands' : message,
        )
      );
    });
  for (const command of commands) {
    parser.command(
      command.usage,
      command.describe,
      (inner) => command.build(withPositionals(inner, command.usage)),
      async (flags) => {
        code = await runCommand(command, flags, environment, palette);
      },
    );
  }
  try {
    checkCommand(argv);
    await parser.parseAsync();
    return code;
  } catch (error) {
    return tell(error, environment, palette);
  }
}

/** `-f -` as `--filename=-`: yargs takes a dash alone for a word of its own. */
function withDashValues(argv: readonly string[]): string[] {
  const result: string[] = [];
  for (let index = 0; index < argv.length; index++) {
    const word = argv[index] ?? '';
    const isFile = (word === '-f' || word === '--filename') && argv[index + 1] === '-';
    result.push(isFile ? '--filename=-' : word);
    if (isFile) index += 1;
  }
  return result;
}

/** Prints what may stand in place of the last word, one a line, for the shell that asks. */
async function complete(words: readonly string[], environment: Environment, palette: Palette): Promise<number> {
  const context = createContext({}, environment, palette);
  try {
    const found = await candidatesFor(words, commands, context);
    if (found.length > 0) context.out(`${found.join('\n')}\n`);
    return 0;
  } finally {
    context.close();
  }
}

/** Declares the `<words>` and `[words..]` of a usage as text: yargs would read `007` as a number. */
function withPositionals(parser: Argv, usage: string): Argv {
  let declared = parser;
  for (const [, name = '', several] of usage.matchAll(/[<[](\w+)(\.\.)?[>\]]/g)) {
    declared = declared.positional(name, { type: 'string', ...(several === undefined ? {} : { array: true }) });
  }
  return declared;
}

/** yargs knows only that a command is unknown; the nearest one helps more. */
function checkCommand(argv: readonly string[]): void {
  const [word] = argv;
  if (word === undefined || word.startsWith('-') || word === 'help' || commands.some(({ name }) => name === word))
    return;
  const near = nearest(
    word,
    commands.map(({ name }) => name),
  );
  throw new UsageError(
    `unknown command "${word}"${near === undefined ? ': kubectl-lite --help lists them' : `: did you mean "${near}"?`}`,
  );
}

async function runCommand(command: Command, flags: Flags, environment: Environment, palette: Palette): Promise<number> {
  const context = createContext(flags, environment, palette);
  try {
    const code = (await command.run(context, flags)) ?? 0;
    const next = code === 0 && environment.stdout.isTTY === true ? command.next?.(flags) : undefined;
    if (next !== undefined) context.note(palette.dim(`next: ${next}\n`));
    return code;
  } finally {
    context.close();
  }
}

function createContext(flags: Flags, environment: Environment, palette: Palette): Context & { close(): void } {
  const file = kubeconfigFile(environment, text(flags, 'kubeconfig'));
  let connected: ApiClient | undefined;
  let resources: Promise<Resources> | undefined;
  const connection = (): ReturnType<typeof connectionOf> =>
    connectionOf(loadKubeconfig(file), file, {
      context: text(flags, 'context'),
      server: text(flags, 'server'),
      namespace: text(flags, 'namespace'),
    });
  const client = (): ApiClient => (connected ??= new ApiClient(connection()));
  return {
    environment,
    palette,
    kubeconfigFile: file,
    client,
    resources: () => (resources ??= Resources.load(client())),
    get namespace() {
      return client().connection.namespace;
    },
    out: (output) => void environment.stdout.write(output),
    note: (output) => void environment.stderr.write(output),
    close: () => connected?.close(),
  };
}

/** Says what went wrong and returns the exit code. */
function tell(error: unknown, environment: Environment, palette: Palette): number {
  if (environment.signal.aborted) return 130;
  const say = (line: string): boolean => environment.stderr.write(`${line}\n`);
  if (error instanceof StatusError) {
    if (error.reason === 'Invalid' && error.details?.kind !== undefined)
      say(palette.bad(`The ${error.message.replace(/ is invalid: /, ' is invalid:\n* ')}`));
    else say(`${palette.bad(`Error from server (${error.reason}):`)} ${error.message}`);
    return 1;
  }
  if (TOLD.some((told) => error instanceof told)) {
    say(`${palette.bad('error:')} ${error instanceof Error ? error.message : String(error)}`);
    return 1;
  }
  say(`${palette.bad('error:')} ${error instanceof Error ? (error.stack ?? error.message) : String(error)}`);
  return 1;
}
