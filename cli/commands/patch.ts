import { readFileSync } from 'node:fs';
import path from 'node:path';
import { applyPatch, deepClone } from 'fast-json-patch';
import type { Operation } from 'fast-json-patch';
import { parse } from 'yaml';
import { isSameJson } from '../../shared/same-json';
import type { ApiObject } from '../api-object';
import { UsageError } from '../client/resources';
import { forEach, liveOrLocal, namedObjects } from '../found';
import { mergePatched } from '../merge-patch';
import { ChangeReport } from '../output/change-report';
import type { PatchType } from '../write-object';
import { sendPatch } from '../write-object';
import type { Command, Context, Flags } from './command';
import { isSet, text, words } from './command';
import { dryRunOf, reading, writing } from './flag-groups';

const TYPES: readonly PatchType[] = ['json', 'merge', 'strategic'];

export const patch: Command = {
  name: 'patch',
  usage: 'patch [types..]',
  describe: 'change fields of objects',
  build: (yargs) =>
    reading(writing(yargs, 'kubectl-patch'))
      .option('patch', { alias: 'p', type: 'string', describe: 'the patch, as JSON or YAML' })
      .option('patch-file', { type: 'string', describe: 'the file that holds it' })
      .option('type', { type: 'string', default: 'strategic', describe: 'json, merge or strategic' })
      .option('subresource', { type: 'string', describe: 'status, scale or resize alone' })
      .option('local', { type: 'boolean', describe: 'change the manifests of -f alone, without a server' }),
  run,
};

async function run(context: Context, flags: Flags): Promise<number | void> {
  const type = TYPES.find((each) => each === (text(flags, 'type') ?? 'strategic').toLowerCase());
  if (type === undefined)
    throw new UsageError(`--type must be one of [${TYPES.join(' ')}], not "${text(flags, 'type') ?? ''}"`);
  const body = patchOf(context, flags);
  if (type === 'json' && !Array.isArray(body))
    throw new UsageError(
      'a json patch must be a list of operations: [{"op": "replace", "path": "/spec/x", "value": 1}]',
    );
  const isLocal = isSet(flags, 'local');
  const report = new ChangeReport(context, flags);
  const named = await namedObjects(context, flags, words(flags, 'types'));
  return forEach(context, named, async (each) => {
    const subresource = text(flags, 'subresource');
    const before = await liveOrLocal(context, flags, { ...each, subresource });
    if (isLocal) return report.tell(each.resource, locally(before, type, body), 'patched');
    // What a strategic patch does is the server's knowledge, so a client's dry run asks it as well.
    const asked = dryRunOf(flags) === 'client' ? { ...flags, 'dry-run': 'server' } : flags;
    const after = await sendPatch(context, asked, { ...each, subresource }, type, body);
    const shown = subresource === 'scale' ? { singular: 'scale', group: 'autoscaling' } : each.resource;
    report.tell(shown, after, isUnchanged(before, after) ? 'patched (no change)' : 'patched');
  });
}

const isUnchanged = (before: ApiObject, after: ApiObject): boolean =>
  isSameJson(withoutTraces(before), withoutTraces(after));

const withoutTraces = ({ metadata, ...rest }: ApiObject): object => ({
  ...rest,
  metadata: { ...metadata, managedFields: null, resourceVersion: null },
});

function patchOf(context: Context, flags: Flags): unknown {
  const [given, file] = [text(flags, 'patch'), text(flags, 'patch-file')];
  if ((given === undefined) === (file === undefined))
    throw new UsageError(
      given === undefined
        ? 'must specify --patch or --patch-file containing the contents of the patch'
        : 'cannot specify --patch and --patch-file together',
    );
  const source = given ?? readText(path.resolve(context.environment.cwd, file ?? ''), file ?? '');
  try {
    return parse(source) as unknown;
  } catch (error) {
    throw new UsageError(
      `unable to parse "${source}": ${error instanceof Error ? (error.message.split('\n')[0] ?? '') : String(error)}`,
    );
  }
}

function readText(full: string, shown: string): string {
  try {
    return readFileSync(full, 'utf8');
  } catch (error) {
    throw new UsageError(`unable to read patch file "${shown}": ${error instanceof Error ? error.message : ''}`);
  }
}

function locally(object: ApiObject, type: PatchType, body: unknown): ApiObject {
  if (type === 'merge') return mergePatched(object, body) as ApiObject;
  if (type === 'strategic')
    throw new UsageError('a strategic patch takes a server: say --type=merge or --type=json with --local');
  try {
    return applyPatch(deepClone(object) as ApiObject, body as Operation[], true).newDocument;
  } catch (error) {
    throw new UsageError(
      `the patch does not fit: ${error instanceof Error ? (error.message.split('\n')[0] ?? '') : ''}`,
    );
  }
}
