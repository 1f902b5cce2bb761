import { messageOf } from '../../shared/message-of';
import type { NetworkCheck } from '../../shared/wire/pod-network';
import { parseNetworkCheck } from '../../shared/wire/pod-network';
import type { NodeConnector } from './node-connector';

const MAX_ANSWER_BYTES = 8 * 1024 * 1024;

/** What a node found, or why it could not be asked. */
export type NodeCheck = { readonly nodeName: string } & (
  { readonly check: NetworkCheck } | { readonly problem: string }
);

/** Has every node that is connected look at its ways to all others. */
export const checkNetwork = (connector: NodeConnector): Promise<readonly NodeCheck[]> =>
  Promise.all(
    connector.nodes().map(async ({ name }) => {
      try {
        return { nodeName: name, check: await askNode(connector, name) };
      } catch (error) {
        return { nodeName: name, problem: messageOf(error) };
      }
    }),
  );

async function askNode(connector: NodeConnector, nodeName: string): Promise<NetworkCheck> {
  const stream = await connector.openStream(nodeName, { type: 'networkCheck' });
  stream.stderr.resume();
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of stream.stdout as AsyncIterable<Buffer>) {
    size += chunk.length;
    if (size > MAX_ANSWER_BYTES) stream.close();
    else chunks.push(chunk);
  }
  return parseNetworkCheck(JSON.parse(Buffer.concat(chunks).toString('utf8')));
}
