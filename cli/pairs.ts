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
