import type { Toleration } from '../../shared/api/objects';
import { LAST_APPLIED } from '../three-way-patch';

type Pairs = Readonly<Record<string, string>> | undefined;

/** One label and the values of it one below the other, for alignTabs; `<none>` where there are none. */
export function multiline(label: string, values: readonly string[]): string {
  if (values.length === 0) return `${label}:\t<none>\n`;
  return values.map((value, index) => `${index === 0 ? `${label}:` : ''}\t${value}\n`).join('');
}

export const labelLines = (label: string, labels: Pairs): string =>
  multiline(
    label,
    sortedPairs(labels).map(([key, value]) => `${key}=${value}`),
  );

const WIDTH = 140;

/** Annotations: long or multi-line values stand below their key. */
export function annotationLines(label: string, annotations: Pairs): string {
  const shown = sortedPairs(annotations).filter(([key]) => key !== LAST_APPLIED);
  const values = shown.flatMap(([key, value]) => {
    const trimmed = value.replace(/\n$/, '');
    if (key.length + trimmed.length < WIDTH && !trimmed.includes('\n')) return [`${key}: ${trimmed}`];
    const lines = trimmed
      .split('\n')
      .map((line) => (line.length > WIDTH - 2 ? `${line.slice(0, WIDTH - 2)}...` : line));
    return [`${key}:`, ...lines.map((line) => `  ${line}`)];
  });
  return multiline(label, values);
}

export function tolerationLines(label: string, tolerations: readonly Toleration[] = []): string {
  const sorted = [...tolerations].sort((a, b) => ((a.key ?? '') < (b.key ?? '') ? -1 : 1));
  return multiline(
    label,
    sorted.map(({ key = '', operator, value = '', effect, tolerationSeconds }) => {
      const ofValue = value === '' ? '' : `=${value}`;
      const ofEffect = effect === undefined ? '' : `:${effect}`;
      const exists =
        operator !== 'Exists' || value !== '' ? '' : key === '' && effect === undefined ? 'op=Exists' : ' op=Exists';
      return `${key}${ofValue}${ofEffect}${exists}${tolerationSeconds === undefined ? '' : ` for ${tolerationSeconds}s`}`;
    }),
  );
}

export const sortedPairs = (map: Pairs): readonly (readonly [string, string])[] =>
  Object.entries(map ?? {}).sort(([a], [b]) => (a < b ? -1 : 1));
