import { isDns1123Subdomain } from '../../../shared/names';
import type { StatusCause } from '../../../shared/status-error';
import { checkName, invalidValue, required, when } from './field-errors';

const PATH = "[A-Za-z0-9/\\-._~%!$&'()*+,;=:]+";

/** A name below somebody's domain: `acme.io/foo`. */
export function domainPrefixedPath(field: string, text: string): readonly StatusCause[] {
  if (text === '') return [required(field)];
  const slash = text.indexOf('/');
  const [host, path] = [text.slice(0, slash), text.slice(slash + 1)];
  if (slash <= 0 || path === '')
    return [invalidValue(field, text, 'must be a domain-prefixed path (such as "acme.io/foo")')];
  return [
    ...checkName(field, host, isDns1123Subdomain),
    ...when(
      !new RegExp(`^${PATH}$`).test(path),
      invalidValue(field, path, `Invalid path (regex used for validation is '${PATH}')`),
    ),
  ];
}
