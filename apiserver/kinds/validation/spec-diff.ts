import { isSameJson } from '../../../shared/same-json';

const MAX_LINES = 40;

/** What changed, a line a field, `-` before and `+` after: what a refusal to change says after its reason. */
export function specDiff(before: unknown, after: unknown): string {
  const lines = [...changes('', before, after)];
  const shown = lines.slice(0, MAX_LINES);
  const more = lines.length > shown.length ? [`  ... // ${lines.length - shown.length} more changes`] : [];
  return [...shown, ...more].map((line) => `${line}\n`).join('');
}

function* changes(path: string, before: unknown, after: unknown): Generator<string> {
  if (isSameJson(before, after)) return;
  if (!isBranch(before) || !isBranch(after) || Array.isArray(before) !== Array.isArray(after)) {
    if (before !== undefined) yield `- \t${path}: ${JSON.stringify(before)}`;
    if (after !== undefined) yield `+ \t${path}: ${JSON.stringify(after)}`;
    return;
  }
  for (const key of new Set([...Object.keys(before), ...Object.keys(after)])) {
    const at = Array.isArray(before) ? `${path}[${key}]` : path === '' ? key : `${path}.${key}`;
    yield* changes(at, (before as Fields)[key], (after as Fields)[key]);
  }
}

type Fields = Readonly<Record<string, unknown>>;
const isBranch = (value: unknown): value is object => typeof value === 'object' && value !== null;
