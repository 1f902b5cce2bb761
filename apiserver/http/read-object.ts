import type { IncomingMessage } from 'node:http';
import type { ApiObject } from '../../shared/api/objects';
import { StatusError, badRequest } from '../../shared/status-error';
import { decodeProtobuf } from './protobuf/decode-protobuf';
import { parseJson, parseYaml, readBytes } from './read-body';

const PROTOBUF = 'application/vnd.kubernetes.protobuf';

/** The body as an object by its content type; an empty body is an empty object. `as` overrides the content type. */
export async function readObject(request: IncomingMessage, as?: string): Promise<ApiObject> {
  const type = as ?? (request.headers['content-type'] ?? 'application/json').split(';')[0]?.trim().toLowerCase() ?? '';
  const bytes = await readBytes(request);
  if (bytes.length === 0) return {};
  const value = parse(type, bytes);
  if (typeof value !== 'object' || value === null)
    throw badRequest(`the body must be an object, not ${JSON.stringify(value)}`);
  return value as ApiObject;
}

function parse(type: string, bytes: Buffer): unknown {
  switch (type) {
    case 'application/json':
    case '':
      return parseJson(bytes);
    case 'application/yaml':
    case 'text/yaml':
      return parseYaml(bytes);
    case PROTOBUF:
      return decodeProtobuf(bytes);
    default:
      throw new StatusError(
        'UnsupportedMediaType',
        `the body of the request was in an unknown format - accepted media types include: application/json, application/yaml, ${PROTOBUF}`,
      );
  }
}
