import type { Clock } from '../../shared/clock';
import type { Logger } from '../../shared/logger';
import { StatusError } from '../../shared/status-error';
import type { FenceTerms } from '../../shared/wire/fence';
import type { EventReport, Heartbeat, NodeImages, NodeUsage, Registration } from '../../shared/wire/node-channel';
import type { EventRecorder } from '../events/event-recorder';
import type { Client } from '../registry/client';
import { CLOCK_SKEW, ClockSkewGauge } from './clock-skew';
import type { AgentCondition, LivenessMonitor } from './liveness';
import type { ConnectedNode } from './node-connector';
import type { NodeConnection } from './node-connection';
import { noteImages, registerNode } from './node-registrar';
import { logChannel } from './ws-log';

interface Entry {
  readonly connection: NodeConnection;
  readonly address: string;
  readonly agentVersion: string;
  readonly connectedAtMs: number;
  readonly skew: ClockSkewGauge;
  lastHeartbeatMs: number;
  usage?: NodeUsage;
}

/** What socket.io calls it when the other end closed the connection: the machine still stands, its agent does not. */
const CLOSED_BY_AGENT = new Set(['transport close', 'client namespace disconnect']);

/** The nodes that are, or were, connected to this server: one connection each, the newest. */
export class NodeConnections {
  private readonly entries = new Map<string, Entry>();
  private readonly open = new Map<string, NodeConnection>();

  constructor(
    private readonly deps: {
      readonly client: Client;
      readonly clock: Clock;
      readonly logger: Logger;
      readonly events: EventRecorder;
      readonly liveness: LivenessMonitor;
      /** What nodes are told; absent: they stop nothing by themselves. */
      readonly fence?: FenceTerms;
    },
  ) {}

  get(nodeName: string): NodeConnection | undefined {
    return this.open.get(nodeName);
  }

  list(): readonly ConnectedNode[] {
    return [...this.entries].map(([name, entry]) => {
      const { state } = this.deps.liveness.of(name);
      return {
        name,
        state: state === 'awaited' ? 'suspect' : state,
        address: entry.address,
        connectedAtMs: entry.connectedAtMs,
        lastHeartbeatMs: entry.lastHeartbeatMs,
        agentVersion: entry.agentVersion,
        ...(entry.usage === undefined ? {} : { usage: entry.usage }),
      };
    });
  }

  /** Writes the Node, then makes `connection` the node's one connection and closes an older one. */
  async register(connection: NodeConnection, registration: Registration): Promise<void> {
    const { nodeName } = connection;
    await registerNode(this.deps.client, registration, connection.identity, this.deps.fence);
    if (!connection.isOpen) throw new StatusError('ServiceUnavailable', 'the connection closed meanwhile');
    const nowMs = this.deps.clock.now();
    const older = this.open.get(nodeName);
    this.open.set(nodeName, connection);
    this.entries.set(nodeName, {
      connection,
      address: registration.status.addresses?.find(({ type }) => type === 'InternalIP')?.address ?? connection.address,
      agentVersion: registration.agentVersion,
      connectedAtMs: nowMs,
      skew: this.entries.get(nodeName)?.skew ?? new ClockSkewGauge(),
      lastHeartbeatMs: nowMs,
    });
    if (older !== undefined && older !== connection) older.close();
    this.deps.liveness.connected(nodeName, agentConditions(registration));
    logChannel(this.deps.logger, nodeName, 'registered', {
      address: connection.address,
      version: registration.agentVersion,
      pods: registration.pods.length,
      lastRevision: registration.lastRevision,
    });
  }

  onHeard(connection: NodeConnection): void {
    if (this.open.get(connection.nodeName) === connection) this.deps.liveness.heard(connection.nodeName);
  }

  /** Whether it counts. */
  onHeartbeat(connection: NodeConnection, heartbeat: Heartbeat): boolean {
    const { nodeName } = connection;
    const entry = this.entries.get(nodeName);
    if (entry?.connection !== connection) return false;
    const nowMs = this.deps.clock.now();
    entry.skew.observe(heartbeat.sentAtMs - nowMs);
    entry.lastHeartbeatMs = nowMs;
    entry.usage = heartbeat.usage;
    const clock = this.clockCondition(nodeName, entry.skew);
    this.deps.liveness.beat(nodeName, [...heartbeat.conditions, ...(clock === undefined ? [] : [clock])]);
    return true;
  }

  /** What its beats say of the node's clock; news are told in an Event. */
  private clockCondition(nodeName: string, skew: ClockSkewGauge): AgentCondition | undefined {
    const standing = this.deps.client
      .view('Node')
      .get({ name: nodeName })
      ?.status?.conditions?.find(({ type }) => type === CLOCK_SKEW);
    const condition = skew.condition(standing !== undefined);
    if (condition === undefined || condition.status === standing?.status) return condition;
    const { reason, message, status } = condition;
    this.deps.events.record(
      // Kubernetes names a node's events by its name, not its uid, and clients look for that.
      { kind: 'Node', apiVersion: 'v1', metadata: { name: nodeName, uid: nodeName } },
      { type: status === 'True' ? 'Warning' : 'Normal', reason, message },
      { component: 'node-controller' },
    );
    return condition;
  }

  /** Shows them in the Node, whose agent alone says so. */
  onImages({ nodeName }: NodeConnection, message: NodeImages): void {
    noteImages(this.deps.client, nodeName, message).catch((error: unknown) =>
      this.deps.logger.warn({ node: nodeName, err: error }, 'the images of the node could not be written down'),
    );
  }

  onEvent({ nodeName }: NodeConnection, { pod, type, reason, message }: EventReport): void {
    const subject =
      pod === undefined
        ? // Kubernetes' kubelets use the name as the uid here, and `describe node` looks for that.
          { kind: 'Node', apiVersion: 'v1', metadata: { name: nodeName, uid: nodeName } }
        : {
            kind: 'Pod',
            apiVersion: 'v1',
            metadata: { namespace: pod.namespace, name: pod.name, uid: pod.uid },
            ...(pod.fieldPath === undefined ? {} : { fieldPath: pod.fieldPath }),
          };
    this.deps.events.record(subject, { type, reason, message }, { component: 'kubelet', host: nodeName });
  }

  onClosed(connection: NodeConnection, reason: string): void {
    const { nodeName } = connection;
    if (this.open.get(nodeName) !== connection) return;
    this.open.delete(nodeName);
    this.deps.liveness.disconnected(nodeName, { byAgent: CLOSED_BY_AGENT.has(reason) });
    logChannel(this.deps.logger, nodeName, 'disconnected', { reason });
  }

  /** A node given up while its socket still stands must come back by a new registration, which reports everything again. */
  closeIfLost(nodeName: string): void {
    if (this.deps.liveness.of(nodeName).state !== 'lost') return;
    const connection = this.open.get(nodeName);
    if (connection !== undefined) connection.close();
    logChannel(this.deps.logger, nodeName, 'lost');
  }
}

const agentConditions = ({ status }: Registration): readonly AgentCondition[] =>
  (status.conditions ?? []).map(({ type, status: value, reason, message }) => ({
    type,
    status: value === 'True' || value === 'False' ? value : 'Unknown',
    reason: reason ?? '',
    message: message ?? '',
  }));
