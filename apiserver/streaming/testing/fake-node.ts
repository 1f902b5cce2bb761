import type { AgentStream, ServerStream } from '../../../shared/wire/byte-stream';
import { AgentStreams } from '../../../shared/wire/agent-streams';
import type { StreamCredit, StreamData, StreamEnd, StreamRequest } from '../../../shared/wire/node-channel';
import { ServerStreams } from '../../../shared/wire/server-streams';
import type { ConnectedNode, NodeConnector } from '../../node-channel/node-connector';

/** What the node does with a stream it accepted. Rejecting refuses it. */
export type FakeAgent = (request: StreamRequest, stream: AgentStream) => Promise<void> | void;

/** A connected node in memory, over the node channel's own streams: the same windows and endings as on the wire. */
export class FakeNode implements NodeConnector {
  readonly requests: StreamRequest[] = [];
  readonly accepted: AgentStream[] = [];
  private readonly agent: AgentStreams = new AgentStreams(
    this.port(() => this.server),
    async (request, stream) => {
      this.accepted.push(stream);
      await this.serve(request, stream);
    },
  );
  private readonly server: ServerStreams = new ServerStreams({
    ...this.port(() => this.agent),
    open: (message) => this.agent.onOpen(message),
  });

  constructor(public serve: FakeAgent = () => undefined) {}

  openStream(_nodeName: string, request: StreamRequest): Promise<ServerStream> {
    this.requests.push(request);
    return this.server.open(request);
  }

  nodes(): readonly ConnectedNode[] {
    return [];
  }

  /** Streams that either end still knows. */
  get open(): number {
    return this.server.size + this.agent.size;
  }

  lose(): void {
    this.server.connectionClosed();
    this.agent.connectionClosed();
  }

  private port(other: () => AgentStreams | ServerStreams) {
    const later = (deliver: () => void): void => void setImmediate(deliver);
    return {
      data: (message: StreamData) => later(() => other().onData({ ...message, data: Buffer.from(message.data) })),
      end: (message: StreamEnd) => later(() => other().onEnd(message)),
      credit: (message: StreamCredit) => later(() => other().onCredit(message)),
    };
  }
}
