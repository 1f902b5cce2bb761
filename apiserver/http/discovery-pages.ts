import { createHash } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { KindList } from '../kinds/kind-list';
import { aggregatedDiscovery, apiGroupList, apiVersions } from './discovery';
import { sendBytes } from './respond';

interface Document {
  readonly bytes: Buffer;
  readonly etag: string;
  readonly type: string;
}

const AGGREGATED = /g=apidiscovery\.k8s\.io;v=(v2beta1|v2);as=APIGroupDiscoveryList/;

/** `/api` and `/apis`, as the client takes them; made once for each change of the kinds, and not sent to who has them. */
export class DiscoveryPages {
  private readonly documents = new Map<string, Document>();

  constructor(private readonly kinds: KindList) {
    kinds.onChange(() => this.documents.clear());
  }

  send(root: '/api' | '/apis', request: IncomingMessage, response: ServerResponse): void {
    const version = AGGREGATED.exec(request.headers.accept ?? '')?.[1];
    const key = `${root} ${version ?? ''}`;
    let document = this.documents.get(key);
    if (document === undefined) this.documents.set(key, (document = this.make(root, version)));
    response.setHeader('Vary', 'Accept');
    // As in Kubernetes the older form has no hash.
    if (version === undefined) return sendBytes(response, 200, document.bytes, [], document.type);
    sendTagged(request, response, document);
  }

  private make(root: '/api' | '/apis', version: string | undefined): Document {
    const kinds = this.kinds.all;
    const isCore = root === '/api';
    const value =
      version === undefined
        ? isCore
          ? apiVersions()
          : apiGroupList(kinds)
        : aggregatedDiscovery(kinds, isCore, version);
    const bytes = Buffer.from(JSON.stringify(value));
    return {
      bytes,
      etag: createHash('sha512').update(bytes).digest('hex').toUpperCase(),
      type: `application/json${version === undefined ? '' : `;g=apidiscovery.k8s.io;v=${version};as=APIGroupDiscoveryList`}`,
    };
  }
}

/** Sends a document, or says that the client's is still good. */
export function sendTagged(
  request: IncomingMessage,
  response: ServerResponse,
  { bytes, etag, type = 'application/json' }: { readonly bytes: Buffer; readonly etag: string; readonly type?: string },
): void {
  const quoted = `"${etag}"`;
  response.setHeader('Etag', quoted);
  const known = (request.headers['if-none-match'] ?? '').split(',').map((each) => each.trim().replace(/^W\//, ''));
  if (!known.includes(quoted) && !known.includes('*')) return sendBytes(response, 200, bytes, [], type);
  response.writeHead(304);
  response.end();
}
