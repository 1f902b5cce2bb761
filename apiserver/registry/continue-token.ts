import { badRequest, expired } from '../../shared/status-error';

/** Where a paged list goes on: behind this store key, at the revision of its first page. */
export interface ContinueToken {
  readonly revision: number;
  readonly after: string;
}

export const encodeContinue = ({ revision, after }: ContinueToken): string =>
  Buffer.from(JSON.stringify({ v: 1, rv: revision, start: after })).toString('base64url');

/** Throws BadRequest for anything that `encodeContinue` did not make for this prefix. */
export function decodeContinue(text: string, prefix: string): ContinueToken {
  const token = parse(Buffer.from(text, 'base64url').toString('utf8'));
  if (token === undefined || !token.after.startsWith(prefix)) throw badRequest('continue key is not valid');
  return token;
}

function parse(json: string): ContinueToken | undefined {
  try {
    const value: unknown = JSON.parse(json);
    if (typeof value !== 'object' || value === null) return undefined;
    const { v, rv, start } = value as Record<string, unknown>;
    if (v !== 1 || typeof rv !== 'number' || !Number.isSafeInteger(rv) || rv < 0 || typeof start !== 'string')
      return undefined;
    return { revision: rv, after: start };
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
}

export const continueExpired = (): Error =>
  expired(
    'The provided continue parameter is too old to display a consistent list result. You can start a new list without the continue parameter.',
  );
