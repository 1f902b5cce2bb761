/** The messages of streams, which travel both ways, off the wire. Each throws BadRequest naming the bad field. */
import type { StreamChannel, StreamCredit, StreamData, StreamEnd, StreamOpen, StreamRequest } from './node-channel';
import { STREAM_WINDOW_BYTES } from './node-channel';
import { parseStatus } from './parse-status';
import {
  asArray,
  asBoolean,
  asBytes,
  asInteger,
  asName,
  asOneOf,
  asOptional,
  asRecord,
  asString,
  field,
} from './parse-value';

const CHANNELS: readonly StreamChannel[] = [0, 1, 2, 3, 4];
const MAX_COMMAND_LENGTH = 128 * 1024;
const MAX_COMMAND_WORDS = 4_096;
const MAX_PATH_LENGTH = 4_096;

const channelOf = (value: unknown, path: string): StreamChannel => {
  const number = asInteger(value, path, { min: 0, max: CHANNELS.length - 1 });
  return CHANNELS[number] ?? 0;
};

const streamIdOf = (value: unknown): number => asInteger(value, 'streamId', { min: 1 });

export function parseStreamData(value: unknown): StreamData {
  const message = asRecord(value, 'streamData');
  return {
    streamId: streamIdOf(message['streamId']),
    channel: channelOf(message['channel'], 'channel'),
    data: asBytes(message['data'], 'data', STREAM_WINDOW_BYTES),
  };
}

export function parseStreamEnd(value: unknown): StreamEnd {
  const message = asRecord(value, 'streamEnd');
  return {
    streamId: streamIdOf(message['streamId']),
    ...field('channel', asOptional(message['channel'], 'channel', channelOf)),
    ...field('status', asOptional(message['status'], 'status', parseStatus)),
  };
}

export function parseStreamCredit(value: unknown): StreamCredit {
  const message = asRecord(value, 'streamCredit');
  return {
    streamId: streamIdOf(message['streamId']),
    channel: channelOf(message['channel'], 'channel'),
    bytes: asInteger(message['bytes'], 'bytes', { min: 0, max: 2 * STREAM_WINDOW_BYTES }),
  };
}

export function parseStreamOpen(value: unknown): StreamOpen {
  const message = asRecord(value, 'streamOpen');
  return { streamId: streamIdOf(message['streamId']), request: parseStreamRequest(message['request']) };
}

function parseStreamRequest(value: unknown): StreamRequest {
  const request = asRecord(value, 'request');
  const type = asOneOf(request['type'], 'request.type', [
    'exec',
    'attach',
    'logs',
    'portForward',
    'podUsage',
    'networkCheck',
    'removeVolume',
    'images',
    'pruneImages',
    'pinImage',
  ]);
  if (type === 'podUsage' || type === 'networkCheck' || type === 'images' || type === 'pruneImages') return { type };
  if (type === 'pinImage')
    return {
      type,
      name: asString(request['name'], 'request.name'),
      isPinned: asBoolean(request['isPinned'], 'request.isPinned'),
    };
  if (type === 'removeVolume') return { type, path: asString(request['path'], 'request.path', MAX_PATH_LENGTH) };
  const podUid = asName(request['podUid'], 'request.podUid');
  switch (type) {
    case 'portForward':
      return { type, podUid, port: asInteger(request['port'], 'request.port', { min: 1, max: 65_535 }) };
    case 'logs':
      return { type, podUid, ...parseLogOptions(request) };
    case 'exec':
    case 'attach':
      return {
        type,
        podUid,
        container: asName(request['container'], 'request.container'),
        command: asArray(
          request['command'],
          'request.command',
          (word, path) => asString(word, path, MAX_COMMAND_LENGTH),
          MAX_COMMAND_WORDS,
        ),
        stdin: asBoolean(request['stdin'], 'request.stdin'),
        stdout: asBoolean(request['stdout'], 'request.stdout'),
        stderr: asBoolean(request['stderr'], 'request.stderr'),
        tty: asBoolean(request['tty'], 'request.tty'),
      };
  }
}

function parseLogOptions(
  request: Readonly<Record<string, unknown>>,
): Omit<Extract<StreamRequest, { type: 'logs' }>, 'type' | 'podUid'> {
  const count = (value: unknown, path: string): number => asInteger(value, path, { min: 0 });
  return {
    container: asName(request['container'], 'request.container'),
    follow: asBoolean(request['follow'], 'request.follow'),
    previous: asBoolean(request['previous'], 'request.previous'),
    timestamps: asBoolean(request['timestamps'], 'request.timestamps'),
    ...field('tailLines', asOptional(request['tailLines'], 'request.tailLines', count)),
    ...field('sinceSeconds', asOptional(request['sinceSeconds'], 'request.sinceSeconds', count)),
    ...field(
      'sinceTime',
      asOptional(request['sinceTime'], 'request.sinceTime', (text, path) => asString(text, path, 64)),
    ),
    ...field('limitBytes', asOptional(request['limitBytes'], 'request.limitBytes', count)),
  };
}
