import { UsageError } from './client/resources';

/** `a=b,c=d` as a map. `flag`: which flag says so, for the message. Throws UsageError. */
export function parsePairs(given: string, flag: string): Readonly<Record<string, string>> {
  return Object.fromEntries(
    given
      .split(',')
      .filter((pair) => pair !== '')
      .map((pair) => {
        const [key = '', ...value] = pair.split('=');
        if (key === '' || value.length === 0)
          throw new UsageError(`--${flag} ${given}: unexpected "${pair}", must be KEY=VALUE`);
        return [key, value.join('=')] as const;
      }),
  );
}

/** Labels of what is made, `a=b,c=d`. Throws UsageError. */
export const parseLabels = (given: string): Readonly<Record<string, string>> =>
  Object.fromEntries(
    given.split(',').map((pair) => {
      const [key = '', value, ...more] = pair.split('=');
      if (value === undefined || more.length > 0) throw new UsageError(`unexpected label spec: ${pair}`);
      return [key, value] as const;
    }),
  );
