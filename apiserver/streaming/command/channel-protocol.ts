import type { Status } from '../../../shared/status-error';

/**
 * The channel protocols of Kubernetes over WebSocket: each message begins with the number of its channel. v5 adds a
 * message that closes one; before v4 the error channel carries a text, and only on failure. The base64 forms do
 * the same in text messages.
 */
export interface ChannelProtocol {
  readonly base64: boolean;
  readonly statusAsJson: boolean;
}

export const CLOSE_CHANNEL = 255;

/** By subprotocol, best first; '' is a client that names none. */
export const CHANNEL_PROTOCOLS: ReadonlyMap<string, ChannelProtocol> = new Map([
  ['v5.channel.k8s.io', { base64: false, statusAsJson: true }],
  ['v4.channel.k8s.io', { base64: false, statusAsJson: true }],
  ['v4.base64.channel.k8s.io', { base64: true, statusAsJson: true }],
  ['channel.k8s.io', { base64: false, statusAsJson: false }],
  ['base64.channel.k8s.io', { base64: true, statusAsJson: false }],
  ['', { base64: false, statusAsJson: false }],
]);

export interface ChannelMessage {
  readonly channel: number;
  readonly data: Buffer;
}

/** Undefined for an empty message, which means nothing. */
export function decodeMessage(message: Buffer, protocol: ChannelProtocol): ChannelMessage | undefined {
  const first = message[0];
  if (first === undefined) return undefined;
  const rest = message.subarray(1);
  if (!protocol.base64) return { channel: first, data: rest };
  return { channel: first - ZERO, data: Buffer.from(rest.toString('latin1'), 'base64') };
}

export function encodeMessage(channel: number, data: Buffer, protocol: ChannelProtocol): Buffer | string {
  return protocol.base64
    ? `${channel}${data.toString('base64')}`
    : Buffer.concat([Buffer.from([channel]), data], data.length + 1);
}

/** What the error channel says, or nothing. */
export function outcomeOf(status: Status, protocol: ChannelProtocol): Buffer | undefined {
  if (protocol.statusAsJson) return Buffer.from(JSON.stringify(status));
  return status.status === 'Success' ? undefined : Buffer.from(status.message ?? 'the command failed');
}

const ZERO = '0'.charCodeAt(0);
