import { createHash } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Duplex } from 'node:stream';
import type { Clock } from '../../shared/clock';
import type { Logger } from '../../shared/logger';
import type { StoredObject } from '../../shared/api/objects';
import { toStatusError } from '../../shared/status-error';
import type { Authenticator } from '../auth/authenticator';
import { authenticate, isNotYetKnown, whenKnown } from '../auth/authenticator';
import { ANONYMOUS } from '../auth/anonymous';
import type { Auditor } from '../audit/auditor';
import type { AuditTrail } from '../audit/request-trail';
import type { Authorizer } from '../auth/authorizer';
import { authorize } from '../auth/authorizer';
import type { ConnectAdmission } from '../admission/connect-admission';
import { impersonated } from '../auth/impersonation';
import type { User } from '../auth/user';
import type { Kind } from '../kinds/kind';
import type { KindList } from '../kinds/kind-list';
import type { Decoder } from '../openapi/decode';
import type { Registry } from '../registry/registry';
import { flagOf } from '../streaming/query-options';
import { methodNotAllowed } from './allowed-methods';
import { VERBS, attributesOf } from './request-attributes';
import type { RequestPath, RequestUrl } from './request-path';
import type { FinishedRequest } from './finished-request';
import { parseRequestPath, splitUrl, withoutWatchPath } from './request-path';
import { checkRequestTimeout } from './request-timeout';
import { JSON_TYPE, sendJson, sendRefusal, warn } from './respond';
import { apiGroup, apiResourceList } from './discovery';
import { DiscoveryPages, sendTagged } from './discovery-pages';
import { ResourceRoutes, notServed } from './resource-routes';
import type { OpenApiDocuments } from './openapi';
import { includeOf, representationOfAnswer } from './resource-request';
import type { Representation } from './table';
import { tableOf } from './table';
import type { VirtualHandlers } from './virtual-kinds';
import { answerSubresource, answerVirtual } from './virtual-kinds';

export interface ApiRoutesDeps {
  readonly registry: Registry;
  readonly kinds: KindList;
  readonly openApi: OpenApiDocuments;
  readonly decoder: Decoder;
  readonly authenticators: readonly Authenticator[];
  readonly authorizer: Authorizer;
  readonly streaming: StreamingRoutes;
  readonly proxy: ProxyingRoutes;
  /** Who answers for the kinds that are not stored. */
  readonly virtual: VirtualHandlers;
  /** Paths of their own, by exact path: /nodes, /metrics. */
  readonly pages: Readonly<Record<string, Page>>;
  /** Open to everybody. */
  readonly publicPages: Readonly<Record<string, Page>>;
  readonly onFinished: (finished: FinishedRequest) => void;
  /** Who has a say in connections; absent: nobody. */
  readonly connectAdmission?: ConnectAdmission;
  /** Absent: nothing is noted. */
  readonly auditor?: Auditor;
  readonly clock: Clock;
  readonly logger: Logger;
}

export type Page = (url: RequestUrl, response: ServerResponse, request: IncomingMessage) => Promise<void> | void;

/** Logs and the POST forms of exec, attach and port-forward arrive as plain requests. */
export interface StreamingRoutes {
  /** Subresources of pods that are streams. */
  serves(subresource: string): boolean;
  handle(path: RequestPath, query: URLSearchParams, request: IncomingMessage, response: ServerResponse): Promise<void>;
  upgrade(
    path: RequestPath,
    query: URLSearchParams,
    request: IncomingMessage,
    socket: Duplex,
    head: Buffer,
  ): Promise<void>;
}

/** HTTP to what runs in the cluster. */
export interface ProxyingRoutes {
  serves(path: RequestPath): boolean;
  handle(path: RequestPath, request: IncomingMessage, response: ServerResponse): Promise<void>;
  upgrade(path: RequestPath, request: IncomingMessage, socket: Duplex, head: Buffer): Promise<void>;
}

const YEAR_MS = 365 * 24 * 3_600_000;
const SWAGGER_PROTOBUF = 'application/com.github.proto-openapi.spec.v2.v1.0+protobuf';

