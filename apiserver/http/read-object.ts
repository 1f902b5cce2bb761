import type { IncomingMessage } from 'node:http';
import type { ApiObject } from '../../shared/api/objects';
import { StatusError, badRequest } from '../../shared/status-error';
import { decodeProtobuf } from './protobuf/decode-protobuf';
import type { FieldProblem } from '../registry/registry';
import { duplicateFields } from './duplicate-fields';
import { parseJson, readBytes, readYaml } from './read-body';

/** Emitted by a request whose body was read as an object, with that object as it came. */
export const BODY_READ = 'body read';

const PROTOBUF = 'application/vnd.kubernetes.protobuf';

/** A body with what its text shows and the value does not: fields that stand twice. */
export interface ReadBody {
  readonly object: ApiObject;
  readonly problems: readonly FieldProblem[];
  /** There was not a byte of it. */
  readonly isEmpty: boolean;
}

/** The body as an object by its content type; an empty body is an empty object. `as` overrides the content type. */
export async function readObject(request: IncomingMessage, as?: string): Promise<ApiObject> {
  return (await readBody(request, as)).object;
}

/** The same, for what is to be stored: with what a strict reader has to say. */
export async function readBody(request: IncomingMessage, as?: string): Promise<ReadBody> {
  const type = as ?? (request.headers['content-type'] ?? 'application/json').split(';')[0]?.trim().toLowerCase() ?? '';
  const bytes = await readBytes(request);
  if (bytes.length === 0) return { object: {}, problems: [], isEmpty: true };
  const { value, problems } = parse(type, bytes);
  if (typeof value !== 'object' || value === null)
    throw badRequest(`the body must be an object, not ${JSON.stringify(value)}`);
  request.emit(BODY_READ, value);
  return { object: value as ApiObject, problems, isEmpty: false };
}

function parse(type: string, bytes: Buffer): { readonly value: unknown; readonly problems: readonly FieldProblem[] } {
  switch (type) {
    case 'application/json':
    case '': {
      const value = parseJson(bytes);
      const paths = duplicateFields(bytes.toString('utf8'));
      return { value, problems: paths.map((path) => ({ path, text: `duplicate field ${JSON.stringify(path)}` })) };
    }
    case 'application/yaml':
    case 'text/yaml': {
      const { value, problems } = readYaml(bytes);
      return { value, problems: problems.map((text) => ({ text })) };
    }
    case PROTOBUF:
      return { value: decodeProtobuf(bytes), problems: [] };
    default:
      throw new StatusError(
        'UnsupportedMediaType',
        `the body of the request was in an unknown format - accepted media types include: application/json, application/yaml, ${PROTOBUF}`,
      );
  }
}
