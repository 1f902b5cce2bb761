import type { IncomingMessage, ServerResponse } from 'node:http';
import type { ApiObject } from '../../shared/api/objects';
import type { User } from '../auth/user';
import type { Kind } from '../kinds/kind';
import type { Decoder } from '../openapi/decode';
import { allowedMethods, methodNotAllowed } from './allowed-methods';
import type { BodyType } from './read-typed';
import { readTyped } from './read-typed';
import type { RequestPath } from './request-path';

/** A request for something that is made for the answer and never stored. */
export interface VirtualCall {
  readonly verb: 'get' | 'list' | 'create';
  readonly namespace?: string | undefined;
  readonly name?: string | undefined;
  readonly query: URLSearchParams;
  readonly user: User;
  /** Of a creation. */
  readonly body: () => Promise<ApiObject>;
}

/** The answer's JSON. Throws StatusError. */
export type VirtualHandler = (call: VirtualCall) => Promise<object> | object;

/** `plural.group`, or `plural/subresource` of a stored kind of the core group -> who answers. */
export type VirtualHandlers = Readonly<Record<string, VirtualHandler>>;

interface AnswerCall {
  readonly kind: Kind;
  readonly path: RequestPath;
  readonly query: URLSearchParams;
  readonly user: User;
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
}

/** Who answers for a subresource of a stored object that is made for the answer alone; undefined: nobody. */
export async function answerSubresource(
  handlers: VirtualHandlers,
  decoder: Decoder,
  call: AnswerCall,
): Promise<object | undefined> {
  const { kind, path, query, user, request } = call;
  const handler = handlers[`${path.plural ?? ''}/${path.subresource ?? ''}`];
  if (handler === undefined) return undefined;
  if (request.method !== 'POST') throw methodNotAllowed(['POST']);
  const { namespace, name } = path;
  const type = { ...kind, ...kind.subresources.find((each) => each.name === path.subresource) };
  const schema = `io.k8s.api.${type.group.split('.')[0] ?? ''}.${type.version}.${type.kind}`;
  const body = bodyReader(decoder, { ...type, schema }, call);
  return handler({ verb: 'create', namespace, name, query, user, body });
}

/** Reads the body as the type that it says it is: nothing unknown, no field of another type, null as absent. */
const bodyReader =
  (decoder: Decoder, { group, version, kind, schema }: BodyType, call: AnswerCall) =>
  (): Promise<ApiObject> =>
    readTyped(decoder, { group, version, kind, schema }, call);

const METHODS: Readonly<Record<string, 'read' | 'create'>> = { GET: 'read', HEAD: 'read', POST: 'create' };

/** Answers a request for a virtual kind. Throws MethodNotAllowed for a verb that the kind does not have. */
export async function answerVirtual(
  handlers: VirtualHandlers,
  decoder: Decoder,
  call: AnswerCall,
): Promise<{ readonly code: number; readonly answer: object }> {
  const { kind, path, query, user, request } = call;
  const handler = handlers[`${kind.plural}.${kind.group}`];
  const method = METHODS[request.method ?? ''];
  const verb = method === 'read' ? (path.name === undefined ? 'list' : 'get') : method;
  if (handler === undefined || verb === undefined || !kind.verbs.includes(verb) || path.subresource !== undefined) {
    throw methodNotAllowed(allowedMethods(kind, path));
  }
  const { namespace, name } = path;
  const answer = await handler({ verb, namespace, name, query, user, body: bodyReader(decoder, kind, call) });
  // A kind that is served in several versions has one handler.
  const apiVersion = kind.group === '' ? kind.version : `${kind.group}/${kind.version}`;
  return { code: verb === 'create' ? 201 : 200, answer: { ...answer, apiVersion } };
}
