import type { NodeUsage, StreamRequest } from '../../shared/wire/node-channel';
import type { ServerStream } from '../../shared/wire/byte-stream';

/** A worker as `/nodes` shows it. */
export interface ConnectedNode {
  readonly name: string;
  /** suspect: the connection closed, or a beat is overdue, but the node is not yet given up. */
  readonly state: 'connected' | 'suspect' | 'lost';
  readonly address: string;
  readonly connectedAtMs: number;
  readonly lastHeartbeatMs: number;
  readonly agentVersion: string;
  /** Absent before its first heartbeat. */
  readonly usage?: NodeUsage;
}

/** The node channel as the rest of the apiserver sees it. */
export interface NodeConnector {
  /** Opens a stream to the agent of `nodeName`. Throws ServiceUnavailable when it is not connected, or the Status the
   * agent refused with (NotFound for a container that is not there, BadRequest). */
  openStream(nodeName: string, request: StreamRequest): Promise<ServerStream>;
  nodes(): readonly ConnectedNode[];
}
