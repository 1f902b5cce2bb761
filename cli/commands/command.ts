import type { Argv } from 'yargs';
import type { ApiClient } from '../client/api-client';
import type { KubeconfigFiles } from '../client/kubeconfig';
import { UsageError } from '../client/resources';
import type { Resources } from '../client/resources';
import type { Environment } from '../environment';
import type { Palette } from '../output/palette';

/** What a command works with: connections are made on first use, so that commands without a server need none. */
export interface Context {
  readonly environment: Environment;
  readonly palette: Palette;
  /** What the kubeconfig files say. Throws KubeconfigError. */
  kubeconfig(): KubeconfigFiles;
  client(): ApiClient;
  resources(): Promise<Resources>;
  /** The namespace in effect. */
  readonly namespace: string;
  /** Whether the command line named it. */
  readonly isNamespaceGiven: boolean;
  out(text: string): void;
  /** For warnings and progress: never mixed into what a pipe reads. */
  note(text: string): void;
}

/** Flags as yargs parsed them. */
export type Flags = Readonly<Record<string, unknown>>;

/** One word of kubectl-lite. The handler returns the exit code, nothing for 0. */
export interface Command {
  readonly name: string;
  readonly aliases?: readonly string[];
  /** yargs' form: `get <types..>`. */
  readonly usage: string;
  readonly describe: string;
  readonly build: (yargs: Argv) => Argv;
  readonly run: (context: Context, flags: Flags) => Promise<number | void>;
  readonly subcommands?: readonly Command[];
  /** What to type next after a success, on a terminal. */
  readonly next?: (flags: Flags) => string | undefined;
}

/** A command that is nothing without one of its subcommands. */
export const group = (
  of: Pick<Command, 'name' | 'aliases' | 'describe'> & { subcommands: readonly Command[] },
): Command => ({
  ...of,
  usage: of.name,
  build: (yargs) => yargs,
  run: () => {
    throw new UsageError(
      `say what to ${of.name}: ${of.subcommands.map(({ name }) => name).join(', ')} (kubectl-lite ${of.name} --help tells more)`,
    );
  },
});

/** A flag's text; of one that is given twice, the last. */
export const text = (flags: Flags, name: string): string | undefined => {
  const value: unknown = [flags[name]].flat().at(-1);
  return typeof value === 'string' && value !== '' ? value : undefined;
};
export const isSet = (flags: Flags, name: string): boolean => [flags[name]].flat().at(-1) === true;
export const words = (flags: Flags, name: string): readonly string[] => {
  const value = flags[name];
  return value === undefined ? [] : [value].flat().map(String);
};
export const count = (flags: Flags, name: string): number | undefined => {
  const value: unknown = [flags[name]].flat().at(-1);
  return typeof value === 'number' && !Number.isNaN(value) ? value : undefined;
};
/** Words of a flag that may be repeated and may hold several between commas. */
export const list = (flags: Flags, name: string): readonly string[] =>
  words(flags, name)
    .flatMap((word) => word.split(','))
    .filter((word) => word !== '');
/** Throws UsageError where a flag is missing. */
export const required = (flags: Flags, name: string): string => {
  const value = text(flags, name);
  if (value === undefined) throw new UsageError(`required flag(s) "${name}" not set`);
  return value;
};

/** Flags of commands that choose objects. */
export const selecting = (yargs: Argv): Argv =>
  yargs
    .option('selector', { alias: 'l', type: 'string', describe: 'label selector' })
    .option('field-selector', { type: 'string', describe: 'field selector' })
    .option('all-namespaces', { alias: 'A', type: 'boolean', describe: 'in all namespaces' });

/** Seconds of a Go duration such as 90s, 2m or 1h30m; a bare number is seconds. Undefined for anything else. */
export function parseSeconds(duration: string): number | undefined {
  if (/^-?\d+$/.test(duration)) return Number(duration);
  if (!/^(\d+(\.\d+)?(ms|s|m|h))+$/.test(duration)) return undefined;
  const units: Readonly<Record<string, number>> = { ms: 0.001, s: 1, m: 60, h: 3_600 };
  return [...duration.matchAll(/(\d+(?:\.\d+)?)(ms|s|m|h)/g)].reduce(
    (sum, [, amount, unit]) => sum + Number(amount) * (units[unit ?? 's'] ?? 1),
    0,
  );
}

/** A flag's duration in seconds. Throws UsageError. */
export function seconds(flags: Flags, name: string): number | undefined {
  const given = text(flags, name);
  if (given === undefined) return undefined;
  const parsed = parseSeconds(given);
  if (parsed === undefined) throw new UsageError(`--${name} ${given}: must be a duration such as 90s or 2m`);
  return parsed;
}
