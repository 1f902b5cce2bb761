import type { StoredObject } from '../../shared/api/objects';
import type { Clock } from '../../shared/clock';
import { StatusError, badRequest } from '../../shared/status-error';
import type { Kind } from '../kinds/kind';
import { isWritableSubresource } from '../kinds/kind';
import { scaleColumns } from '../kinds/scale-columns';
import type { Decoder } from '../openapi/decode';
import type { PatchType } from '../registry/client';
import type { Encoded, ListPage, Registry, WriteResult } from '../registry/registry';
import { HotObjects } from './hot-objects';
import { flagOf } from '../streaming/query-options';
import { checkWatchOptions } from './list-options';
import type { ReadBody } from './read-object';
import { readBody } from './read-object';
import { BINDING, EVICTION, SCALE, readTyped } from './read-typed';
import { allowedMethods, methodNotAllowed } from './allowed-methods';
import { deleteQuery } from './delete-options';
import type { ResourceRequest } from './resource-request';
import {
  includeOf,
  keyOf,
  listQuery,
  notAcceptable,
  numberOf,
  representationFor,
  selectionOf,
  textOf,
  writeOptions,
} from './resource-request';
import { JSON_TYPE, sendBytes, sendJson, sendParts, warn } from './respond';
import { encodedEach, jsonBytes, listParts } from './list-parts';
import { formOf, rewritten } from './written-form';
import type { Representation, TableOptions } from './table';
import { isPlainJson, negotiate, partialMetadata, rowOf, tableHead, tableOf } from './table';
import { SharedFrames, streamWatch } from './watch-stream';

const PATCH_TYPES: Readonly<Record<string, PatchType>> = {
  'application/json-patch+json': 'json',
  'application/merge-patch+json': 'merge',
  'application/strategic-merge-patch+json': 'strategic',
};

const METHOD_VERBS: Readonly<Record<string, string>> = { GET: 'get', PUT: 'update', PATCH: 'patch' };

const APPLY = 'application/apply-patch+yaml';

const unsupportedPatch = (): StatusError =>
  new StatusError(
    'UnsupportedMediaType',
    `the body of the request was in an unknown format - accepted media types include: ${[...Object.keys(PATCH_TYPES), APPLY].join(', ')}`,
  );

/** The verbs of every kind over HTTP: parses, calls the registry once, maps the result. */
export class ResourceRoutes {
  private readonly frames = new SharedFrames();
  private readonly hot = new HotObjects();

  constructor(
    private readonly registry: Registry,
    private readonly decoder: Decoder,
    private readonly clock: Clock,
  ) {}

  async handle(call: ResourceRequest): Promise<void> {
    const { path, request, kind } = call;
    // Before anything is done: an answer that cannot be given must not have changed something.
    const shown = isPlainJson(request.headers.accept) ? undefined : representationFor(call);
    const notAllowed = (): StatusError => methodNotAllowed(allowedMethods(kind, path));
    if (path.name === undefined) {
      switch (request.method) {
        case 'GET':
          return flagOf(call.query, 'watch') ? this.watch(call) : this.list(call);
        case 'POST':
          return this.create(call);
        case 'DELETE':
          if (!kind.verbs.includes('deletecollection')) throw notAllowed();
          return this.deleteCollection(call);
        default:
          throw notAllowed();
      }
    }
    if (path.subresource === 'binding' && request.method === 'POST') return this.bind(call);
    if (path.subresource === 'eviction' && request.method === 'POST') return this.evict(call);
    if (path.subresource === 'scale') return this.scale(call);
    if (path.subresource !== undefined) {
      const served = kind.subresources.find(({ name }) => name === path.subresource);
      if (served === undefined || !isWritableSubresource(path.subresource)) throw notServed();
      if (!served.verbs.some((verb) => verb === METHOD_VERBS[request.method ?? ''])) throw notAllowed();
    }
    switch (request.method) {
      case 'GET':
        if (shown?.as === 'PartialObjectMetadataList') throw notAcceptable(wrongForm(kind, 'not a list'));
        if (call.query.has('resourceVersion')) await this.reached(call.query);
        return this.sendObject(call, await this.registry.get(call.kind, keyOf(call)));
      case 'PUT':
        return this.update(call);
      case 'PATCH':
        return this.patch(call);
      case 'DELETE':
        return this.delete(call);
      default:
        throw notAllowed();
    }
  }

  /** An object is never older than the client asks for. */
  private reached(query: URLSearchParams): Promise<void> | undefined {
    const version = query.get('resourceVersion') ?? '';
    return version === '' || version === '0' ? undefined : this.registry.reached(version);
  }

  private async list(call: ResourceRequest): Promise<void> {
    const representation = representationFor(call);
    if (representation.as === 'PartialObjectMetadata') throw notAcceptable(wrongForm(call.kind, 'a list'));
    await this.sendList(call, representation, await this.registry.list(call.kind, listQuery(call)));
  }

