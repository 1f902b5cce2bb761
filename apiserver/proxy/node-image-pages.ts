import { StatusError } from '../../shared/status-error';
import type { StreamRequest } from '../../shared/wire/node-channel';
import { parseNodeImages, parsePrunedImages } from '../../shared/wire/node-images';
import type { NodeConnector } from '../node-channel/node-connector';

/** Bounds what a node may answer. */
const MAX_ANSWER_BYTES = 16 * 2 ** 20;

/**
 * The images of a node, below its proxy path: `GET images` lists them, `POST images/prune` removes those that nobody
 * needs, `PUT` and `DELETE images/pins/NAME` keep images of a name for good. Undefined for any other path; throws
 * MethodNotAllowed, and what the node refuses with.
 */
export async function nodeImagePage(
  connector: Pick<NodeConnector, 'openStream'>,
  { nodeName, method, page }: { readonly nodeName: string; readonly method: string; readonly page: string },
): Promise<object | undefined> {
  const pin = /^images\/pins\/(.+)$/.exec(page)?.[1];
  if (page !== 'images' && page !== 'images/prune' && pin === undefined) return undefined;
  const ask = (request: StreamRequest): Promise<string> => answerOf(connector, nodeName, request);
  const allowed = page === 'images' ? ['GET'] : pin === undefined ? ['POST'] : ['PUT', 'DELETE'];
  if (!allowed.includes(method)) throw new StatusError('MethodNotAllowed', `${page}: only ${allowed.join(' and ')}`);
  if (pin !== undefined) {
    const name = decodeURIComponent(pin);
    await ask({ type: 'pinImage', name, isPinned: method === 'PUT' });
    return { name, isPinned: method === 'PUT' };
  }
  if (page === 'images') return { items: parseNodeImages(JSON.parse(await ask({ type: 'images' }))) };
  return { items: parsePrunedImages(JSON.parse(await ask({ type: 'pruneImages' }))) };
}

async function answerOf(
  connector: Pick<NodeConnector, 'openStream'>,
  nodeName: string,
  request: StreamRequest,
): Promise<string> {
  const stream = await connector.openStream(nodeName, request);
  stream.stderr.resume();
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of stream.stdout as AsyncIterable<Buffer>) {
    size += chunk.length;
    if (size > MAX_ANSWER_BYTES) {
      stream.close();
      throw new StatusError('InternalError', `node "${nodeName}" answered with more than ${MAX_ANSWER_BYTES} bytes`);
    }
    chunks.push(chunk);
  }
  const status = await stream.result;
  if (status.status !== 'Success') throw StatusError.fromStatus(status);
  return Buffer.concat(chunks).toString('utf8');
}