/** The API: authenticates, authorises, and hands each request to what serves its path. */
export class ApiRoutes {
  private readonly resources: ResourceRoutes;
  private readonly discovery: DiscoveryPages;
  private readonly tags = new WeakMap<Buffer, string>();

  constructor(private readonly deps: ApiRoutesDeps) {
    this.discovery = new DiscoveryPages(deps.kinds);
    this.resources = new ResourceRoutes(deps.registry, deps.decoder, deps.clock);
  }

  /** Answers every request; never rejects. */
  async handle(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const startMs = this.deps.clock.monotonic();
    const seen = {
      verb: VERBS[request.method ?? ''] ?? 'other',
      user: '-',
      resource: '-',
      path: '/',
      status: 0,
      durationMs: 0,
    };
    const audit: { trail?: AuditTrail | undefined } = {};
    response.on('close', () => {
      seen.status = response.statusCode;
      seen.durationMs = this.deps.clock.monotonic() - startMs;
      this.deps.onFinished(seen);
    });
    try {
      const sent = splitUrl(request.url);
      const url = request.method === 'GET' ? withoutWatchPath(sent) : sent;
      seen.path = url.pathname;
      await this.route(request, response, url, seen, audit);
    } catch (error) {
      const refusal = toStatusError(error);
      // Also of those it is noted that they came who cannot say who they are.
      audit.trail ??= this.deps.auditor?.begin({ request, response, user: undefined });
      audit.trail?.refused(refusal);
      if (refusal.reason === 'InternalError')
        this.deps.logger.error({ path: seen.path, err: error }, 'a request failed');
      sendRefusal(request, response, refusal);
    }
  }

  /** Authenticates, authorises and hands an upgraded connection to the stream that its path names. */
  async upgrade(request: IncomingMessage, socket: Duplex, head: Buffer): Promise<void> {
    const audit: { trail?: AuditTrail | undefined } = {};
    try {
      await this.upgraded(request, socket, head, audit);
    } catch (error) {
      audit.trail ??= this.deps.auditor?.begin({ request, socket, user: undefined });
      audit.trail?.refused(toStatusError(error));
      throw error;
    }
  }

  private async upgraded(
    request: IncomingMessage,
    socket: Duplex,
    head: Buffer,
    audit: { trail?: AuditTrail | undefined },
  ): Promise<void> {
    const url = splitUrl(request.url);
    const caller = await whenKnown(() => authenticate(this.deps.authenticators, request));
    audit.trail = this.deps.auditor?.begin({ request, socket, user: caller });
    const user = this.spokenFor(caller, request, audit);
    const path = parseRequestPath(url.pathname);
    if (path !== undefined && this.deps.proxy.serves(path)) {
      authorize(this.deps.authorizer, user, attributesOf(request, path, url.searchParams));
      audit.trail?.allowed();
      await this.admitConnection(path, url, user, audit);
      return this.deps.proxy.upgrade(path, request, socket, head);
    }
    if (path?.plural !== 'pods' || path.subresource === undefined || !this.deps.streaming.serves(path.subresource))
      throw notServed();
    authorize(this.deps.authorizer, user, { ...attributesOf(request, path, url.searchParams), verb: 'create' });
    audit.trail?.allowed();
    await this.admitConnection(path, url, user, audit);
    await this.deps.streaming.upgrade(path, url.searchParams, request, socket, head);
  }

  /** Rejects where somebody outside refuses it. */
  private async admitConnection(
    { group, version, plural, subresource, namespace, name = '' }: RequestPath,
    { searchParams: query }: RequestUrl,
    user: User,
    { trail }: { readonly trail?: AuditTrail | undefined },
  ): Promise<void> {
    const kind = plural === undefined ? undefined : this.deps.kinds.byResource(group, version, plural);
    if (kind === undefined || subresource === undefined) return;
    const annotate = trail === undefined ? {} : { annotate: trail.annotate };
    await this.deps.connectAdmission?.({ kind, subresource, namespace, name, query, user, ...annotate });
  }

