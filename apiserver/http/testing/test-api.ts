import { once } from 'node:events';
import type { IncomingHttpHeaders, IncomingMessage } from 'node:http';
import http from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import { silentLogger } from '../../../shared/logger';
import { byAbsence } from '../../auth/anonymous';
import type { Authenticator } from '../../auth/authenticator';
import { byBearerToken } from '../../auth/authenticator';
import type { Authorizer } from '../../auth/authorizer';
import { anyOf, mastersOnly } from '../../auth/authorizer';
import { MASTERS } from '../../auth/user';
import { createDecoder } from '../../openapi/decode';
import { loadSchemas } from '../../openapi/schemas';
import type { TestRegistry } from '../../registry/testing/test-registry';
import { startRegistry } from '../../registry/testing/test-registry';
import { ApiRoutes } from '../api-routes';
import { healthPages } from '../health';
import { OpenApiDocuments } from '../openapi';
import type { VirtualHandlers } from '../virtual-kinds';

export interface Answer {
  readonly code: number;
  readonly headers: IncomingHttpHeaders;
  readonly text: string;
  /** The body as JSON. */
  readonly body: Readonly<Record<string, unknown>>;
}

interface Ask {
  readonly body?: unknown;
  readonly headers?: Readonly<Record<string, string>>;
  /** Who asks; null: nobody that can be told. */
  readonly token?: string | null;
}

/** The API's routes over plain HTTP, on the real registry with a store in memory. `root` is the token of an administrator. */
export interface TestApi extends TestRegistry {
  ask(method: string, path: string, options?: Ask): Promise<Answer>;
  close(): Promise<void>;
}

/** `authorizer`: who allows beside the administrators. */
export async function startApi(
  virtual: VirtualHandlers = {},
  { authorizer }: { readonly authorizer?: (parts: TestRegistry) => Authorizer } = {},
): Promise<TestApi> {
  const schemas = loadSchemas();
  const parts = await startRegistry({ schemas });
  const { registry, clock } = parts;
  const { kinds } = registry;
  const routes = new ApiRoutes({
    registry,
    kinds,
    openApi: new OpenApiDocuments(kinds, schemas, 'v1.34.0'),
    decoder: createDecoder(schemas),
    authenticators: [knowing('root'), byAbsence],
    authorizer: anyOf([mastersOnly, ...(authorizer === undefined ? [] : [authorizer(parts)])]),
    streaming: { serves: () => false, handle: unserved, upgrade: unserved },
    proxy: { serves: () => false, handle: unserved, upgrade: unserved },
    virtual,
    pages: {},
    publicPages: healthPages({ store: parts.store, isReady: () => true }),
    onFinished: () => undefined,
    clock,
    logger: silentLogger,
  });
  const server = http.createServer((request, response) => void routes.handle(request, response));
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  return {
    ...parts,
    async ask(method, path, { body, headers = {}, token = 'root' } = {}) {
      const bytes = body === undefined || typeof body === 'string' ? (body ?? '') : JSON.stringify(body);
      const request = http.request({
        port,
        host: '127.0.0.1',
        method,
        path,
        agent: false,
        headers: {
          ...(body === undefined
            ? {}
            : { 'content-type': 'application/json', 'content-length': String(Buffer.byteLength(bytes)) }),
          ...(token === null ? {} : { authorization: `Bearer ${token}` }),
          ...headers,
        },
      });
      request.end(bytes);
      const [answer] = (await once(request, 'response')) as [IncomingMessage];
      const read = await text(answer);
      const isJson = answer.headers['content-type']?.startsWith('application/json') === true && read !== '';
      return {
        code: answer.statusCode ?? 0,
        headers: answer.headers,
        text: read,
        body: isJson ? (JSON.parse(read) as Answer['body']) : {},
      };
    },
    async close() {
      server.closeAllConnections();
      server.close();
      await registry.close();
    },
  };
}

const knowing = (known: string): Authenticator =>
  byBearerToken([
    {
      authenticateToken: (token) =>
        token === known ? { user: { name: token, groups: [MASTERS] }, audiences: ['api'] } : undefined,
    },
  ]);

const unserved = (): Promise<never> => Promise.reject(new Error('nothing is streamed here'));