  private async sendList(
    { kind, response, query }: ResourceRequest,
    representation: Representation,
    page: ListPage,
  ): Promise<void> {
    const metadata = {
      resourceVersion: page.resourceVersion,
      ...(page.continue === undefined ? {} : { continue: page.continue }),
      ...(page.remainingItemCount === undefined ? {} : { remainingItemCount: page.remainingItemCount }),
    };
    switch (representation.as) {
      case 'object': {
        const form = formOf(representation.type, query);
        const version = kind.group === '' ? kind.version : `${kind.group}/${kind.version}`;
        const head = { kind: `${kind.kind}List`, apiVersion: version, metadata };
        const parts = listParts(
          head,
          'items',
          encodedEach(page.items, ({ json }) => json),
        );
        if (form === 'compact') return sendParts(response, parts);
        const { bytes, type } = rewritten(Buffer.concat([...parts]), form);
        return sendBytes(response, 200, bytes, [], type);
      }
      case 'Table': {
        const options = this.tableOptions(representation.version, query, metadata);
        const rows = encodedEach(page.items, ({ object }) => jsonBytes(rowOf(kind, object, options)));
        return sendParts(response, listParts(tableHead(kind, options), 'rows', rows));
      }
      default: {
        const { version } = representation;
        const head = { kind: 'PartialObjectMetadataList', apiVersion: `meta.k8s.io/${version}`, metadata };
        const items = encodedEach(page.items, ({ object }) => jsonBytes(partialMetadata(object, version)));
        return sendParts(response, listParts(head, 'items', items));
      }
    }
  }

  private table(
    kind: Parameters<typeof tableOf>[0],
    items: Parameters<typeof tableOf>[1],
    version: string,
    query: URLSearchParams,
    metadata: object,
  ): unknown {
    return tableOf(kind, items, this.tableOptions(version, query, metadata));
  }

  private tableOptions(version: string, query: URLSearchParams, metadata: object): TableOptions {
    return { version, nowMs: this.clock.now(), include: includeOf(query), metadata, withColumns: true };
  }

  private sendObject(call: ResourceRequest, encoded: Encoded): void {
    if (!isPlainJson(call.request.headers.accept) || call.query.has('pretty')) return this.send(call, 200, encoded);
    sendBytes(call.response, 200, this.hot.jsonOf(encoded));
  }

  private send(
    { kind, response, query, request }: ResourceRequest,
    code: number,
    encoded: Encoded,
    warnings: readonly string[] = [],
  ): void {
    const representation = negotiate(request.headers.accept);
    warn(response, warnings);
    if (representation?.as === 'Table') {
      const metadata = { resourceVersion: encoded.object.metadata.resourceVersion };
      return sendJson(response, code, this.table(kind, [encoded], representation.version, query, metadata));
    }
    if (representation?.as === 'PartialObjectMetadata') {
      return sendJson(response, code, partialMetadata(encoded.object, representation.version));
    }
    const form = formOf(representation?.as === 'object' ? representation.type : JSON_TYPE, query);
    if (form === 'compact') return sendBytes(response, code, encoded.json);
    const { bytes, type } = rewritten(encoded.json, form);
    return sendBytes(response, code, bytes, [], type);
  }

  private sendWritten(call: ResourceRequest, code: number, result: WriteResult): void {
    this.send(call, code, result, result.warnings);
  }

  private async watch(call: ResourceRequest): Promise<void> {
    const { kind, query } = call;
    checkWatchOptions(query);
    const watch = this.registry.watch(kind, {
      ...selectionOf(call),
      ...textOf(query, 'resourceVersion'),
      allowBookmarks: flagOf(query, 'allowWatchBookmarks'),
      // Absent is not false: a watch from no version on begins with what there is.
      ...(query.has('sendInitialEvents') ? { sendInitialEvents: flagOf(query, 'sendInitialEvents') } : {}),
    });
    await streamWatch(call, watch, {
      representation: representationFor(call),
      include: includeOf(query),
      clock: this.clock,
      timeoutSeconds: numberOf(query, 'timeoutSeconds'),
      shared: this.frames,
    });
  }

  private async create(call: ResourceRequest): Promise<void> {
    const body = await readGiven(call);
    const options = writeOptions(call, body);
    this.sendWritten(call, 201, await this.registry.create(call.kind, call.path.namespace, body.object, options));
  }

  private async update(call: ResourceRequest): Promise<void> {
    const body = await readGiven(call);
    const options = writeOptions(call, body);
    const result = await this.registry.update(call.kind, keyOf(call), body.object, options);
    this.sendWritten(call, result.created === true ? 201 : 200, result);
  }