  /** Without a promise for the many who are known at once. */
  private callerOf(request: IncomingMessage): User | Promise<User> {
    try {
      return authenticate(this.deps.authenticators, request);
    } catch (error) {
      if (!isNotYetKnown(error)) throw error;
      return whenKnown(() => authenticate(this.deps.authenticators, request));
    }
  }

  /** The caller, or whom it speaks for. Throws Forbidden. */
  private spokenFor(
    caller: User,
    request: IncomingMessage,
    { trail }: { readonly trail?: AuditTrail | undefined },
  ): User {
    const user = impersonated(this.deps.authorizer, caller, request);
    if (user !== caller) trail?.speaksFor(user);
    return user;
  }

  private async route(
    request: IncomingMessage,
    response: ServerResponse,
    url: RequestUrl,
    seen: { verb: string; user: string; resource: string },
    audit: { trail?: AuditTrail | undefined },
  ): Promise<void> {
    if (!flagOf(url.searchParams, 'watch')) checkRequestTimeout(url.searchParams);
    const open = this.deps.publicPages[url.pathname];
    if (open !== undefined) {
      audit.trail = this.deps.auditor?.begin({ request, response, user: ANONYMOUS });
      audit.trail?.allowed();
      return open(url, response, request);
    }
    const known = this.callerOf(request);
    const caller = known instanceof Promise ? await known : known;
    audit.trail = this.deps.auditor?.begin({ request, response, user: caller });
    const user = this.spokenFor(caller, request, audit);
    seen.user = user.name;
    const path = /^\/apis?\//.test(url.pathname) ? parseRequestPath(url.pathname) : undefined;
    if (path?.plural === undefined) {
      authorize(this.deps.authorizer, user, { verb: (request.method ?? 'GET').toLowerCase(), path: url.pathname });
      audit.trail?.allowed();
      return this.nonResource(request, response, url, path);
    }
    const kind = this.deps.kinds.byResource(path.group, path.version, path.plural);
    const attributes = attributesOf(request, path, url.searchParams);
    seen.verb = attributes.verb;
    // Only what is served: the series of the metrics must not grow with what clients make up.
    const isServed = path.subresource === undefined || kind?.subresources.some(({ name }) => name === path.subresource);
    if (kind !== undefined && isServed === true) {
      seen.resource = path.subresource === undefined ? path.plural : `${path.plural}/${path.subresource}`;
    }
    authorize(this.deps.authorizer, user, attributes);
    audit.trail?.allowed();
    if (kind === undefined || (path.namespace !== undefined && !kind.namespaced)) throw notServed();
    if (kind.deprecation !== undefined) warn(response, [kind.deprecation]);
    if (kind.plural === 'pods' && path.subresource !== undefined && this.deps.streaming.serves(path.subresource)) {
      await this.admitConnection(path, url, user, audit);
      return this.deps.streaming.handle(path, url.searchParams, request, response);
    }
    if (this.deps.proxy.serves(path)) {
      await this.admitConnection(path, url, user, audit);
      return this.deps.proxy.handle(path, request, response);
    }
    if (this.deps.kinds.isVirtual(kind)) {
      // Before anything is done or asked of others.
      const representation = representationOfAnswer({ request });
      const call = { kind, path, query: url.searchParams, user, request, response };
      const { code, answer } = await answerVirtual(this.deps.virtual, this.deps.decoder, call);
      return sendJson(response, code, this.shown(kind, answer, representation, url.searchParams));
    }
    if (path.subresource !== undefined && isServed === true) {
      const call = { kind, path, query: url.searchParams, user, request, response };
      if (request.method === 'POST') representationOfAnswer({ request });
      const answer = await answerSubresource(this.deps.virtual, this.deps.decoder, call);
      if (answer !== undefined) return sendJson(response, 201, answer);
    }
    const { trail } = audit;
    const annotate = trail === undefined ? {} : { annotate: trail.annotate };
    const mayCreate =
      kind.createsOnUpdate === true && request.method === 'PUT'
        ? { mayCreate: () => authorize(this.deps.authorizer, user, { ...attributes, verb: 'create' }) }
        : {};
    const call = { request, response, kind, path, query: url.searchParams, user, ...annotate, ...mayCreate };
    return this.resources.handle(call);
  }

