import type { Argv } from 'yargs';
import { UsageError } from '../client/resources';
import type { Flags } from './command';
import { text } from './command';

/** `-o` and what belongs to it. */
export const printing = (yargs: Argv): Argv =>
  yargs
    .option('output', {
      alias: 'o',
      type: 'string',
      describe: 'json|yaml|name|wide|jsonpath=…|go-template=…|custom-columns=…, and each of these with -file',
    })
    .option('template', { type: 'string', describe: 'the template of -o; alone: a Go template' })
    .option('show-managed-fields', { type: 'boolean', describe: 'with managedFields' })
    .option('allow-missing-template-keys', { type: 'boolean', default: true, hidden: true });

/** Of commands that write. `manager`: who owns the fields they write. */
export const writing = (yargs: Argv, manager: string): Argv =>
  printing(yargs)
    .option('dry-run', {
      type: 'string',
      default: 'none',
      describe: 'none, client (show what would be sent) or server (let the server check it)',
    })
    .option('field-manager', { type: 'string', default: manager, describe: 'who owns the written fields' });

/** Of commands that send whole manifests. */
export const validating = (yargs: Argv): Argv =>
  yargs
    .option('validate', { type: 'string', default: 'strict', describe: 'unknown fields: strict, warn or ignore' })
    .option('save-config', { type: 'boolean', describe: 'remember the manifest for apply' });

/** `-f`, `-k` and `-R`. */
export const reading = (yargs: Argv): Argv =>
  yargs
    .option('filename', {
      alias: 'f',
      type: 'string',
      array: true,
      describe: 'file, folder, URL or - for standard input',
    })
    .option('kustomize', { alias: 'k', type: 'string', describe: 'folder with a kustomization' })
    .option('recursive', { alias: 'R', type: 'boolean', describe: 'also folders within folders' });

/** `-l` and `--all`, of commands that change objects. */
export const choosing = (yargs: Argv): Argv =>
  yargs
    .option('selector', { alias: 'l', type: 'string', describe: 'label selector' })
    .option('all', { type: 'boolean', describe: 'everything of the type' });

export type DryRun = 'none' | 'client' | 'server';

/** Throws UsageError. */
export function dryRunOf(flags: Flags): DryRun {
  const given = text(flags, 'dry-run') ?? 'none';
  if (given === 'none' || given === 'client' || given === 'server') return given;
  throw new UsageError(`Invalid dry-run value (${given}). Must be "none", "server", or "client".`);
}

const VALIDATION: Readonly<Record<string, string>> = {
  strict: 'Strict',
  true: 'Strict',
  warn: 'Warn',
  ignore: 'Ignore',
  false: 'Ignore',
};

/** The query of a write by the flags. Throws UsageError. */
export function writeQuery(flags: Flags): Readonly<Record<string, string | undefined>> {
  const validate = text(flags, 'validate');
  const fieldValidation = validate === undefined ? undefined : VALIDATION[validate.toLowerCase()];
  if (validate !== undefined && fieldValidation === undefined)
    throw new UsageError(`--validate ${validate}: must be strict (or true), warn, or ignore (or false)`);
  return {
    fieldManager: text(flags, 'field-manager'),
    fieldValidation,
    dryRun: dryRunOf(flags) === 'server' ? 'All' : undefined,
  };
}
