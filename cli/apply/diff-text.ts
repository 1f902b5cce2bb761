import { createTwoFilesPatch } from 'diff';
import type { ApiObject } from '../api-object';
import type { Named } from '../found';
import { withoutManagedFields } from '../output/format';
import type { Palette } from '../output/palette';
import { toYaml } from '../output/yaml';
import { LAST_APPLIED } from '../three-way-patch';

const CONTEXT = 3;

/** `apps.v1.Deployment.default.web`: how kubectl names an object's file in a diff. */
export const fileNameOf = ({ resource, namespace, name }: Named): string =>
  [...(resource.group === '' ? [] : [resource.group]), resource.version, resource.kind, namespace ?? '', name].join(
    '.',
  );

/** Both as YAML, a Secret's values hidden; no object is an empty text. */
export function shownForDiff(
  live: ApiObject | undefined,
  merged: ApiObject | undefined,
  showManagedFields: boolean,
): { readonly before: string; readonly after: string } {
  const isSecret = (live ?? merged)?.kind === 'Secret';
  const [from, to] = isSecret ? masked(live, merged) : [live, merged];
  const shown = (object: ApiObject | undefined): string =>
    object === undefined ? '' : toYaml(showManagedFields ? object : withoutManagedFields(object));
  return { before: shown(from), after: shown(to) };
}

/** Values that differ are told apart, and none is shown. */
function masked(
  live: ApiObject | undefined,
  merged: ApiObject | undefined,
): readonly [ApiObject | undefined, ApiObject | undefined] {
  const dataOf = (object: ApiObject | undefined): Readonly<Record<string, unknown>> =>
    (object?.data ?? {}) as Readonly<Record<string, unknown>>;
  const [from, to] = [dataOf(live), dataOf(merged)];
  const hide = (object: ApiObject | undefined, which: string, other: Readonly<Record<string, unknown>>) => {
    if (object === undefined) return undefined;
    const data = Object.entries(dataOf(object)).map(([key, value]) => [
      key,
      other[key] === undefined || other[key] === value ? '***' : `*** (${which})`,
    ]);
    const { [LAST_APPLIED]: _manifest, ...annotations } = object.metadata?.annotations ?? {};
    const kept = Object.keys(annotations).length === 0 ? {} : { annotations };
    const { annotations: _all, ...metadata } = object.metadata ?? {};
    return { ...object, data: Object.fromEntries(data) as object, metadata: { ...metadata, ...kept } };
  };
  return [hide(live, 'before', to), hide(merged, 'after', from)];
}

/** A unified diff as `diff -u -N` prints it; empty where nothing differs. */
export function unifiedDiff(file: string, before: string, after: string, palette: Palette): string {
  if (before === after) return '';
  const patch = createTwoFilesPatch(`LIVE/${file}`, `MERGED/${file}`, before, after, '', '', { context: CONTEXT });
  const lines = patch.split('\n').slice(1);
  const coloured = lines.map((line) => {
    if (/^(---|\+\+\+) /.test(line)) return palette.bold(line.trimEnd());
    if (line.startsWith('@@')) return palette.source(0, line);
    return line.startsWith('-') ? palette.bad(line) : line.startsWith('+') ? palette.good(line) : line;
  });
  return `diff -u -N LIVE/${file} MERGED/${file}\n${coloured.join('\n')}`;
}