  /** What is made for the answer, as a table where the client wants one. */
  private shown(kind: Kind, answer: object, representation: Representation, query: URLSearchParams): object {
    if (representation.as !== 'Table') return answer;
    const { items } = answer as { readonly items?: readonly StoredObject[] };
    const objects = items ?? [answer as StoredObject];
    return tableOf(
      kind,
      objects.map((object) => ({ object })),
      {
        version: representation.version,
        nowMs: this.deps.clock.now(),
        include: includeOf(query),
        metadata: {},
        withColumns: true,
      },
    );
  }

  private async nonResource(
    request: IncomingMessage,
    response: ServerResponse,
    url: RequestUrl,
    path: RequestPath | undefined,
  ): Promise<void> {
    const page = this.deps.pages[url.pathname];
    if (page !== undefined) return page(url, response, request);
    if (request.method !== 'GET' && request.method !== 'HEAD') throw methodNotAllowed(['GET', 'HEAD']);
    const { openApi } = this.deps;
    const kinds = this.deps.kinds.all;
    const root = url.pathname.replace(/\/$/, '');
    if (root === '') return sendJson(response, 200, { paths: this.paths() });
    if (root === '/api' || root === '/apis') return this.discovery.send(root, request, response);
    if (root === '/openapi/v3') return sendJson(response, 200, openApi.index());
    if (root.startsWith('/openapi/v3/'))
      return this.openApiV3(root.slice('/openapi/v3/'.length), url, request, response);
    if (root === '/openapi/v2') {
      const { json, protobuf } = openApi.swagger();
      const isProtobuf = (request.headers.accept ?? '').includes('proto-openapi.spec.v2');
      const bytes = isProtobuf ? protobuf : json;
      response.setHeader('Vary', 'Accept');
      return sendTagged(request, response, {
        bytes,
        etag: this.tagOf(bytes),
        type: isProtobuf ? SWAGGER_PROTOBUF : JSON_TYPE,
      });
    }
    if (path !== undefined) {
      const list = apiResourceList(kinds, path.group, path.version);
      if (list === undefined) throw notServed();
      return sendJson(response, 200, list);
    }
    const group = /^\/apis\/([^/]+)$/.exec(root)?.[1];
    if (group !== undefined && kinds.some((kind) => kind.group === group))
      return sendJson(response, 200, apiGroup(kinds, group));
    throw notServed();
  }

  private tagOf(document: Buffer): string {
    let tag = this.tags.get(document);
    if (tag === undefined) {
      tag = createHash('sha512').update(document).digest('hex').toUpperCase();
      this.tags.set(document, tag);
    }
    return tag;
  }

  /** A document that is asked for by its hash never changes; one by another hash is to be found under its own. */
  private openApiV3(
    name: string,
    { pathname, searchParams: query }: RequestUrl,
    request: IncomingMessage,
    response: ServerResponse,
  ): void {
    const document = this.deps.openApi.document(name);
    if (document === undefined) throw notServed();
    const { bytes, hash: etag } = document;
    const asked = query.get('hash') ?? '';
    response.setHeader('Vary', 'Accept');
    if (asked !== '' && asked !== etag) {
      response.writeHead(301, { Location: `${pathname}?hash=${etag}` });
      response.end();
      return;
    }
    if (asked === etag) {
      response.setHeader('Cache-Control', 'public');
      response.setHeader('Expires', new Date(this.deps.clock.now() + YEAR_MS).toUTCString());
    }
    sendTagged(request, response, { bytes, etag });
  }

  /** What there is to ask for. */
  private paths(): readonly string[] {
    const kinds = this.deps.kinds.all;
    const groups = kinds.flatMap(({ group, version }) =>
      group === '' ? ['/api', `/api/${version}`] : ['/apis', `/apis/${group}`, `/apis/${group}/${version}`],
    );
    const { pages, publicPages } = this.deps;
    const others = [...Object.keys(pages), ...Object.keys(publicPages)].filter((each) => !each.endsWith('/'));
    return [...new Set([...groups, ...others, '/openapi/v2', '/openapi/v3'])].sort();
  }
}
