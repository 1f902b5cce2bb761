import { badRequest, StatusError } from '../../shared/status-error';

/** Stands in a token for the present revision, as in Kubernetes. */
const LATEST = -1;

/** Where a paged list goes on: behind this store key, at the revision of its first page, or at the present one. */
export interface ContinueToken {
  readonly revision: number | 'latest';
  readonly after: string;
}

export const encodeContinue = ({ revision, after }: ContinueToken): string =>
  Buffer.from(JSON.stringify({ v: 1, rv: revision === 'latest' ? LATEST : revision, start: after })).toString(
    'base64url',
  );

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
    if (v !== 1 || typeof rv !== 'number' || !Number.isSafeInteger(rv) || rv < LATEST || typeof start !== 'string')
      return undefined;
    return { revision: rv === LATEST ? 'latest' : rv, after: start };
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
}

/** 410 with a token that goes on where the list stopped, as objects are by then. */
export const continueExpired = ({ after }: ContinueToken): Error =>
  new StatusError(
    'Expired',
    'The provided continue parameter is too old to display a consistent list result. You can start a new list without the continue parameter, or use the continue token in this response to retrieve the remainder of the results. Continuing with the provided token results in an inconsistent list - objects that were created, modified, or deleted between the time the first chunk was returned and now may show up in the list.',
    undefined,
    { continue: encodeContinue({ revision: 'latest', after }) },
  );
