import type { Argv } from 'yargs';
import yargs from 'yargs';
import { UsageError } from './client/resources';
import type { Command } from './commands/command';

/** What yargs knows of the flags declared so far; its types leave this out. */
interface Declared {
  readonly key: Readonly<Record<string, unknown>>;
  readonly alias: Readonly<Record<string, readonly string[]>>;
  readonly boolean: readonly string[];
  readonly number: readonly string[];
}

/** What flags stand for that kubectl lets stand without a value, and whose next word is then no value. */
const WITHOUT_VALUE: Readonly<Record<string, string>> = {
  'dry-run': 'client',
  validate: 'strict',
  cascade: 'background',
};

const TRUTHS: Readonly<Record<string, boolean>> = {
  ...{ '1': true, t: true, T: true, true: true, TRUE: true, True: true },
  ...{ '0': false, f: false, F: false, false: false, FALSE: false, False: false },
};

/**
 * A command line read as kubectl reads it (Go's pflag), written out so that yargs cannot read it otherwise: each flag
 * is `--name=value`. So `-oyaml`, `-itc main`, `-f -` and `--tail -1` mean what they mean to kubectl, and
 * `--watch false` is a flag and a word. Throws UsageError for flags that are unknown, lack their value or have a wrong one.
 */
export function spelledOut(
  argv: readonly string[],
  commands: readonly Command[],
  globalFlags: (parser: Argv) => Argv,
): readonly string[] {
  const result: string[] = [];
  const path: string[] = [];
  let parser = globalFlags(yargs([]).version(false).alias('help', 'h'));
  let below = commands;
  let flags = declaredBy(parser);
  const rest = [...argv];
  for (let word = rest.shift(); word !== undefined; word = rest.shift()) {
    if (word === '--') return [...result, word, ...rest];
    if (!word.startsWith('-') || word === '-') {
      const command = below.find(({ name, aliases = [] }) => name === word || aliases.includes(word ?? ''));
      below = command?.subcommands ?? [];
      if (command !== undefined) {
        path.push(command.name);
        parser = command.build(parser);
        flags = declaredBy(parser);
      }
      result.push(word);
      continue;
    }
    result.push(...readFlag(word, rest, flags, path));
  }
  return result;
}

const declaredBy = (parser: Argv): Declared => (parser as unknown as { getOptions(): Declared }).getOptions();

/** One word that begins with a dash, with the words after it that belong to it, which are taken from `rest`. */
function readFlag(word: string, rest: string[], flags: Declared, path: readonly string[]): readonly string[] {
  const refuse = (problem: string): never => {
    throw new UsageError(`${problem}\nSee 'kubectl-lite ${[...path, '--help'].join(' ')}' for usage.`);
  };
  const nextFor = (shown: string): string => rest.shift() ?? refuse(`flag needs an argument: ${shown}`);
  const written = (name: string, value: string): string => {
    if (flags.boolean.includes(name) && TRUTHS[value] === undefined)
      refuse(`invalid argument "${value}" for "${shownName(name, flags)}" flag: it is true or false`);
    if (flags.number.includes(name) && !/^[-+]?\d+$/.test(value))
      refuse(`invalid argument "${value}" for "${shownName(name, flags)}" flag: it is a whole number`);
    return `--${name}=${flags.boolean.includes(name) ? String(TRUTHS[value]) : value}`;
  };
  if (word.startsWith('--')) {
    const [, name = '', value] = /^--([^=]*)(?:=(.*))?$/s.exec(word) ?? [];
    if (!Object.hasOwn(flags.key, name) || isShortFor(name, flags)) refuse(`unknown flag: --${name}`);
    if (value !== undefined) return [written(name, value)];
    return [written(name, valueAlone(name, flags) ?? nextFor(`--${name}`))];
  }
  const found: string[] = [];
  for (let letters = word.slice(1); letters !== '';) {
    const letter = letters[0] ?? '';
    const name = longNameOf(letter, flags) ?? refuse(`unknown shorthand flag: '${letter}' in -${letters}`);
    const attached = letters.slice(1);
    if (attached.startsWith('=')) return [...found, written(name, attached.slice(1))];
    const alone = valueAlone(name, flags);
    if (alone === undefined)
      return [...found, written(name, attached === '' ? nextFor(`'${letter}' in -${letters}`) : attached)];
    found.push(written(name, alone));
    letters = attached;
  }
  return found;
}

/** What a flag means that has no value; undefined where it must have one. */
const valueAlone = (name: string, flags: Declared): string | undefined =>
  flags.boolean.includes(name) ? 'true' : WITHOUT_VALUE[name];

const longNameOf = (letter: string, { alias, key }: Declared): string | undefined =>
  Object.entries(alias).findLast(([, letters]) => letters.includes(letter))?.[0] ??
  (Object.hasOwn(key, letter) ? letter : undefined);

/** Whether a letter stands for a flag with a longer name. */
const isShortFor = (letter: string, flags: Declared): boolean =>
  letter.length === 1 && longNameOf(letter, flags) !== letter;

const shownName = (name: string, { alias }: Declared): string =>
  [...(alias[name] ?? []).map((letter) => `-${letter}`), `--${name}`].join(', ');
