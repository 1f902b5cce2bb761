import path from 'node:path';
import type { Argv } from 'yargs';
import yargs from 'yargs';
import { ApiClient } from './client/api-client';
import { connectionOf } from './client/connection';
import type { KubeconfigFiles } from './client/kubeconfig';
import { kubeconfigPaths, loadKubeconfigs } from './client/kubeconfig';
import { Resources, UsageError, nearest } from './client/resources';
import type { Command, Context, Flags } from './commands/command';
import { isSet, seconds, text, words } from './commands/command';
import { commands } from './commands/commands';
import { candidatesFor } from './completion/candidates';
import { COMPLETE } from './completion/scripts';
import type { Environment } from './environment';
import { wantsColour } from './environment';
import { errorText } from './output/error-text';
import { tellHint } from './output/hints';
import type { Palette } from './output/palette';
import { createPalette } from './output/palette';

/** Runs one command line. Resolves with the exit code; everything it has to say it writes to the environment's streams. */
export async function runProgram(argv: readonly string[], environment: Environment): Promise<number> {
  const palette = createPalette(wantsColour(environment));
  if (argv[0] === COMPLETE) return complete(argv.slice(1), environment, palette);
  let code = 0;
  const parser = withGlobalFlags(yargs(withDashValues(argv)))
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
  try {
    checkCommand(argv);
    await parser.parseAsync();
    return code;
  } catch (error) {
    if (environment.signal.aborted) return 130;
    environment.stderr.write(errorText(error, palette));
    tellHint({ environment, palette, note: (told) => void environment.stderr.write(told) }, error);
    return 1;
  }
}

const withGlobalFlags = (parser: Argv): Argv =>
  parser
    .option('kubeconfig', { type: 'string', describe: 'file with servers and credentials' })
    .option('context', { type: 'string', describe: 'which of its contexts' })
    .option('cluster', { type: 'string', describe: 'which of its clusters' })
    .option('user', { type: 'string', describe: 'which of its users' })
    .option('server', { alias: 's', type: 'string', describe: 'another server URL' })
    .option('namespace', { alias: 'n', type: 'string', describe: 'which namespace' })
    .option('token', { type: 'string', describe: 'bearer token' })
    .option('as', { type: 'string', describe: 'for whom to speak' })
    .option('as-group', { type: 'string', array: true, describe: 'as a member of which groups' })
    .option('as-uid', { type: 'string', describe: 'with which uid' })
    .option('certificate-authority', { type: 'string', describe: 'file with the CA of the server' })
    .option('insecure-skip-tls-verify', { type: 'boolean', describe: 'trust any server' })
    .option('request-timeout', { type: 'string', describe: 'how long one request may take, such as 10s' });

function usageProblem(message: string | null, argv: readonly string[]): string {
  if (message === null || message === '') return 'say what to do: kubectl-lite --help lists the commands';
  const path: string[] = [];
  for (let among: readonly Command[] = commands; ;) {
    const found = among.find(({ name, aliases = [] }) => [name, ...aliases].includes(argv[path.length] ?? ''));
    if (found === undefined) break;
    path.push(found.name);
    among = found.subcommands ?? [];
  }
  const problem = message.replace(/^Unknown arguments?: (.*)$/s, (_all, unknown: string) => {
    const flag = unknown.split(', ')[0] ?? '';
    return flag.length > 1 ? `unknown flag: --${flag}` : `unknown shorthand flag: '${flag}'`;
  });
  return `${problem}\nSee 'kubectl-lite ${[...path, '--help'].join(' ')}' for usage.`;
}

/** `-f -` as `--filename=-`: yargs takes a dash alone for a word of its own. */
function withDashValues(argv: readonly string[]): string[] {
  const result: string[] = [];
  for (let index = 0; index < argv.length; index++) {
    const word = argv[index] ?? '';
    if (word === '--') return [...result, ...argv.slice(index)];
    const isFile = (word === '-f' || word === '--filename') && argv[index + 1] === '-';
    result.push(isFile ? '--filename=-' : word);
    if (isFile) index += 1;
  }
  return result;
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
  const names = commands.flatMap(({ name, aliases = [] }) => [name, ...aliases]);
  if (word === undefined || word.startsWith('-') || word === 'help' || names.includes(word)) return;
  throw unknownCommand(word, names, '');
}

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
    return code;
  } finally {
    context.close();
  }
}

function createContext(flags: Flags, environment: Environment, palette: Palette): Context & { close(): void } {
  const paths = kubeconfigPaths(environment, text(flags, 'kubeconfig'));
  let read: KubeconfigFiles | undefined;
  let connected: ApiClient | undefined;
  let resources: Promise<Resources> | undefined;
  const kubeconfig = (): KubeconfigFiles => (read ??= loadKubeconfigs(paths));
  const authority = text(flags, 'certificate-authority');
  const timeout = seconds(flags, 'request-timeout');
  const client = (): ApiClient =>
    (connected ??= new ApiClient(
      connectionOf(kubeconfig().merged, paths.join(':'), {
        context: text(flags, 'context'),
        cluster: text(flags, 'cluster'),
        // `create rolebinding --user` means whom to bind.
        user: Array.isArray(flags.user) ? undefined : text(flags, 'user'),
        server: text(flags, 'server'),
        namespace: text(flags, 'namespace'),
        token: text(flags, 'token'),
        as: text(flags, 'as'),
        asGroups: words(flags, 'as-group'),
        asUid: text(flags, 'as-uid'),
        insecure: isSet(flags, 'insecure-skip-tls-verify') || undefined,
        certificateAuthority: authority === undefined ? undefined : path.resolve(environment.cwd, authority),
        requestTimeoutMs: timeout === undefined ? undefined : timeout * 1_000,
      }),
    ));
  return {
    environment,
    palette,
    kubeconfig,
    client,
    resources: () => (resources ??= Resources.load(client())),
    get namespace() {
      return client().connection.namespace;
    },
    isNamespaceGiven: text(flags, 'namespace') !== undefined,
    out: (output) => void environment.stdout.write(output),
    note: (output) => void environment.stderr.write(output),
    close: () => connected?.close(),
  };
}
