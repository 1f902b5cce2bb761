/** What the doctor says of one thing. */
export interface Finding {
  /** A word or two: `docker`, `clock`. */
  readonly about: string;
  /** `bad`: it will not work. `doubtful`: it will, but less well or not everywhere. */
  readonly level: 'good' | 'doubtful' | 'bad';
  readonly text: string;
  /** What to type, a line each. */
  readonly type?: readonly string[];
}

export const good = (about: string, text: string): Finding => ({ about, level: 'good', text });

export const doubtful = (about: string, text: string, ...type: readonly string[]): Finding => ({
  about,
  level: 'doubtful',
  text,
  type,
});

export const bad = (about: string, text: string, ...type: readonly string[]): Finding => ({
  about,
  level: 'bad',
  text,
  type,
});

const MARKS = { good: '✓', doubtful: '!', bad: '✗' } as const;

/** Findings as lines of text, with what to type below each that is not good. */
export function findingsText(
  findings: readonly Finding[],
  paint: (level: Finding['level'], mark: string) => string = (_level, mark) => mark,
): string {
  const width = Math.max(...findings.map(({ about }) => about.length));
  return findings
    .flatMap(({ about, level, text, type = [] }) => [
      `${paint(level, MARKS[level])} ${about.padEnd(width)}  ${text}`,
      ...type.map((line) => `  ${' '.repeat(width)}  type: ${line}`),
    ])
    .map((line) => `${line}\n`)
    .join('');
}

/** The exit code of a doctor: 1 where something will not work. */
export const verdict = (findings: readonly Finding[]): number =>
  findings.some(({ level }) => level === 'bad') ? 1 : 0;