  private async scale(call: ResourceRequest): Promise<void> {
    const { kind, request, response } = call;
    const type = (request.headers['content-type'] ?? '').split(';')[0]?.trim() ?? '';
    switch (request.method) {
      case 'GET':
        return this.sendScale(call, await this.registry.scale(kind, keyOf(call)));
      case 'PUT': {
        const change = { type: 'replace', body: await readTyped(this.decoder, SCALE, call) } as const;
        const { scale } = await this.registry.changeScale(kind, keyOf(call), change, writeOptions(call));
        return sendJson(response, 200, scale);
      }
      case 'PATCH': {
        // An applied Scale names one field: applying it is merging it.
        const patch = type === APPLY ? 'merge' : PATCH_TYPES[type];
        if (patch === undefined) throw unsupportedPatch();
        const body = await readBody(request, type === APPLY ? 'application/yaml' : 'application/json');
        const change = { type: patch, body: body.object };
        const written = await this.registry.changeScale(kind, keyOf(call), change, writeOptions(call, body));
        warn(response, written.warnings);
        return sendJson(response, 200, written.scale);
      }
      default:
        throw methodNotAllowed(allowedMethods(kind, call.path));
    }
  }

  private sendScale({ request, response, query }: ResourceRequest, scale: StoredObject): void {
    const representation = negotiate(request.headers.accept);
    if (representation?.as !== 'Table') return sendJson(response, 200, scale);
    const metadata = { resourceVersion: scale.metadata.resourceVersion };
    const kind = { columns: scaleColumns };
    sendJson(response, 200, this.table(kind, [{ object: scale }], representation.version, query, metadata));
  }

  private async patch(call: ResourceRequest): Promise<void> {
    const type = (call.request.headers['content-type'] ?? '').split(';')[0]?.trim() ?? '';
    if (type === APPLY) return this.apply(call);
    const patchType = PATCH_TYPES[type];
    if (patchType === undefined) throw unsupportedPatch();
    const body = await readBody(call.request, 'application/json');
    const options = writeOptions(call, body, { isApply: false });
    const patch = { type: patchType, body: body.object };
    this.sendWritten(call, 200, await this.registry.patch(call.kind, keyOf(call), patch, options));
  }

  private async apply(call: ResourceRequest): Promise<void> {
    const body = await readBody(call.request, 'application/yaml');
    const force = flagOf(call.query, 'force');
    const options = { ...writeOptions(call, body, { isApply: true }), force };
    const result = await this.registry.apply(call.kind, keyOf(call), body.object, options);
    this.sendWritten(call, result.created === true ? 201 : 200, result);
  }

  private async delete(call: ResourceRequest): Promise<void> {
    const { kind, path } = call;
    const query = await deleteQuery(this.decoder, call);
    if (query.propagationPolicy === undefined && kind.orphanWarning !== undefined)
      warn(call.response, [kind.orphanWarning]);
    const { outcome, object } = await this.registry.delete(kind, keyOf(call), query);
    const isAccepted = outcome === 'terminating' && query.cascades === true;
    if (outcome === 'terminating' || kind.gracePeriodSeconds !== undefined)
      return this.send(call, isAccepted ? 202 : 200, object);
    sendJson(call.response, 200, {
      kind: 'Status',
      apiVersion: 'v1',
      metadata: {},
      status: 'Success',
      details: {
        name: path.name,
        ...(kind.group === '' ? {} : { group: kind.group }),
        kind: kind.plural,
        uid: object.object.metadata.uid,
      },
    });
  }

  private async deleteCollection(call: ResourceRequest): Promise<void> {
    const page = await this.registry.deleteCollection(
      call.kind,
      listQuery(call),
      await deleteQuery(this.decoder, call),
    );
    await this.sendList(call, representationFor(call), page);
  }

  private async bind(call: ResourceRequest): Promise<void> {
    await this.registry.bind(keyOf(call), await readTyped(this.decoder, BINDING, call), writeOptions(call));
    sendJson(call.response, 201, success(201));
  }

  private async evict(call: ResourceRequest): Promise<void> {
    await this.registry.evict(keyOf(call), await readTyped(this.decoder, EVICTION, call), writeOptions(call));
    sendJson(call.response, 201, success(201));
  }
}

const wrongForm = ({ version, kind }: Kind, what: 'a list' | 'not a list'): string =>
  what === 'a list'
    ? `you requested PartialObjectMetadata, but the requested object is a list (*${version}.${kind}List)`
    : `you requested PartialObjectMetadataList, but the requested object is not a list (*${version}.${kind})`;

/** The body of a write that needs one. Throws BadRequest where there is none. */
async function readGiven({ request, kind }: ResourceRequest): Promise<ReadBody> {
  const body = await readBody(request);
  if (!body.isEmpty) return body;
  throw badRequest(
    `the object provided is unrecognized (must be of type ${kind.kind}): couldn't get version/kind; json parse error: unexpected end of JSON input (<empty>)`,
  );
}

const success = (code: number): unknown => ({
  kind: 'Status',
  apiVersion: 'v1',
  metadata: {},
  status: 'Success',
  code,
});
export const notServed = (): StatusError =>
  new StatusError('NotFound', 'the server could not find the requested resource');
