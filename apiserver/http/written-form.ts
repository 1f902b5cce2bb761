import { stringify } from 'yaml';
import { flagOf } from '../streaming/query-options';

/** How an answer's text is laid out. */
export type WrittenForm = 'compact' | 'pretty' | 'yaml';

const YAML = 'application/yaml';
const INDENT = 2;

/** `?pretty=true` concerns JSON. */
export const formOf = (type: string, query: URLSearchParams): WrittenForm =>
  type === YAML ? 'yaml' : query.has('pretty') && flagOf(query, 'pretty') ? 'pretty' : 'compact';

/** The same value in another form, with its media type. */
export function rewritten(json: Buffer, form: Exclude<WrittenForm, 'compact'>): { bytes: Buffer; type: string } {
  const value: unknown = JSON.parse(json.toString('utf8'));
  return form === 'yaml'
    ? { bytes: Buffer.from(stringify(value, { aliasDuplicateObjects: false, version: '1.1' })), type: YAML }
    : { bytes: Buffer.from(JSON.stringify(value, null, INDENT)), type: 'application/json' };
}
