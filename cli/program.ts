import type { Argv } from 'yargs';
import yargs from 'yargs';
import { UsageError, nearest } from './client/resources';
import { createContext } from './command-context';
import { spelledOut } from './command-line';
import type { Command, Flags } from './commands/command';
import { isSet, words } from './commands/command';
import { commands } from './commands/commands';
import { candidatesFor } from './completion/candidates';
import { COMPLETE } from './completion/scripts';
import type { Environment } from './environment';
import { wantsColour } from './environment';
import { withGlobalFlags } from './global-flags';
import { errorText } from './output/error-text';
import { tellHint } from './output/hints';
import type { Palette } from './output/palette';
import { createPalette } from './output/palette';
import { pluginFor, runPlugin } from './plugins';

/** Runs one command line. Resolves with the exit code; everything it has to say it writes to the environment's streams. */
export async function runProgram(argv: readonly string[], environment: Environment): Promise<number> {
  const palette = createPalette(wantsColour(environment));
  if (argv[0] === COMPLETE) return complete(argv.slice(1), environment, palette);
  try {
    const plugin = isOurs(argv[0]) ? undefined : pluginFor(argv, environment);
    if (plugin !== undefined) return await runPlugin(plugin, environment);
    checkCommand(argv);
    return await parseAndRun(spelledOut(argv, commands, withGlobalFlags), environment, palette);
  } catch (error) {
    if (environment.signal.aborted) return 130;
    environment.stderr.write(errorText(error, palette));
    tellHint({ environment, palette, note: (told) => void environment.stderr.write(told) }, error);
    return 1;
  }
}

async function parseAndRun(argv: readonly string[], environment: Environment, palette: Palette): Promise<number> {
  let code = 0;
  const parser = withGlobalFlags(yargs([...argv]))
    .scriptName('kubectl-lite')
    .usage('$0 COMMAND\n\nFor Pinsetter, and any other Kubernetes API.')
    .parserConfiguration({
      'populate--': true,
      'camel-case-expansion': false,
      'parse-positional-numbers': false,
      'boolean-negation': false,
      'greedy-arrays': false,
    })
    .exitProcess(false)
    .version(false)
    .alias('help', 'h')
    .strictOptions()
    .wrap(Math.min(100, environment.stdout.columns ?? 80))
    .demandCommand(1, '')
    .fail((message: string | null, error: Error | undefined) => {
      throw error ?? new UsageError(usageProblem(message, argv));
    });
  const register = (on: Argv, command: Command, depth: number): void => {
    on.command(
      [command.usage, ...(command.aliases ?? [])],
      command.describe,
      (inner) => {
        const built = command.build(withPositionals(inner, command.usage));
        for (const each of command.subcommands ?? []) register(built, each, depth + 1);
        return built;
      },
      async (flags) => {
        checkSubcommand(command, flags, depth);
        code = await runCommand(command, flags, environment, palette);
      },
    );
  };
  for (const command of commands) register(parser, command, 1);
  await parser.parseAsync();
  return code;
}

function usageProblem(message: string | null, argv: readonly string[]): string {
  if (message === null || message === '') return 'say what to do: kubectl-lite --help lists the commands';
  const path: string[] = [];
  for (let among: readonly Command[] = commands; ;) {
    const found = among.find(({ name, aliases = [] }) => [name, ...aliases].includes(argv[path.length] ?? ''));
    if (found === undefined) break;
    path.push(found.name);
    among = found.subcommands ?? [];
  }
  return `${message}\nSee 'kubectl-lite ${[...path, '--help'].join(' ')}' for usage.`;
}

/** Prints what may stand in place of the last word, one a line, for the shell that asks. */
async function complete(words: readonly string[], environment: Environment, palette: Palette): Promise<number> {
  const context = createContext(namespaceOf(words), environment, palette);
  try {
    const found = await candidatesFor(words, commands, context, withGlobalFlags);
    if (found.length > 0) context.out(`${found.join('\n')}\n`);
    return 0;
  } finally {
    context.close();
  }
}

/** The namespace that a line to be completed names already. */
function namespaceOf(words: readonly string[]): Flags {
  const at = words.findIndex((word) => word === '-n' || word === '--namespace');
  const value = at >= 0 && at < words.length - 2 ? words[at + 1] : undefined;
  return value === undefined ? {} : { namespace: value };
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
  if (word !== undefined && !isOurs(word)) throw unknownCommand(word, namesOfCommands(), '');
}

const namesOfCommands = (): readonly string[] => commands.flatMap(({ name, aliases = [] }) => [name, ...aliases]);

const isOurs = (word: string | undefined): boolean =>
  word === undefined || word.startsWith('-') || word === 'help' || namesOfCommands().includes(word);

/** A word after a command that has subcommands is one of them. */
function checkSubcommand({ name, subcommands = [], usage }: Command, flags: Flags, depth: number): void {
  const word = words(flags, '_')[depth];
  if (subcommands.length > 0 && usage === name && word !== undefined)
    throw unknownCommand(
      `${name} ${word}`,
      subcommands.map((each) => `${name} ${each.name}`),
      `${name} `,
    );
}

function unknownCommand(word: string, names: readonly string[], parent: string): UsageError {
  const near = nearest(word, names);
  return new UsageError(
    `unknown command "${word}"${near === undefined ? `: kubectl-lite ${parent}--help lists them` : `: did you mean "${near}"?`}`,
  );
}

async function runCommand(command: Command, flags: Flags, environment: Environment, palette: Palette): Promise<number> {
  const context = createContext(flags, environment, palette);
  try {
    const code = (await command.run(context, flags)) ?? 0;
    const next = code === 0 && environment.stdout.isTTY === true ? command.next?.(flags) : undefined;
    if (next !== undefined) context.note(palette.dim(`next: ${next}\n`));
    const { warnings } = context;
    if (warnings === 0 || !isSet(flags, 'warnings-as-errors')) return code;
    context.note(`${palette.bad('error:')} ${warnings} warning${warnings === 1 ? '' : 's'} received\n`);
    return 1;
  } finally {
    context.close();
  }
}
